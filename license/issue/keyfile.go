package issue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// maxKeyFile is more than any key file holds, in bytes.
const maxKeyFile = 64 << 10

// ErrPassphrase: the passphrase does not open the key file.
var ErrPassphrase = errors.New("wrong passphrase")

// WriteKeyFile makes a key file of mode 0600, encrypted unless the passphrase is
// empty. A file that is already there is left alone, and is an error: licences
// in the field may hang on the key in it.
func WriteKeyFile(path string, key PrivateKey, passphrase string) error {
	content := []byte("# bonafide licence issuer: private key. Keep it secret.\n" +
		"# public key: " + key.Public().String() + "\n" +
		key.reveal() + "\n")
	if passphrase != "" {
		var err error
		if content, err = encrypt(content, passphrase); err != nil {
			return fmt.Errorf("encrypt private key: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write private key: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write private key: %w", err), os.Remove(path))
	}
	return nil
}

// ReadKeyFile reads a key file and asks for the passphrase only when it is
// encrypted. The error wraps ErrPassphrase when the passphrase is wrong.
func ReadKeyFile(path string, passphrase func() (string, error)) (PrivateKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("read private key: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return PrivateKey{}, fmt.Errorf("read private key: %w", err)
	}
	if strings.HasPrefix(string(content), armor.Header) {
		phrase, err := passphrase()
		if err != nil {
			return PrivateKey{}, fmt.Errorf("passphrase for %s: %w", path, err)
		}
		if content, err = decrypt(content, phrase); err != nil {
			return PrivateKey{}, fmt.Errorf("decrypt %s: %w", path, err)
		}
	}
	key, err := ParsePrivateKey(string(content))
	if err != nil {
		return PrivateKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

func encrypt(plain []byte, passphrase string) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(plain)
	err = errors.Join(err, w.Close(), armored.Close())
	return out.Bytes(), err
}

func decrypt(armored []byte, passphrase string) ([]byte, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(armored)), identity)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxKeyFile))
}
