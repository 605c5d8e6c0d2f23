package main

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/bonafide-pad/bonafide"
)

// policyBox holds the policy in force.
type policyBox struct {
	held atomic.Pointer[bonafide.Policy]
}

func (b *policyBox) get() bonafide.Policy  { return *b.held.Load() }
func (b *policyBox) set(p bonafide.Policy) { b.held.Store(&p) }

// onSIGHUP reads policy and keys again with every SIGHUP, until the function it returns is called. The command line args stays as
// it was given; what it leaves open comes from the environment and the configuration file. What cannot be used is logged, and
// what was in force stays.
func (r *reloadable) onSIGHUP(args []string) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range signals {
			if err := r.reload(args); err != nil {
				r.log.Error("reading the settings again failed; those in force stay", "error", err)
				continue
			}
			r.log.Info("policy and API keys were read again")
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}

// reload puts in force what the command line, the environment and the files say now.
func (r *reloadable) reload(args []string) error {
	var parsed cli
	parser, err := newParser(&parsed, args)
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	return r.load(parsed.Serve.serveFlags)
}
