// Command bonafide tells real, present faces from prints, screens and masks: as a server, on files, and for those who
// measure or license it.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// Exit codes, the same for every command that gives no other meaning to them.
const (
	exitOK = 0
	// exitNotLive: check found something that is not live.
	exitNotLive = 1
	// exitFailed: something could not be done, or the command line was wrong.
	exitFailed = 2
)

type cli struct {
	configFlag
	Check       checkCmd       `cmd:"" help:"Say whether pictures show a real, present face."`
	Serve       serveCmd       `cmd:"" help:"Serve the HTTP API."`
	Health      healthCmd      `cmd:"" help:"Ask the server on this machine whether it lives; for health checks."`
	Keys        keysCmd        `cmd:"" help:"Make, list and revoke API keys."`
	Audit       auditCmd       `cmd:"" help:"Export the record of decisions."`
	Retained    retainedCmd    `cmd:"" help:"List, decrypt and remove pictures that the server kept."`
	Config      configCmd      `cmd:"" help:"Check or show the server's settings."`
	Evaluate    evaluateCmd    `cmd:"" help:"Measure accuracy on labelled pictures, calibrate, compare."`
	Bench       benchCmd       `cmd:"" help:"Measure speed against the limits of this machine."`
	Models      modelsCmd      `cmd:"" help:"List, verify or fetch the networks and the runtime."`
	License     licenseCmd     `cmd:"" help:"Issue licences, and use them."`
	MachineCode machineCodeCmd `cmd:"" help:"Print this machine's code, for a licence."`
	Version     versionCmd     `cmd:"" help:"Print what this binary is made of."`
}

const description = `Tells whether a picture shows a real, present face or a print, a screen or a mask, and says why.

  bonafide check selfie.jpg          one picture
  bonafide check --json pictures/    every picture of a folder, one JSON line each
  bonafide serve                     the HTTP server, on :8888`

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	// args is the command line.
	args []string
}

// run is main without the process: it parses args, runs the command and returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	defer paceHeap()()
	exited := -1
	parser, err := newParser(&cli{}, args, kong.UsageOnError(),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fail(stderr, err)
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help was printed
		return exited
	}
	if err != nil {
		return fail(stderr, fmt.Errorf("%w (see bonafide --help)", err))
	}
	out := &heeded{w: stdout}
	err = command.Run(&streams{in: stdin, out: out, err: stderr, args: args})
	return exitCode(stderr, out.blame(err))
}

// heeded remembers that output could not be written, so that no command has to ask after every line.
type heeded struct {
	w   io.Writer
	err error
}

func (h *heeded) Write(p []byte) (int, error) {
	n, err := h.w.Write(p)
	if h.err == nil {
		h.err = err
	}
	return n, err
}

// blame is what a command ends with: its own error, otherwise that its output could not be written, otherwise its exit code.
func (h *heeded) blame(err error) error {
	var exit exitError
	if h.err != nil && (err == nil || errors.As(err, &exit)) {
		return fmt.Errorf("writing the output: %w", h.err)
	}
	return err
}

// newParser makes the parser of the command line, with the configuration file that args or the environment name.
func newParser(parsed *cli, args []string, options ...kong.Option) (*kong.Kong, error) {
	path, required, err := configPath(args)
	if err != nil {
		return nil, err
	}
	file, err := readConfig(path, required)
	if err != nil {
		return nil, err
	}
	return kong.New(parsed, append(options,
		kong.Name("bonafide"), kong.Description(description), kong.Resolvers(file), kong.Bind(file))...)
}

// exitError ends the program with a code other than exitFailed, or without a message.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

func exitCode(stderr io.Writer, err error) int {
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	default:
		return fail(stderr, err)
	}
}

func fail(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "bonafide: %v\n", err)
	return exitFailed
}
