// Package issue is the vendor's side of licences: keys, signing, many licences
// from one table, and the log of what was issued.
//
// A private key is written as PASERK does: "k4.secret." and the base64url form
// of 64 bytes, the Ed25519 seed and then the public key. A key file is a text
// file of mode 0600 with one such key and comment lines that start with #, or
// the same encrypted under a passphrase by age, in its armoured form.
package issue

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"aidanwoods.dev/go-paseto"

	"github.com/bonafide-pad/bonafide/license"
)

const privateKeyHeader = "k4.secret."

// PrivateKey signs licences. Printed or logged, however that is done, it shows
// the public key alone. The zero PrivateKey signs none.
type PrivateKey struct {
	key paseto.V4AsymmetricSecretKey
}

// Format implements fmt.Formatter: without it fmt would look into the key.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	of := "nobody"
	if !k.isZero() {
		of = k.Public().String()
	}
	fmt.Fprintf(f, "private key of %s", of)
}

func (k PrivateKey) isZero() bool { return len(k.key.ExportBytes()) == 0 }

// GenerateKey makes a new key.
func GenerateKey() PrivateKey {
	return PrivateKey{paseto.NewV4AsymmetricSecretKey()}
}

// ParsePrivateKey reads a key from the text of a key file. Errors never repeat
// the text.
func ParsePrivateKey(text string) (PrivateKey, error) {
	var found string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if found != "" {
			return PrivateKey{}, errors.New("private key: more than one line holds something")
		}
		found = line
	}
	encoded, ok := strings.CutPrefix(found, privateKeyHeader)
	if !ok {
		return PrivateKey{}, fmt.Errorf("private key: want a line that starts with %s", privateKeyHeader)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return PrivateKey{}, errors.New("private key: not base64url")
	}
	key, err := paseto.NewV4AsymmetricSecretKeyFromBytes(raw)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("private key: %w", err)
	}
	return PrivateKey{key}, nil
}

// Public is the key that servers verify with.
func (k PrivateKey) Public() license.PublicKey {
	key, err := license.NewPublicKey(k.key.Public().ExportBytes())
	if err != nil {
		panic(fmt.Sprintf("issue: public half of a private key: %v", err)) // only for the zero PrivateKey
	}
	return key
}

// reveal is the key's secret text form.
func (k PrivateKey) reveal() string {
	return privateKeyHeader + base64.RawURLEncoding.EncodeToString(k.key.ExportBytes())
}

// Sign makes a token of a licence. The error says in what l breaks the format.
func (k PrivateKey) Sign(l license.License) (string, error) {
	if k.isZero() {
		return "", errors.New("sign licence: there is no private key")
	}
	claims, err := license.MarshalClaims(l)
	if err != nil {
		return "", fmt.Errorf("sign licence: %w", err)
	}
	token, err := paseto.NewTokenFromClaimsJSON(claims, nil)
	if err != nil {
		return "", fmt.Errorf("sign licence: %w", err)
	}
	signed := token.V4Sign(k.key, nil)
	if len(signed) > license.MaxTokenLen {
		return "", fmt.Errorf("sign licence: the token has %d bytes, more than the %d a server accepts; name fewer machines", len(signed), license.MaxTokenLen)
	}
	return signed, nil
}
