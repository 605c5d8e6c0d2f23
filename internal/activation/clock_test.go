package activation_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/programtest"
	"github.com/bonafide-pad/bonafide/license"
)

// runOnce lets Run do one round and closes: what a server does at least.
func (b *site) runOnce(k *activation.Keeper) {
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	k.Run(ctx)
	k.Close()
}

func TestClockSetBackIsNoticed(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(nil))
	b.now = issued.AddDate(0, 6, 0)
	b.runOnce(k)

	b.now = b.now.Add(-23 * time.Hour)
	b.wantStatus(k, activation.Success)
	b.now = b.now.Add(-2 * time.Hour)
	b.wantStatus(k, activation.NotActivated)
	b.wantLog("clock was set back")

	restarted := b.open()
	b.wantStatus(restarted, activation.NotActivated)
	if err := restarted.Activate(b.token(nil)); activation.StatusOf(err) != activation.NotActivated {
		t.Errorf("the same licence again: %v, want status %d", err, activation.NotActivated)
	}
	since := k.State().Since
	b.now = b.now.Add(-time.Hour)
	if got := k.State().Since; !got.Equal(since) {
		t.Errorf("refused since %s, and an hour later since %s", since, got)
	}

	b.now = issued.AddDate(0, 6, 1)
	b.wantStatus(k, activation.Success)
	b.wantStatus(restarted, activation.Success)
}

// The way out where a clock once ran ahead: a licence issued later.
func TestNewLicenseStartsTheMarkAnew(t *testing.T) {
	b := newSite(t)
	k := b.open()
	first := b.token(func(l *license.License) { l.Expires = time.Time{} })
	b.mustActivate(k, first)
	b.now = issued.AddDate(50, 0, 0)
	b.runOnce(k)
	b.now = issued.Add(license.Day)
	b.wantStatus(k, activation.NotActivated)

	b.mustActivate(k, b.token(func(l *license.License) { l.Issued = issued.Add(time.Hour) }))
	b.wantStatus(k, activation.Success)
	b.wantStatus(b.open(), activation.Success)

	b.now = issued.AddDate(0, 1, 0)
	b.runOnce(k)
	b.now = issued.Add(license.Day)
	if err := k.Activate(first); activation.StatusOf(err) != activation.NotActivated {
		t.Errorf("the earlier licence again: %v, want status %d: it must not start the mark anew", err, activation.NotActivated)
	}
}

// A licence that does not hold must not start the mark anew either.
func TestLicenseOfAnotherMachineLeavesTheMark(t *testing.T) {
	b := newSite(t)
	k := b.open()
	good := b.token(nil)
	b.mustActivate(k, good)
	b.now = issued.AddDate(0, 6, 0)
	b.runOnce(k)

	b.drop(b.token(func(l *license.License) { l.Issued, l.Machines = issued.Add(time.Hour), []string{elsewhere} }))
	b.runOnce(b.open())
	b.drop(good)
	b.now = issued.AddDate(0, 1, 0)
	b.wantStatus(b.open(), activation.NotActivated)
}

func TestSpoiltStateFileIsReplaced(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "truncated": `{"issued":"20`, "binary": "\x00\xff", "negative": `{"day":"2026-11-23","requests":-5}`, "huge": strings.Repeat("[", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			b := newSite(t)
			b.mustActivate(b.open(), b.token(nil))
			if err := os.WriteFile(b.path("license.state"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			k := b.open()
			b.wantStatus(k, activation.Success)
			b.wantLog("licence state cannot be read")
			b.runOnce(k)
			b.log = &programtest.Output{}
			b.wantStatus(b.open(), activation.Success)
			if strings.Contains(b.log.String(), "cannot be read") {
				t.Errorf("it was not replaced:\n%s", b.log)
			}
		})
	}
}

func TestDayCountOutlivesRestart(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.RequestsPerDay = 10 }))
	b.admit(k, 3)
	b.runOnce(k)
	other := b.open() // a second process on the same directory
	b.admit(other, 2)
	b.admit(k, 1)
	b.runOnce(other)
	b.runOnce(k)
	b.runOnce(k)
	restarted := b.open()
	b.wantCount(restarted, 6)
	b.admit(restarted, 4)
	if _, err := restarted.Admit(); err == nil {
		t.Error("the eleventh picture of ten")
	}
	b.now = b.now.Add(license.Day)
	b.wantCount(b.open(), 0)
}

