// Package license is the licence format of bonafide: what a vendor signs and a
// server reads. It parses and verifies; package issue signs, and package
// machinecode writes the codes that licences name.
//
// # Token
//
// A licence is one line of ASCII text, a PASETO v4.public token without a
// footer:
//
//	v4.public.BASE64URL(claims || signature)
//
// The signature is Ed25519 over PASETO's pre-authentication encoding of the
// header "v4.public.", the claims, an empty footer and an empty implicit
// assertion. A token is at most MaxTokenLen bytes. White space around it is
// not part of it and is ignored.
//
// # Claims
//
// The claims are one JSON object:
//
//	ver        1, the version of this format. Any other is refused.
//	jti        the licence's id, not empty
//	sub        the customer, not empty
//	machines   array of machine codes in canonical form, or ["*"] for any machine
//	iat        when it was issued
//	nbf        when it starts to hold; absent: when it was issued
//	exp        when it ends; absent: never
//	grace_days whole days it goes on after exp, at most MaxGraceDays; absent: 0
//	features   array of names that mean something to the vendor's product
//	limits     object of
//	           requests_per_day   pictures analysed in a day of UTC; 0 or absent: no limit
//	           faces_per_picture  faces reported of one picture; 0 or absent: no limit
//
// Times are RFC 3339 text. No text has control characters, such as line breaks. Claims that are not in this list are ignored, in the
// object and in limits, so that a newer vendor can serve an older server.
//
// # Keys
//
// Public keys are written as PASERK does: "k4.public." and the base64url form
// of the 32 bytes. See package issue for private keys.
//
// # Test vector
//
// The private key whose Ed25519 seed is the bytes 00, 01, … 1f has the public key
//
//	k4.public.A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg
//
// and signs the claims (without the line breaks)
//
//	{"exp":"2027-01-01T00:00:00Z","features":["kiosk"],"grace_days":14,
//	"iat":"2026-01-01T00:00:00Z","jti":"vector",
//	"limits":{"faces_per_picture":1,"requests_per_day":10000},
//	"machines":["GKGR-T7G5-NVVH-CE1D"],"sub":"Example Ltd","ver":1}
//
// as (without the line breaks)
//
//	v4.public.eyJleHAiOiIyMDI3LTAxLTAxVDAwOjAwOjAwWiIsImZlYXR1cmVzIjpbImtpb3NrIl
//	0sImdyYWNlX2RheXMiOjE0LCJpYXQiOiIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsImp0aSI6InZlY3
//	RvciIsImxpbWl0cyI6eyJmYWNlc19wZXJfcGljdHVyZSI6MSwicmVxdWVzdHNfcGVyX2RheSI6MT
//	AwMDB9LCJtYWNoaW5lcyI6WyJHS0dSLVQ3RzUtTlZWSC1DRTFEIl0sInN1YiI6IkV4YW1wbGUgTH
//	RkIiwidmVyIjoxfWbkdbwVPq__hoSv3QxkXiGlSLfItWlFuMJTrFWxOZccAv8jFdZW5KBTyY-nuo
//	HbOTkHI2oMN1bvlsfSwkZTIQw
package license

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	// Version is the format that this package reads and writes.
	Version = 1
	// AnyMachine, as the only entry of Machines, makes a licence hold everywhere.
	AnyMachine = "*"
	// MaxTokenLen is the longest token accepted, in bytes: room for some 2000 machine codes.
	MaxTokenLen = 64 << 10
	// MaxGraceDays is the longest grace period accepted.
	MaxGraceDays = 366
)

// Day is 24 hours: grace is counted in these, not in calendar days.
const Day = 24 * time.Hour

var (
	// ErrMalformed: not a licence token, or claims that break the format.
	ErrMalformed = errors.New("unreadable licence")
	// ErrVersion: a licence of a format this package does not know.
	ErrVersion = errors.New("unknown licence version")
	// ErrSignature: not signed by any of the issuers asked for, or changed since.
	ErrSignature = errors.New("licence signature does not fit the issuer's key")
	// ErrMachine: a good licence for another machine.
	ErrMachine = errors.New("licence is for another machine")
	// ErrNotYetValid: its time has not come.
	ErrNotYetValid = errors.New("licence is not valid yet")
	// ErrExpired: its time and its grace are over.
	ErrExpired = errors.New("licence has expired")
)

