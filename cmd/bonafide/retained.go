package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"filippo.io/age"

	"github.com/bonafide-pad/bonafide/internal/retain"
	"github.com/bonafide-pad/bonafide/internal/whole"
)

type retainedCmd struct {
	NewKey retainedNewKeyCmd `cmd:"" help:"Make a pair of keys: the secret into a file, the public one is printed."`
	List   retainedListCmd   `cmd:"" help:"List the kept pictures, oldest first."`
	Export retainedExportCmd `cmd:"" help:"Decrypt pictures into a folder, with the secret key."`
	Remove retainedRemoveCmd `cmd:"" help:"Remove the pictures of one request for good, before their time."`
}

// Help teaches what the flags don't say.
func (retainedCmd) Help() string {
	return `The server has the public key alone and can't read what it kept. Make the keys on another machine and keep the secret there: only
export needs it. The keys and files are age's, so that age itself can be used as well.`
}

type retainedNewKeyCmd struct {
	File string `arg:"" help:"File to make, for the secret key." placeholder:"FILE"`
}

// Run makes the keys. A file that is already there is left alone: pictures may hang on the key in it.
func (c retainedNewKeyCmd) Run(s *streams) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	secret := fmt.Sprintf("# Secret key to pictures that bonafide keeps.\n# public key: %s\n%s\n", identity.Recipient(), identity)
	if err := whole.WriteNew(c.File, 0o600, secret); err != nil {
		return fmt.Errorf("keeping the secret key: %w", err)
	}
	fmt.Fprintln(s.out, identity.Recipient())
	return nil
}

// retainedFolder names pictures of the folder.
type retainedFolder struct {
	Retain string `help:"Folder with the pictures, as for serve." env:"BONAFIDE_RETAIN" required:"" placeholder:"DIR"`
}

// pictures are those for which wanted holds.
func (f retainedFolder) pictures(wanted func(retain.Picture) bool) ([]retain.Picture, error) {
	all, err := retain.List(f.Retain)
	if err != nil {
		return nil, err
	}
	var chosen []retain.Picture
	for _, p := range all {
		if wanted(p) {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

// selection chooses pictures; the zero value chooses all.
type selection struct {
	Request string `help:"Only those of the request with this id." placeholder:"ID"`
	Since   since  `help:"Only those from then on: a date, a time as in RFC 3339, or how long ago, such as 24h." placeholder:"TIME"`
}

func (s selection) has(p retain.Picture) bool {
	return (s.Request == "" || p.RequestID == s.Request) && !p.Time.Before(time.Time(s.Since))
}

// none says that of the request there is nothing, which must not pass for having been done.
func (s selection) none() error {
	if from := time.Time(s.Since); !from.IsZero() {
		return fmt.Errorf("no picture of the request %q is kept from %s on", s.Request, from.Format(time.RFC3339))
	}
	return fmt.Errorf("no picture of the request %q is kept", s.Request)
}

type retainedListCmd struct {
	retainedFolder
	selection
}

// Run lists pictures.
func (c retainedListCmd) Run(s *streams) error {
	pictures, err := c.pictures(c.has)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tREQUEST\tBYTES\tFILE")
	for _, p := range pictures {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.Time.Format(time.RFC3339), p.RequestID, p.Bytes, p.Name)
	}
	return w.Flush()
}

type retainedExportCmd struct {
	retainedFolder
	selection
	Identity string `help:"File with the secret key." required:"" placeholder:"FILE"`
	To       string `help:"Folder for the decrypted pictures." required:"" placeholder:"DIR"`
}

// Run decrypts pictures. One that can't be decrypted doesn't keep the others from it.
func (c retainedExportCmd) Run(s *streams) error {
	identities, err := retain.ReadIdentities(c.Identity)
	if err != nil {
		return err
	}
	pictures, err := c.pictures(c.has)
	if err != nil {
		return err
	}
	if len(pictures) == 0 && c.Request != "" {
		return c.none()
	}
	if err := os.MkdirAll(c.To, 0o700); err != nil {
		return fmt.Errorf("exporting pictures: %w", err)
	}
	var failed []error
	for _, p := range pictures {
		content, err := retain.Decrypt(c.Retain, p, identities)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		path := filepath.Join(c.To, strings.TrimSuffix(p.Name, ".age")+extension(content))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("exporting pictures: %w", err)
		}
		fmt.Fprintln(s.out, path)
	}
	return errors.Join(failed...)
}

// extension is a file name's end for a picture.
func extension(content []byte) string {
	for kind, end := range map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp",
	} {
		if http.DetectContentType(content) == kind {
			return end
		}
	}
	return ".tiff" // the one kind left that the server takes
}

type retainedRemoveCmd struct {
	retainedFolder
	Request string `arg:"" help:"The request's id." placeholder:"ID"`
}

// Run removes the pictures of a request.
func (c retainedRemoveCmd) Run(s *streams) error {
	pictures, err := c.pictures(func(p retain.Picture) bool { return p.RequestID == c.Request })
	if err != nil {
		return err
	}
	if len(pictures) == 0 {
		return selection{Request: c.Request}.none()
	}
	for _, p := range pictures {
		if err := retain.Remove(c.Retain, p); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "removed %s\n", p.Name)
	}
	return nil
}
