package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide/internal/whole"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

type keygenCmd struct {
	Out            string `help:"Private key file to make (default: issuer.key); the public key goes beside it, as .pub." default:"issuer.key" placeholder:"FILE"`
	Passphrase     bool   `help:"Protect the private key by a passphrase, asked for on the terminal."`
	PassphraseFile string `help:"Protect the private key by the passphrase on this file's first line." placeholder:"FILE"`
}

// Run makes both files or none, and prints the public key.
func (c keygenCmd) Run(s *streams) error {
	stem := strings.TrimSuffix(c.Out, filepath.Ext(c.Out))
	public := stem + ".pub"
	if public == c.Out {
		return fmt.Errorf("--out is %s, which is where the public key goes: name the private key otherwise, such as %s.key", c.Out, stem)
	}
	var passphrase string
	if c.Passphrase || c.PassphraseFile != "" {
		var err error
		if passphrase, err = readPassphrase(s, c.PassphraseFile, twice); err != nil {
			return err
		}
	}
	key := issue.GenerateKey()
	// A file that is already there is left alone: servers may verify with the key in it.
	if err := whole.WriteNew(public, 0o644, fmt.Sprintf("# bonafide licence issuer: public key\n%s\n", key.Public())); err != nil {
		return fmt.Errorf("write public key: %w", err)
	}
	if err := issue.WriteKeyFile(c.Out, key, passphrase); err != nil {
		return errors.Join(err, os.Remove(public))
	}
	fmt.Fprintf(s.err, "private key in %s: keep it secret and keep a copy\npublic key in %s: servers verify with it\n", c.Out, public)
	fmt.Fprintln(s.out, key.Public())
	return nil
}

// termFlags say when a licence ends.
type termFlags struct {
	Expires      string `help:"Last moment: YYYY-MM-DD for the start of that day in UTC, or RFC 3339." placeholder:"DATE" xor:"term" required:"" group:"Terms"`
	Days         int    `help:"Whole days from now on." placeholder:"N" xor:"term" required:"" group:"Terms"`
	NeverExpires bool   `help:"Without end." xor:"term" required:"" group:"Terms"`
}

// mostDays is more than two thousand years, and ends before the year 9999 does.
const mostDays = 1_000_000

// end is the expiry, zero for never.
func (f termFlags) end(now time.Time) (time.Time, error) {
	switch {
	case f.NeverExpires:
		return time.Time{}, nil
	case f.Days > 0 && f.Days <= mostDays:
		return now.UTC().AddDate(0, 0, f.Days), nil
	case f.Expires == "":
		return time.Time{}, fmt.Errorf("--days is %d, allowed is 1 to %d; without end it is with --never-expires", f.Days, mostDays)
	}
	end, err := issue.ParseDate(f.Expires)
	return end, wrap(err, "--expires")
}

type issueCmd struct {
	Customer   string   `help:"Who the licence is for." placeholder:"NAME" xor:"who" required:"" group:"Terms"`
	Batch      string   `help:"One licence for each line of a CSV file with the columns customer, machines and, where they differ from the flags, not_before, expires, grace_days, features, requests_per_day, faces_per_picture." placeholder:"FILE" xor:"who" required:"" group:"Terms"`
	Machine    []string `help:"Machine code it holds on; may be repeated." placeholder:"CODE" sep:"none" xor:"where" group:"Terms"`
	AnyMachine bool     `help:"It holds on every machine." xor:"where" group:"Terms"`
	termFlags
	NotBefore       string   `help:"First moment, as --expires (default: now)." placeholder:"DATE" group:"Terms"`
	GraceDays       int      `help:"Days it goes on after the expiry, with warnings." default:"14" group:"Terms"`
	Feature         []string `help:"Name of a feature, for your own product; may be repeated." placeholder:"NAME" sep:"none" group:"Terms"`
	RequestsPerDay  int      `help:"Most pictures analysed in a day of UTC; 0 is no limit." group:"Terms"`
	FacesPerPicture int      `help:"Most faces reported of a picture; 0 is no limit." group:"Terms"`
	Out             string   `help:"File for the licence (default: standard output); with --batch the folder (default: licenses)." placeholder:"PATH"`
	keyFlags
}

