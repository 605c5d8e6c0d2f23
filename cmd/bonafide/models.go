package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"text/tabwriter"

	"github.com/bonafide-pad/bonafide/internal/catalog"
)

type modelsCmd struct {
	List   modelsListCmd   `cmd:"" default:"1" help:"What each file is for, its licence, source and state."`
	Verify modelsVerifyCmd `cmd:"" help:"Check the SHA-256 of every file; exit 2 when one is missing or wrong."`
	Fetch  modelsFetchCmd  `cmd:"" help:"Bring what is missing, with npm; needs no network when nothing is."`
	Add    modelsAddCmd    `cmd:"" help:"Add a pack of networks that others publish, for more accuracy."`
	Remove modelsRemoveCmd `cmd:"" help:"Take an added pack away."`
}

// modelsDir names the models folder.
type modelsDir struct {
	Models string `help:"Folder with the networks and ONNX Runtime (default: models, here or beside the program, or in /usr/local/share/bonafide)." env:"BONAFIDE_MODELS" placeholder:"DIR"`
}

type modelsListCmd struct{ modelsDir }

// Run prints the catalogue beside what the folder holds.
func (c modelsListCmd) Run(s *streams) error {
	_, _, err := c.table(s)
	return err
}

type modelsVerifyCmd struct{ modelsDir }

// Run checks every file.
func (c modelsVerifyCmd) Run(s *streams) error {
	wrong, damaged, err := c.table(s)
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d files are missing or wrong; «bonafide models fetch» brings them", wrong)
	}
	for _, pack := range damaged {
		err = errors.Join(err, fmt.Errorf("%s is damaged; «bonafide models add %s» brings it anew, «bonafide models remove %s» takes it away", pack, pack, pack))
	}
	return err
}

// table prints every entry with its state, counts those that are not right and names the packs that are damaged.
func (c modelsDir) table(s *streams) (wrong int, damaged []string, err error) {
	dir, err := catalog.FindDir(c.Models)
	if err != nil {
		return 0, nil, err
	}
	entries, err := catalog.All()
	if err != nil {
		return 0, nil, err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FILE\tPURPOSE\tLICENCE\tSOURCE\tSTATE")
	for _, e := range entries {
		state := "ok"
		switch err := e.Verify(dir); {
		case errors.Is(err, fs.ErrNotExist):
			state = "missing"
		case errors.Is(err, catalog.ErrDigest):
			state = "wrong SHA-256"
		case err != nil:
			state = err.Error()
		}
		if state != "ok" {
			wrong++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.File, e.Purpose, e.Licence, e.Package, state)
	}
	damaged, err = packRows(w, dir)
	return wrong, damaged, errors.Join(err, w.Flush())
}

type modelsFetchCmd struct {
	Models string `help:"Folder to fill (default: models)." env:"BONAFIDE_MODELS" default:"models" placeholder:"DIR"`
}

// Run brings the missing files.
func (c modelsFetchCmd) Run(s *streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	say := func(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }
	if err := catalog.Fetch(ctx, c.Models, say); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s: every network and the runtime are there and verified\n", c.Models)
	return nil
}
