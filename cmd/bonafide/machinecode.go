package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/machine"
)

// stateFlags name the folder in which the product keeps what must outlive it.
type stateFlags struct {
	DataDir string `help:"Folder for the licence and other state (default: $$XDG_DATA_HOME/bonafide)." env:"BONAFIDE_DATA_DIR" placeholder:"DIR"`
}

// dir is the data folder: the flag's, or the user's own by the XDG rules.
func (f stateFlags) dir() (string, error) {
	if f.DataDir != "" {
		return f.DataDir, nil
	}
	if base := os.Getenv("XDG_DATA_HOME"); base != "" {
		return filepath.Join(base, "bonafide"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no data folder: name it with --data-dir: %w", err)
	}
	return filepath.Join(home, ".local", "share", "bonafide"), nil
}

type machineCodeCmd struct{ stateFlags }

// Run prints the machine's code.
func (c machineCodeCmd) Run(s *streams) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	code, err := machine.Code(dir)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, code)
	return nil
}