// Run signs one licence or many.
func (c issueCmd) Run(s *streams) error {
	now := time.Now()
	terms, err := c.terms(now)
	if err != nil {
		return err
	}
	if c.Batch != "" {
		return c.batch(s, terms, now)
	}
	if len(terms.Machines) == 0 {
		return errors.New("no machine is named: want --machine CODE, or --any-machine")
	}
	if err := mayHold(c.Out); err != nil {
		return err
	}
	l, err := issue.New(terms, now)
	if err != nil {
		return err
	}
	key, err := c.open(s)
	if err != nil {
		return err
	}
	token, err := c.sign(key, l, "")
	if err != nil {
		return err
	}
	return handOut(s, c.Out, token)
}

func (c issueCmd) terms(now time.Time) (license.License, error) {
	expires, err := c.end(now)
	if err != nil {
		return license.License{}, err
	}
	terms := license.License{
		Customer: c.Customer, Machines: c.Machine, Expires: expires, GraceDays: c.GraceDays, Features: c.Feature,
		Limits: license.Limits{RequestsPerDay: c.RequestsPerDay, FacesPerPicture: c.FacesPerPicture},
	}
	if c.AnyMachine {
		terms.Machines = []string{license.AnyMachine}
	}
	if c.NotBefore != "" {
		terms.NotBefore, err = issue.ParseDate(c.NotBefore)
	}
	return terms, wrap(err, "--not-before")
}

// batch writes each licence into a file of its own and prints which is whose.
func (c issueCmd) batch(s *streams, defaults license.License, now time.Time) error {
	in, err := os.Open(c.Batch)
	if err != nil {
		return err
	}
	defer in.Close()
	all, err := issue.ReadBatch(in, defaults, now)
	if err != nil {
		return err
	}
	key, err := c.open(s)
	if err != nil {
		return err
	}
	dir := c.Out
	if dir == "" {
		dir = "licenses"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out := csv.NewWriter(s.out)
	rows := [][]string{{"customer", "machines", "id", "file"}}
	for _, l := range all {
		token, err := c.sign(key, l, "")
		if err != nil {
			return err
		}
		path := filepath.Join(dir, l.ID+".txt")
		if err := writeToken(path, token); err != nil {
			return err
		}
		rows = append(rows, []string{l.Customer, strings.Join(l.Machines, ";"), l.ID, path})
	}
	return out.WriteAll(rows)
}

type renewCmd struct {
	License string `arg:"" help:"The old licence: a file, or - for standard input."`
	termFlags
	Out string `help:"File for the licence (default: standard output)." placeholder:"FILE"`
	keyFlags
}

// Run signs the new licence. The old one must be of the same issuer.
func (c renewCmd) Run(s *streams) error {
	now := time.Now()
	expires, err := c.end(now)
	if err != nil {
		return err
	}
	if err := mayHold(c.Out); err != nil {
		return err
	}
	old, err := readToken(s, c.License)
	if err != nil {
		return err
	}
	key, err := c.open(s)
	if err != nil {
		return err
	}
	before, err := license.Verify(old, key.Public())
	if err != nil {
		return fmt.Errorf("the old licence: %w", err)
	}
	l, err := issue.Renew(before, expires, now)
	if err != nil {
		return err
	}
	token, err := c.sign(key, l, before.ID)
	if err != nil {
		return err
	}
	return handOut(s, c.Out, token)
}

// handOut writes a licence where it was asked for.
func handOut(s *streams, path, token string) error {
	if path == "" {
		_, err := fmt.Fprintln(s.out, token)
		return err
	}
	if err := mayHold(path); err != nil { // again: the log may have been made there since
		return err
	}
	return writeToken(path, token)
}

// mayHold refuses to write a licence over a file that holds none, such as the private key or the log.
func mayHold(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return wrap(err, "--out")
	}
	there, err := readTokenFile(path)
	if err == nil {
		_, err = license.ParseUnverified(there)
	}
	if err != nil {
		return fmt.Errorf("--out: %s is there and holds no licence: name another file, or remove it", path)
	}
	return nil
}

func writeToken(path, token string) error {
	return wrap(whole.WriteBytes(path, 0o644, []byte(token+"\n")), "writing the licence")
}
