package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"
)

type serveCmd struct{ serveFlags }

// Help teaches what the flags don't say.
func (serveCmd) Help() string {
	return `Serves the native API under /v1 (shown at /docs), the drop-in API of docs/api-drop-in.md and the pages at /. SIGTERM or SIGINT
stops it: it says that it is no longer ready (/readyz), answers what it has begun and ends; a second signal ends it at once. SIGHUP makes
it read the policies, the profiles and the API keys again.`
}

// Run serves until a signal comes.
func (c serveCmd) Run(s *streams) error {
	ctx, release := untilStopped()
	defer release()
	return c.serve(ctx, s)
}

func (c serveCmd) serve(ctx context.Context, s *streams) (err error) {
	hangups := make(chan os.Signal, 1) // from the first moment to the last: by itself SIGHUP ends a process
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if err := c.validate(); err != nil {
		return err
	}
	log := c.logger(s.err)
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, true, log)
	if err != nil {
		return err
	}
	analyzer, err := openEngine(c.config(), keeper)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, analyzer.Close()) }()
	if err := analyzer.Ready(); err != nil {
		log.Error("no picture can be analysed: the networks failed to load", "error", err)
	}
	reload, err := c.openReloadable(analyzer, log)
	if err != nil {
		return err
	}
	defer reload.onSIGHUP(hangups, s.args)()
	defer background(ctx, keeper)()
	a, err := c.assemble(reload, keeper, analyzer, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if a.tracing, err = openTracing(ctx, log); err != nil {
		return err
	}
	if a.audit, err = c.openAudit(ctx, a); err != nil {
		return err
	}
	if a.retained, err = c.openRetained(a); err != nil {
		return err
	}
	servers, err := a.listen()
	if err != nil {
		return err
	}
	printTries(s.out, servers[0].Addr(), c.TLSCert != "")
	running, ctx := errgroup.WithContext(ctx)
	for _, server := range servers {
		running.Go(func() error { return server.Serve(ctx) })
	}
	return running.Wait()
}