// A save that fails, once or for long, neither takes pictures of the day away nor counts another process's twice.
func TestDayCountOutlivesFailedSaves(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.RequestsPerDay = 10 }))
	b.admit(k, 3)
	b.runOnce(k)
	other := b.open()
	b.admit(other, 1)
	b.runOnce(other)

	b.admit(k, 2)
	restore := b.breakSaves()
	for range 2 {
		b.runOnce(k)
		b.wantCount(k, 6)
	}
	b.wantLog("licence state cannot be kept")
	restore()
	b.runOnce(k)
	b.wantCount(k, 6)
	b.runOnce(other)
	b.wantCount(other, 6)
	b.wantCount(b.open(), 6)
	b.admit(k, 4)
	if _, err := k.Admit(); err == nil {
		t.Error("the eleventh picture of ten")
	}
}

// A license.state put back from a copy takes no pictures of the day away either.
func TestDayCountOutlivesAnOldStateFile(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(nil))
	b.admit(k, 1)
	b.runOnce(k)
	old, err := os.ReadFile(b.path("license.state"))
	if err != nil {
		t.Fatal(err)
	}
	b.admit(k, 4)
	b.runOnce(k)
	if err := os.WriteFile(b.path("license.state"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	b.runOnce(k)
	b.wantCount(k, 5)
	b.wantCount(b.open(), 5)
}

// A directory in the lock's place keeps everybody from writing, root as well.
func TestStateThatCannotBeWrittenIsToldOf(t *testing.T) {
	b := newSite(t)
	b.drop(b.token(nil))
	if err := os.Mkdir(b.path("license.lock"), 0o755); err != nil {
		t.Fatal(err)
	}
	k := b.open()
	b.wantStatus(k, activation.Success)
	b.runOnce(k)
	b.wantLog("licence state cannot be kept")
	if err := k.Activate(b.token(nil)); activation.StatusOf(err) != activation.InitFailed {
		t.Errorf("a licence that cannot be kept: %v, want status %d", err, activation.InitFailed)
	}
}

func TestRunTakesUpADroppedLicense(t *testing.T) {
	b := newSite(t)
	synctest.Test(t, func(t *testing.T) {
		cfg := b.config()
		start := time.Now()
		cfg.Now = func() time.Time { return issued.Add(time.Since(start)) }
		k, err := activation.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { k.Run(ctx); close(done) }()
		settle := func(d time.Duration) { time.Sleep(d); synctest.Wait() }

		settle(time.Minute)
		b.wantStatus(k, activation.NotActivated)
		b.drop("v4.public.not a licence")
		settle(5 * time.Second)
		b.wantStatus(k, activation.KeyError)
		good := b.token(nil)
		b.drop(good)
		settle(5 * time.Second)
		b.wantStatus(k, activation.Success)

		b.drop("spoilt")
		settle(5 * time.Second)
		b.wantStatus(k, activation.Success)
		b.wantLog("license.txt is refused; the licence in force stays")
		if err := os.Remove(b.path("license.txt")); err != nil {
			t.Fatal(err)
		}
		settle(5 * time.Second)
		b.wantStatus(k, activation.Success)
		b.wantLog("license.txt is gone")
		cancel()
		<-done
	})
}

func TestRunWarnsOnceADay(t *testing.T) {
	const fast = 1800 // a round of Run, 2 s, is an hour of the keeper's clock
	b := newSite(t)
	synctest.Test(t, func(t *testing.T) {
		cfg := b.config()
		start := time.Now()
		cfg.Now = func() time.Time { return issued.Add(time.Since(start) * fast) }
		b.drop(b.token(func(l *license.License) { l.Expires, l.GraceDays = issued.Add(33*license.Day), 2 }))
		k, err := activation.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { k.Run(ctx); close(done) }()
		time.Sleep((38*license.Day + time.Hour) / fast)
		cancel()
		<-done
	})
	for text, want := range map[string]int{
		"licence is in force":  1,  // at the start
		"expires soon":         30, // days 3 to 32
		"in its grace period":  2 + 1,
		"pictures are refused": 4 + 1, // when it came to be, and each day after
	} {
		if got := strings.Count(b.log.String(), text); got != want {
			t.Errorf("%q stands in the log %d times, want %d", text, got, want)
		}
	}
	if t.Failed() {
		t.Log(b.log)
	}
}
