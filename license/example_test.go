package license_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

// A vendor signs a licence for one machine; a program with the vendor's public key reads it and asks whether it holds.
func Example() {
	const machine = "GKGR-T7G5-NVVH-CE1D"
	now := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	key := issue.GenerateKey()
	terms, err := issue.New(license.License{Customer: "Example Ltd", Machines: []string{machine}, Expires: now.AddDate(1, 0, 0)}, now)
	if err != nil {
		panic(err)
	}
	token, err := key.Sign(terms)
	if err != nil {
		panic(err)
	}

	l, err := license.Verify(token, key.Public())
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Customer, l.Check(machine, now))
	fmt.Println(errors.Is(l.Check(machine, now.AddDate(2, 0, 0)), license.ErrExpired))
	// Output:
	// Example Ltd <nil>
	// true
}