// License is what a token says.
type License struct {
	ID        string
	Customer  string
	Machines  []string  // canonical machine codes, or AnyMachine alone
	Issued    time.Time // whole seconds, as are all times here
	NotBefore time.Time // zero: from Issued on
	Expires   time.Time // zero: never
	GraceDays int       // whole days of Day after Expires
	Features  []string
	Limits    Limits
}

// Limits bound what a server does under a licence. Zero is "no limit".
type Limits struct {
	RequestsPerDay  int // pictures analysed in a day of UTC
	FacesPerPicture int // faces reported of one picture
}

// Ends is when the licence stops to hold, its grace included, or the zero time
// when it never does.
func (l License) Ends() time.Time {
	if l.Expires.IsZero() {
		return time.Time{}
	}
	return l.Expires.Add(time.Duration(l.GraceDays) * Day)
}

// InGrace reports whether at lies after the expiry and within the grace period.
func (l License) InGrace(at time.Time) bool {
	return !l.Expires.IsZero() && !at.Before(l.Expires) && at.Before(l.Ends())
}

// HasFeature reports whether the vendor put the feature into the licence.
func (l License) HasFeature(name string) bool {
	return slices.Contains(l.Features, name)
}

// Check says whether the licence holds on a machine, given by its canonical
// code, at a time. The error wraps ErrMachine, ErrNotYetValid or ErrExpired, in
// this order of precedence.
func (l License) Check(machine string, at time.Time) error {
	if !slices.Contains(l.Machines, AnyMachine) && !slices.Contains(l.Machines, machine) {
		return fmt.Errorf("%w: this one is %s", ErrMachine, machine)
	}
	if !l.NotBefore.IsZero() && at.Before(l.NotBefore) {
		return fmt.Errorf("%w: it starts %s", ErrNotYetValid, l.NotBefore.Format(time.RFC3339))
	}
	if ends := l.Ends(); !ends.IsZero() && !at.Before(ends) {
		return fmt.Errorf("%w: on %s, with %d days of grace", ErrExpired, l.Expires.Format(time.RFC3339), l.GraceDays)
	}
	return nil
}

// Validate reports the first thing in which l breaks the format.
func (l License) Validate() error {
	switch {
	case l.ID == "":
		return errors.New("id (jti) is empty")
	case l.Customer == "":
		return errors.New("customer (sub) is empty")
	case len(l.Machines) == 0:
		return errors.New("no machines are named")
	case slices.Contains(l.Machines, ""):
		return errors.New("a machine code is empty")
	case slices.Contains(l.Machines, AnyMachine) && len(l.Machines) > 1:
		return fmt.Errorf("%q stands beside machine codes; it goes alone", AnyMachine)
	case slices.Contains(l.Features, ""):
		return errors.New("a feature's name is empty")
	case l.Limits.RequestsPerDay < 0 || l.Limits.FacesPerPicture < 0:
		return errors.New("a limit is negative; 0 is no limit")
	}
	if err := l.validateTexts(); err != nil {
		return err
	}
	return l.validateTimes()
}

// validateTexts refuses control characters: where a licence is shown, a line break could fake a line.
func (l License) validateTexts() error {
	for _, text := range slices.Concat([]string{l.ID, l.Customer}, l.Machines, l.Features) {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%q has a control character, such as a line break or a tab; none is allowed", text)
		}
	}
	return nil
}

func (l License) validateTimes() error {
	for _, at := range []time.Time{l.Issued, l.NotBefore, l.Expires} {
		if !at.IsZero() && (at.Year() < 1970 || at.Year() > 9999) {
			return fmt.Errorf("a time in the year %d; 1970 to 9999 are allowed", at.Year())
		}
	}
	switch {
	case l.Issued.IsZero():
		return errors.New("no time of issue (iat)")
	case l.GraceDays < 0 || l.GraceDays > MaxGraceDays:
		return fmt.Errorf("grace of %d days; 0 to %d are allowed", l.GraceDays, MaxGraceDays)
	case !l.Expires.IsZero() && !l.Expires.After(l.Issued):
		return errors.New("it expires (exp) before it is issued (iat)")
	case !l.Expires.IsZero() && !l.Expires.After(l.NotBefore):
		return errors.New("it expires (exp) before it starts (nbf)")
	}
	return nil
}
