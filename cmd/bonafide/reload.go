package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
)

// reloadable is what SIGHUP changes: the policy, who may change it, the profiles and the API keys. A licence is taken up without a signal.
type reloadable struct {
	analyzer  engine
	guard     *access.Guard
	keys      access.Store
	named     bool // the operator named the keys file
	policy    atomic.Pointer[bonafide.Policy]
	policies  atomic.Pointer[map[string]bonafide.Requirements]
	overrides atomic.Bool
	profiles  atomic.Pointer[profiles]
	log       *slog.Logger
}

// openReloadable reads everything for the first time.
func (f serveFlags) openReloadable(analyzer engine, log *slog.Logger) (*reloadable, error) {
	store, err := f.store(f.stateFlags)
	if err != nil {
		return nil, err
	}
	r := &reloadable{analyzer: analyzer, guard: access.NewGuard(nil), keys: store, named: f.Keys != "", log: log}
	return r, r.load(f)
}

// Policy is the policy in force.
func (r *reloadable) Policy() bonafide.Policy { return *r.policy.Load() }

// Policies are the requirements that a request to the native API may choose by name.
func (r *reloadable) Policies() map[string]bonafide.Requirements { return *r.policies.Load() }

// Overrides tells whether requests to the native API may change single requirements.
func (r *reloadable) Overrides() bool { return r.overrides.Load() }

// Profiles are the profiles in force.
func (r *reloadable) Profiles() profiles { return *r.profiles.Load() }

// load puts in force what flags and the files that they name say: all of it or nothing.
func (r *reloadable) load(flags serveFlags) error {
	policy, err := flags.policy()
	if err != nil {
		return err
	}
	named, err := flags.Policies.over(requirements(policy))
	if err != nil {
		return err
	}
	all, err := flags.load(r.analyzer)
	if err != nil {
		return err
	}
	keys, err := r.readKeys()
	if err != nil {
		return err
	}
	r.policy.Store(&policy)
	r.policies.Store(&named)
	r.overrides.Store(flags.AllowOverrides)
	r.profiles.Store(&all)
	r.guard.Reload(keys)
	if !r.guard.Open() && r.guard.Holding() == 0 {
		r.log.Warn("NO API KEY HOLDS: every request that needs one is refused; make one with «bonafide keys add NAME»", "file", r.keys.Path)
	}
	return nil
}

// readKeys reads the keys file. That it isn't there is right only before the first key is made, at its default place: a name that was mistyped, a
// secret that was not mounted or a disk that is gone must not let everybody in.
func (r *reloadable) readKeys() ([]access.Key, error) {
	keys, err := r.keys.Read()
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return keys, err
	case r.named || !r.guard.Open():
		return nil, fmt.Errorf("%w: make a key with «bonafide keys add NAME --keys %s»", err, r.keys.Path)
	default:
		return nil, nil
	}
}

// onSIGHUP loads everything again with every signal, until the function it returns is called. The command line args stays as it
// was given; what it leaves open comes from the environment and the configuration file. What cannot be used is logged, and what
// was in force stays.
func (r *reloadable) onSIGHUP(signals <-chan os.Signal, args []string) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ended:
				return
			case <-signals:
			}
			if err := r.reload(args); err != nil {
				r.log.Error("reading the settings again failed; those in force stay", "error", err)
				continue
			}
			r.log.Info("policy, profiles and API keys were read again")
		}
	}()
	return func() {
		close(ended)
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
