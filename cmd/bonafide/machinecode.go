package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bonafide-pad/bonafide/internal/machine"
)

// stateFlags name the folder in which the product keeps what must outlive it.
type stateFlags struct {
	DataDir string `help:"Folder for the licence and other state (default: $$XDG_DATA_HOME/bonafide, or ~/.local/share/bonafide)." env:"BONAFIDE_DATA_DIR" placeholder:"DIR"`
	// A flag that makes one machine look like another has no place in a vendor's locked build: code refuses it there.
	MachineIDFile string `help:"The host's machine id, as a container sees it (default: /etc/machine-id)." env:"BONAFIDE_MACHINE_ID_FILE" default:"/etc/machine-id" placeholder:"FILE"`
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

// code is this machine's code.
func (f stateFlags) code() (string, error) {
	if err := f.checkIDFile(); err != nil {
		return "", err
	}
	dir, err := f.dir()
	if err != nil {
		return "", err
	}
	return machine.Source{IDFile: f.MachineIDFile, DataDir: dir}.Code()
}

// checkIDFile looks whether the machine id is where a flag says.
func (f stateFlags) checkIDFile() error {
	if f.MachineIDFile == machine.DefaultIDFile {
		return nil
	}
	if builtInIssuer != "" {
		return errors.New("--machine-id-file: this program was built to read " + machine.DefaultIDFile + " only; mount the host's file there")
	}
	_, err := os.Stat(f.MachineIDFile)
	return wrap(err, "--machine-id-file")
}

type machineCodeCmd struct{ stateFlags }

// Run prints the machine's code.
func (c machineCodeCmd) Run(s *streams) error {
	code, err := c.code()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, code)
	return nil
}
