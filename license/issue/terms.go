package issue

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/machinecode"
)

// New fills in what a licence needs besides its terms: an id and the time of
// issue. Machine codes are read as people type them, and a mistyped one is an
// error.
func New(terms license.License, now time.Time) (license.License, error) {
	machines, err := canonicalMachines(terms.Machines)
	if err != nil {
		return license.License{}, err
	}
	terms.Machines = machines
	terms.ID = newID()
	terms.Issued = now.UTC().Truncate(time.Second)
	if err := terms.Validate(); err != nil {
		return license.License{}, fmt.Errorf("licence for %q: %w", terms.Customer, err)
	}
	return terms, nil
}

// Renew is a new licence on an old one's terms with another expiry, zero for
// none. It holds at once, whatever start the old one had.
func Renew(old license.License, expires, now time.Time) (license.License, error) {
	old.NotBefore = time.Time{}
	old.Expires = expires
	return New(old, now)
}

// canonicalMachines checks codes and leaves out those named twice.
func canonicalMachines(typed []string) ([]string, error) {
	var codes []string
	for _, t := range typed {
		if strings.TrimSpace(t) == license.AnyMachine {
			codes = append(codes, license.AnyMachine)
			continue
		}
		code, err := machinecode.Parse(t)
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

// idSymbols of base 32 are 80 random bits: no two licences share an id.
const idSymbols = 16

func newID() string {
	return strings.ToLower(rand.Text()[:idSymbols])
}
