package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilStopped returns a context that the first SIGINT or SIGTERM ends. A second one ends the process as if nobody listened for
// it: both are taken from one channel, so that none is lost between the two. release must be called once nothing is to be stopped any more.
func untilStopped() (ctx context.Context, release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		cancel()
		if again, ok := <-signals; ok {
			dieOf(again.(syscall.Signal))
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// dieOf ends the process by a signal, or with the status that a shell gives one that a signal ended where it is the first process of a
// container: the kernel spares that one, and Go's runtime would end it with a status of its own.
func dieOf(s syscall.Signal) {
	if os.Getpid() == 1 {
		os.Exit(128 + int(s))
	}
	signal.Reset(s)
	// It can only fail for a process that is no longer there.
	_ = syscall.Kill(os.Getpid(), s)
}
