package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

type licenseCmd struct {
	Keygen   keygenCmd          `cmd:"" help:"Vendor: make the pair of keys that licences are signed and verified with."`
	Issue    issueCmd           `cmd:"" help:"Vendor: sign a licence, or one for each line of a table."`
	Renew    renewCmd           `cmd:"" help:"Vendor: sign a licence on an old one's terms, with a new expiry."`
	Inspect  inspectCmd         `cmd:"" help:"Show what a licence says."`
	Activate activateLicenseCmd `cmd:"" help:"Operator: put a licence in force on this machine."`
	Status   licenseStatusCmd   `cmd:"" help:"Operator: show this machine's licence and how long it lasts."`
}

// Help points to the whole story.
func (licenseCmd) Help() string {
	return `docs/licensing.md leads vendor and operator through it, from the first key to an activated server.`
}

// keyFlags open the vendor's private key.
type keyFlags struct {
	Key            string `help:"Private key file (default: issuer.key)." env:"BONAFIDE_LICENSE_KEY" default:"issuer.key" placeholder:"FILE" group:"Key"`
	PassphraseFile string `help:"File whose first line is the key's passphrase, if it has one (default: ask on the terminal)." env:"BONAFIDE_LICENSE_PASSPHRASE_FILE" placeholder:"FILE" group:"Key"`
	Log            string `help:"File to note what was issued in, as JSON lines (default: issued.jsonl beside the key)." env:"BONAFIDE_LICENSE_LOG" placeholder:"FILE" group:"Key"`
}

func (f keyFlags) open(s *streams) (issue.PrivateKey, error) {
	return issue.ReadKeyFile(f.Key, func() (string, error) { return readPassphrase(s, f.PassphraseFile, once) })
}

func (f keyFlags) logPath() string {
	if f.Log != "" {
		return f.Log
	}
	return filepath.Join(filepath.Dir(f.Key), "issued.jsonl")
}

// sign signs a licence, which fails for too many machines, and notes it in the log before it returns the token: none is noted that can't
// be signed, and none is handed out that the log does not know.
func (f keyFlags) sign(key issue.PrivateKey, l license.License, renews string) (token string, err error) {
	record, err := issue.NewRecord(key, l, renews)
	if err != nil {
		return "", err
	}
	if token, err = key.Sign(l); err != nil {
		return "", err
	}
	return token, issue.AppendLog(f.logPath(), record)
}

const longestTokenFile = license.MaxTokenLen + 1<<10 // room for white space

// readToken reads a licence from a file, or from standard input for "-".
func readToken(s *streams, path string) (string, error) {
	if path == stdinPath {
		raw, err := io.ReadAll(io.LimitReader(s.in, longestTokenFile))
		return string(raw), wrap(err, "reading the licence")
	}
	return readTokenFile(path)
}

func readTokenFile(path string) (string, error) {
	raw, err := readSmall(path, longestTokenFile)
	return strings.TrimSpace(string(raw)), wrap(err, "reading the licence")
}

// table prints rows of a name and a value, without those that have no value.
func table(w io.Writer, rows [][2]string) {
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(w, "%-13s %s\n", row[0], row[1])
		}
	}
}
