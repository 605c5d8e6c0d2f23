package license

import (
	"encoding/base64"
	"fmt"
	"strings"

	"aidanwoods.dev/go-paseto"
)

const (
	tokenHeader     = "v4.public."
	publicKeyHeader = "k4.public."
	publicKeyLen    = 32
	signatureLen    = 64
)

// PublicKey is a vendor's key, with which servers verify licences. The zero
// PublicKey verifies none.
type PublicKey struct {
	key paseto.V4AsymmetricPublicKey
}

// NewPublicKey takes the 32 bytes of an Ed25519 public key.
func NewPublicKey(raw []byte) (PublicKey, error) {
	key, err := paseto.NewV4AsymmetricPublicKeyFromBytes(raw)
	if err != nil {
		return PublicKey{}, fmt.Errorf("issuer key: %w", err)
	}
	return PublicKey{key}, nil
}

func (k PublicKey) isZero() bool { return len(k.key.ExportBytes()) == 0 }

// String is the key's text form, "k4.public.…".
func (k PublicKey) String() string {
	return publicKeyHeader + base64.RawURLEncoding.EncodeToString(k.key.ExportBytes())
}

// IsPublicKey reports whether text is meant as a public key rather than, say,
// as the name of a file that holds some.
func IsPublicKey(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), publicKeyHeader)
}

// ParsePublicKeys reads the keys of one or more issuers, in their text form
// with white space between them. Lines that start with # are comments. No key
// at all is an error.
func ParsePublicKeys(text string) ([]PublicKey, error) {
	var keys []PublicKey
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, field := range strings.Fields(line) {
			key, err := parsePublicKey(field)
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no issuer key found; want %s… (43 more characters)", publicKeyHeader)
	}
	return keys, nil
}

// parsePublicKey never repeats the text in its error: it may be a private key,
// given by mistake.
func parsePublicKey(text string) (PublicKey, error) {
	encoded, ok := strings.CutPrefix(text, publicKeyHeader)
	if !ok {
		return PublicKey{}, fmt.Errorf("not an issuer's public key: it does not start with %s", publicKeyHeader)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return PublicKey{}, fmt.Errorf("issuer key: %w", err)
	}
	return NewPublicKey(raw)
}

// Verify reads a token that one of the issuers must have signed. It looks at
// form, signature and claims, not at the machine or the clock: see
// License.Check. Errors wrap ErrMalformed, ErrSignature or ErrVersion.
func Verify(token string, issuers ...PublicKey) (License, error) {
	token = strings.TrimSpace(token)
	if _, err := payload(token); err != nil {
		return License{}, err
	}
	parser := paseto.NewParserWithoutExpiryCheck() // the expiry is Check's matter: it knows of grace
	for _, issuer := range issuers {
		if issuer.isZero() {
			continue
		}
		if verified, err := parser.ParseV4Public(issuer.key, token, nil); err == nil {
			return unmarshalClaims(verified.ClaimsJSON())
		}
	}
	return License{}, ErrSignature
}

// ParseUnverified reads a token without asking who signed it. What it says may
// be made up: use it to show a licence, never to act on one. Errors wrap
// ErrMalformed or ErrVersion.
func ParseUnverified(token string) (License, error) {
	message, err := payload(strings.TrimSpace(token))
	if err != nil {
		return License{}, err
	}
	return unmarshalClaims(message[:len(message)-signatureLen])
}

// payload is the part of a token behind its header: claims, then signature. It
// accepts one spelling only of each payload.
func payload(token string) ([]byte, error) {
	if len(token) > MaxTokenLen {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxTokenLen)
	}
	encoded, ok := strings.CutPrefix(token, tokenHeader)
	if !ok {
		return nil, fmt.Errorf("%w: it does not start with %s", ErrMalformed, tokenHeader)
	}
	if strings.ContainsAny(encoded, ".\r\n") {
		return nil, fmt.Errorf("%w: it is not one line of three parts", ErrMalformed)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if len(raw) <= signatureLen {
		return nil, fmt.Errorf("%w: cut short", ErrMalformed)
	}
	return raw, nil
}
