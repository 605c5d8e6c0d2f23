package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
)

type inspectCmd struct {
	License string `arg:"" help:"A licence: a file, or - for standard input."`
	JSON    bool   `name:"json" help:"As one JSON object, with the claims as the licence has them."`
	licenseFlags
}

// Help says what is verified.
func (inspectCmd) Help() string {
	return `The signature is verified where --license-issuer names the vendor's public key; without it, what a licence says may be made up.`
}

// Run prints the licence. One that is not the issuer's is an error.
func (c inspectCmd) Run(s *streams) error {
	token, err := readToken(s, c.License)
	if err != nil {
		return err
	}
	issuers, err := c.issuers()
	if err != nil {
		return err
	}
	verified := len(issuers) > 0
	var l license.License
	if verified {
		l, err = license.Verify(token, issuers...)
	} else {
		l, err = license.ParseUnverified(token)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printInspected(s.out, l, verified)
	}
	signature := "not verified (name the vendor's key with --license-issuer)"
	if verified {
		signature = "verified"
	}
	table(s.out, append(licenseRows(l, time.Now()), [2]string{"signature", signature}))
	return nil
}

func printInspected(w io.Writer, l license.License, verified bool) error {
	claims, err := license.MarshalClaims(l)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(struct {
		Verified bool            `json:"verified"`
		License  json.RawMessage `json:"license"`
	}{verified, claims})
}

type activateLicenseCmd struct {
	License string `arg:"" help:"The licence from your vendor: a file, or - for standard input."`
	stateFlags
	licenseFlags
}

// Help says what happens to a server that runs.
func (activateLicenseCmd) Help() string {
	return `Keeps the licence in the data folder. A server that runs on the same folder takes it up within seconds. A licence that is refused
changes nothing.`
}

// Run activates the licence.
func (c activateLicenseCmd) Run(s *streams) error {
	token, err := readToken(s, c.License)
	if err != nil {
		return err
	}
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if !keeper.State().Enforced {
		return errors.New("no issuer key is configured, so nothing needs activating; where the server has one, name it here as well (--license-issuer)")
	}
	if err := keeper.Activate(token); err != nil {
		return err
	}
	table(s.out, stateRows(keeper, time.Now()))
	return nil
}

type licenseStatusCmd struct {
	stateFlags
	licenseFlags
}

// Help says what the exit code says.
func (licenseStatusCmd) Help() string {
	return `Exit code: 0 pictures are analysed on this machine; 1 they are not; 2 that could not be found out.`
}

// Run prints the machine's licence.
func (c licenseStatusCmd) Run(s *streams) error {
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, true, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	table(s.out, stateRows(keeper, time.Now()))
	if !keeper.State().Active() {
		return exitError{1}
	}
	return nil
}

func stateRows(keeper *activation.Keeper, now time.Time) [][2]string {
	s := keeper.State()
	mode, status := "open", "0 (active)"
	if s.Enforced {
		mode = "enforced"
	}
	switch {
	case !s.Active():
		status = fmt.Sprintf("%d (not activated)", s.Status)
	case s.Grace:
		status = "0 (active, in the grace period)"
	}
	rows := [][2]string{{"machine code", keeper.Machine()}, {"mode", mode}, {"status", status}, {"reason", s.Reason}}
	if s.License.ID == "" {
		return rows
	}
	rows = append(rows, licenseRows(s.License, now)...)
	return append(rows, [2]string{"today", count(s.RequestsToday, "picture")})
}

func licenseRows(l license.License, now time.Time) [][2]string {
	return [][2]string{
		{"licence", l.ID},
		{"customer", l.Customer},
		{"machines", strings.Join(l.Machines, " ")},
		{"issued", moment(l.Issued)},
		{"starts", moment(l.NotBefore)},
		{"expires", expiry(l, now)},
		{"grace", days(l.GraceDays)},
		{"features", strings.Join(l.Features, " ")},
		{"limits", limits(l.Limits)},
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func expiry(l license.License, now time.Time) string {
	left, grace, ok := activation.State{License: l}.DaysLeft(now)
	switch {
	case !ok:
		return "never"
	case left > 0:
		return fmt.Sprintf("%s (%s left)", moment(l.Expires), days(left))
	default:
		return fmt.Sprintf("%s (%s of grace left)", moment(l.Expires), days(grace))
	}
}

func days(n int) string { return count(n, "day") }

// count is a number with the noun for what it counts.
func count[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func limits(l license.Limits) string {
	var parts []string
	if l.RequestsPerDay > 0 {
		parts = append(parts, count(l.RequestsPerDay, "picture")+" a day")
	}
	if l.FacesPerPicture > 0 {
		parts = append(parts, count(l.FacesPerPicture, "face")+" a picture")
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
