package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/bonafide-pad/bonafide/internal/access"
)

type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Make an API key and print it: it is shown this once."`
	List   keysListCmd   `cmd:"" default:"withargs" help:"List the API keys."`
	Revoke keysRevokeCmd `cmd:"" help:"End an API key for good."`
}

// Help teaches what the flags don't say.
func (keysCmd) Help() string {
	return `As soon as there is one key, analyses, machine code, activation and metrics need one, also when all have been revoked; the pages and
health need none. A running server reads the keys again on SIGHUP.`
}

// keysFlag says where the API keys are.
type keysFlag struct {
	Keys string `help:"File with the API keys (default: keys.json in the data folder)." env:"BONAFIDE_KEYS" placeholder:"FILE" group:"Access"`
}

// store is the keys file: the flag's, or the one in the data folder.
func (f keysFlag) store(state stateFlags) (access.Store, error) {
	if f.Keys != "" {
		return access.Store{Path: f.Keys}, nil
	}
	dir, err := state.dir()
	return access.Store{Path: filepath.Join(dir, access.FileName)}, err
}

type keysAddCmd struct {
	stateFlags
	keysFlag
	Name  string         `arg:"" help:"Whose key it is."`
	Scope []access.Scope `help:"What it allows: analyse, activate, admin (default: analyse)." default:"analyse" placeholder:"SCOPE"`
	Rate  float64        `help:"Most requests a second (default: any number)." placeholder:"N"`
	Burst int            `help:"Most requests at once beyond the rate (default: as many as the rate)." placeholder:"N"`
	Daily int            `help:"Most requests a day, in UTC (default: any number)." placeholder:"N"`
}

// Run makes a key. It is kept once it is printed: no key may hold that nobody has.
func (c keysAddCmd) Run(s *streams) error {
	store, err := c.store(c.stateFlags)
	if err != nil {
		return err
	}
	key, text, err := access.Generate(c.Name, c.Scope, access.Limits{Rate: c.Rate, Burst: c.Burst, Daily: c.Daily}, time.Now())
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(s.out, text); err != nil {
		return fmt.Errorf("printing the key, which is not kept: %w", err)
	}
	if err := store.Add(key); err != nil {
		return fmt.Errorf("the key just printed does not hold: %w", err)
	}
	fmt.Fprintf(s.err, "This is the key %s of %s; only its hash was kept, in %s. Send SIGHUP to a running server.\n", key.ID, key.Name, store.Path)
	return nil
}

type keysListCmd struct {
	stateFlags
	keysFlag
}

// Run lists the keys.
func (c keysListCmd) Run(s *streams) error {
	store, err := c.store(c.stateFlags)
	if err != nil {
		return err
	}
	keys, err := store.Load()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSCOPES\tRATE\tDAILY\tCREATED\tSTATE")
	for _, k := range keys {
		state := "active"
		if !k.Active() {
			state = "revoked " + k.Revoked.Format(time.DateOnly)
		}
		scopes := make([]string, len(k.Scopes))
		for i, scope := range k.Scopes {
			scopes[i] = string(scope)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, shownName(k.Name), strings.Join(scopes, ","),
			bound(k.Rate), bound(float64(k.Daily)), k.Created.Format(time.DateOnly), state)
	}
	return w.Flush()
}

// shownName is a key's name in one line: a file may have one with line breaks, which a new key may not.
func shownName(name string) string {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return strconv.Quote(name)
	}
	return name
}

// bound is a limit as the list has it.
func bound(limit float64) string {
	if limit == 0 {
		return "-"
	}
	return strconv.FormatFloat(limit, 'g', -1, 64)
}

type keysRevokeCmd struct {
	stateFlags
	keysFlag
	ID string `arg:"" help:"The key's id, as keys list has it."`
}

// Run ends a key.
func (c keysRevokeCmd) Run(s *streams) error {
	store, err := c.store(c.stateFlags)
	if err != nil {
		return err
	}
	if err := store.Revoke(c.ID, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is revoked; send SIGHUP to a running server\n", c.ID)
	left, err := store.Load()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(left, access.Key.Active) {
		fmt.Fprintln(s.err, "This was the last key: the server answers nobody until «bonafide keys add» makes another.")
	}
	return nil
}
