// Package access knows who may use the server: API keys with scopes, a rate and a daily quota.
//
// # Keys
//
// A key is the text
//
//	bonafide_ID_SECRET
//
// with an ID of 8 and a SECRET of 32 characters in base 32 (letters a–z and digits 2–7); the secret is 160 random bits. It is shown once, when it is
// made. The keys file keeps only the SHA-256 of the whole text: a secret of that length needs no slow hash.
//
// # The keys file
//
// keys.json in the data directory, mode 0600: {"keys": [Key…]}. It is replaced as a whole by renaming, so that a crash leaves
// the old or the new one; owner, group and mode stay, and a link to it goes on leading to it. A running server reads it again on SIGHUP. Once it holds a key, revoked or not, every request needs one.
//
// # Limits
//
// A key may have a rate (requests per second, with a burst) and a quota (requests per day in UTC). Both are counted in the
// memory of one server: a restart begins anew.
package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Scope is what a key allows.
type Scope string

// The scopes. Public is that of routes which need no key.
const (
	Public   Scope = ""
	Analyse  Scope = "analyse"
	Activate Scope = "activate"
	Admin    Scope = "admin"
)

// Scopes are all that a key may have.
var Scopes = []Scope{Analyse, Activate, Admin}

// Key is what is kept of an API key.
type Key struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"` // whose it is, for people
	Hash    string    `json:"hash"` // SHA-256 of the key's text, in hexadecimal
	Scopes  []Scope   `json:"scopes"`
	Created time.Time `json:"created"`
	Revoked time.Time `json:"revoked,omitzero"` // zero while it holds
	Limits
}

// Limits bound the use of a key; 0 means without bounds.
type Limits struct {
	Rate  float64 `json:"rate,omitempty"`  // requests per second
	Burst int     `json:"burst,omitempty"` // requests at once beyond the rate; at least 1 where there is one
	Daily int     `json:"daily,omitempty"` // requests per day in UTC
}

// Active reports whether the key holds.
func (k Key) Active() bool { return k.Revoked.IsZero() }

// Allows reports whether the key has the scope.
func (k Key) Allows(s Scope) bool { return s == Public || slices.Contains(k.Scopes, s) }

const (
	prefix       = "bonafide_"
	idLength     = 8
	secretLength = 32
	longestName  = 100
	mostRate     = 1_000_000 // requests per second
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Generate makes a key and returns its text, which is kept nowhere.
func Generate(name string, scopes []Scope, limits Limits, now time.Time) (Key, string, error) {
	k := Key{ID: randomText(idLength), Name: name, Scopes: scopes, Limits: limits, Created: now.UTC().Truncate(time.Second)}
	if limits.Rate > 0 && limits.Burst == 0 {
		k.Burst = max(1, int(limits.Rate))
	}
	text := prefix + k.ID + "_" + randomText(secretLength)
	k.Hash = hash(text)
	return k, text, errors.Join(k.validateNew(), k.Validate())
}

// validateNew names what is refused in a new key but does no harm in one that a file has: there it must not keep the server from starting.
func (k Key) validateNew() error {
	switch {
	case strings.ContainsFunc(k.Name, unicode.IsControl):
		return fmt.Errorf("the name %q has a control character, such as a line break or a tab; none is allowed", k.Name)
	case k.Rate > mostRate:
		return fmt.Errorf("rate is %g, allowed is 0 (any number) to %d requests a second", k.Rate, mostRate)
	case k.Rate == 0 && k.Burst > 0:
		return fmt.Errorf("burst is %d without a rate, which it goes beyond: give both or none", k.Burst)
	}
	return nil
}

func randomText(length int) string {
	random := make([]byte, length*5/8)
	// Read never fails: it ends the program where the system has no randomness.
	_, _ = rand.Read(random)
	return encoding.EncodeToString(random)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Validate names what is wrong with a key.
func (k Key) Validate() error {
	if len(k.ID) != idLength {
		return fmt.Errorf("the id %q has %d characters, wanted are %d", k.ID, len(k.ID), idLength)
	}
	if sum, err := hex.DecodeString(k.Hash); err != nil || len(sum) != sha256.Size {
		return errors.New("the hash is no SHA-256 in hexadecimal")
	}
	if k.Name == "" || len(k.Name) > longestName {
		return fmt.Errorf("the name has %d bytes, allowed are 1 to %d", len(k.Name), longestName)
	}
	if len(k.Scopes) == 0 {
		return fmt.Errorf("it has no scope, allowed are %v", Scopes)
	}
	for _, s := range k.Scopes {
		if !slices.Contains(Scopes, s) {
			return fmt.Errorf("the scope is %q, allowed are %v", s, Scopes)
		}
	}
	return k.validateLimits()
}

func (k Key) validateLimits() error {
	switch {
	case !(k.Rate >= 0) || math.IsInf(k.Rate, 1): // not written the other way round: NaN must fail
		return fmt.Errorf("rate is %g, allowed is 0 (any number) to %d requests a second", k.Rate, mostRate)
	case k.Burst < 0 || k.Daily < 0:
		return fmt.Errorf("burst is %d and daily is %d, none may be under 0", k.Burst, k.Daily)
	case k.Rate > 0 && k.Burst < 1:
		return fmt.Errorf("burst is %d, allowed beside a rate is 1 and more", k.Burst)
	}
	return nil
}

// idOf returns the id in a key's text.
func idOf(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || len(rest) != idLength+1+secretLength || rest[idLength] != '_' {
		return "", false
	}
	return rest[:idLength], true
}
