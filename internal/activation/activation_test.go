package activation_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/machine"
	"github.com/bonafide-pad/bonafide/license"
)

func TestOpenModeNeedsNothing(t *testing.T) {
	k, err := activation.Open(activation.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := k.State()
	if s.Enforced || !s.Active() || !strings.Contains(s.Reason, "nothing needs activating") || s.Faces(7) != 7 {
		t.Errorf("state %+v", s)
	}
	admission, err := k.Admit()
	admission.Return() // counts nothing, and takes nothing off
	if err := errors.Join(k.Permit(), err, k.Activate("whatever")); err != nil {
		t.Error(err)
	}
	if got := s.InitStatus(nil); got != activation.Success {
		t.Errorf("InitStatus = %d", got)
	}
}

func TestEnforcedModeNeedsSettings(t *testing.T) {
	for name, spoil := range map[string]func(*activation.Config){
		"DataDir": func(c *activation.Config) { c.DataDir = "" },
		"Machine": func(c *activation.Config) { c.Machine = "" },
	} {
		cfg := newSite(t).config()
		spoil(&cfg)
		if _, err := activation.Open(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: error %v, want one that names it", name, err)
		}
	}
}

// Every status, both for a licence that is posted and for one found at the start.
func TestStatuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		token  func(*site) string
		at     time.Duration // since the licence was issued
		want   activation.Status
		reason string
	}{
		{"good", func(b *site) string { return b.token(nil) }, 0, activation.Success, ""},
		{"any machine", func(b *site) string { return b.token(func(l *license.License) { l.Machines = []string{"*"} }) }, 0, activation.Success, ""},
		{"one of several", func(b *site) string {
			return b.token(func(l *license.License) { l.Machines = []string{elsewhere, here} })
		}, 0, activation.Success, ""},
		{"in grace", func(b *site) string { return b.token(nil) }, 370 * license.Day, activation.Success, ""},
		{"empty", func(*site) string { return "" }, 0, activation.KeyError, "unreadable licence"},
		{"text", func(*site) string { return "hello" }, 0, activation.KeyError, "unreadable licence"},
		{"binary", func(*site) string { return "v4.public.\x00\x01\xff" }, 0, activation.KeyError, "unreadable licence"},
		{"huge", func(*site) string { return strings.Repeat("A", 1<<20) }, 0, activation.KeyError, "longer than"},
		{"truncated", func(b *site) string { return b.token(nil)[:200] }, 0, activation.KeyError, "unreadable licence"},
		{"another issuer", func(b *site) string { return newSite(b.t).token(nil) }, 0, activation.KeyError, "signature"},
		{"another machine", func(b *site) string { return b.token(func(l *license.License) { l.Machines = []string{elsewhere} }) }, 0, activation.OtherMachine, "another machine"},
		{"expired", func(b *site) string { return b.token(nil) }, 380 * license.Day, activation.Expired, "expired"},
		{"not yet valid", func(b *site) string {
			return b.token(func(l *license.License) { l.NotBefore = issued.Add(time.Hour) })
		}, 0, activation.NotActivated, "not valid yet"},
		{"before its issue", func(b *site) string { return b.token(nil) }, -25 * time.Hour, activation.NotActivated, "clock was set back"},
		{"a little before its issue", func(b *site) string { return b.token(nil) }, -23 * time.Hour, activation.Success, ""},
	} {
		t.Run("posted/"+tc.name, func(t *testing.T) {
			b := newSite(t)
			b.now = issued.Add(tc.at)
			k := b.open()
			b.wantStatus(k, activation.NotActivated)
			err := k.Activate(tc.token(b))
			if got := activation.StatusOf(err); got != tc.want {
				t.Fatalf("Activate: %v with status %d, want %d", err, got, tc.want)
			}
			if tc.want == activation.Success {
				b.wantStatus(k, activation.Success)
				return
			}
			if !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("error %q, want one with %q", err, tc.reason)
			}
			b.wantLog("licence refused")
			b.wantStatus(k, activation.NotActivated)
			if _, err := os.Stat(b.path("license.txt")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a refused licence was kept: %v", err)
			}
		})
		t.Run("found/"+tc.name, func(t *testing.T) {
			b := newSite(t)
			b.now = issued.Add(tc.at)
			b.drop(tc.token(b) + "\n")
			k := b.open()
			b.wantStatus(k, tc.want)
			if s := k.State(); !strings.Contains(s.Reason, tc.reason) {
				t.Errorf("reason %q, want one with %q", s.Reason, tc.reason)
			}
			b.wantLog(tc.reason)
		})
	}
}

func TestInitStatus(t *testing.T) {
	broken := errors.New("networks: no such file")
	b := newSite(t)
	k := b.open()
	if got := k.State().InitStatus(nil); got != activation.NotActivated {
		t.Errorf("not activated: %d", got)
	}
	b.mustActivate(k, b.token(nil))
	if got := k.State().InitStatus(nil); got != activation.Success {
		t.Errorf("activated: %d", got)
	}
	if got := k.State().InitStatus(broken); got != activation.InitFailed {
		t.Errorf("networks failed to load: %d", got)
	}
	b.now = issued.AddDate(2, 0, 0)
	if got := k.State().InitStatus(broken); got != activation.Expired {
		t.Errorf("expired: %d", got)
	}
}

func TestLicenseFileThatIsNoFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"directory":  func(path string) error { return os.Mkdir(path, 0o755) },
		"named pipe": func(path string) error { return syscall.Mkfifo(path, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newSite(t)
			if err := os.MkdirAll(b.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := make(b.path("license.txt")); err != nil {
				t.Fatal(err)
			}
			k := b.open()
			b.wantStatus(k, activation.KeyError)
			b.wantLog("is not a file")
			if name == "directory" {
				if got := activation.StatusOf(k.Activate(b.token(nil))); got != activation.InitFailed {
					t.Errorf("activating over a directory: status %d, want %d", got, activation.InitFailed)
				}
				b.wantStatus(k, activation.KeyError)
				b.wantLog("cannot be kept")
			}
		})
	}
}

func TestActivationOutlivesRestart(t *testing.T) {
	b := newSite(t)
	b.mustActivate(b.open(), "  "+b.token(nil)+"\r\n")
	b.wantStatus(b.open(), activation.Success)
}

func TestRefusedLicenseNeverReplacesAGoodOne(t *testing.T) {
	b := newSite(t)
	k := b.open()
	good := b.token(nil)
	b.mustActivate(k, good)
	for _, bad := range []string{
		"", good[:len(good)-1], newSite(t).token(nil),
		b.token(func(l *license.License) { l.Machines = []string{elsewhere} }),
		b.token(func(l *license.License) { l.NotBefore = issued.AddDate(0, 1, 0) }),
	} {
		if err := k.Activate(bad); err == nil {
			t.Errorf("%.30q was accepted", bad)
		}
		b.wantStatus(k, activation.Success)
		if kept, err := os.ReadFile(b.path("license.txt")); err != nil || string(kept) != good+"\n" {
			t.Errorf("license.txt holds %.30q, %v", kept, err)
		}
	}
}

func TestRenewalTakesEffectAtOnce(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(nil))
	b.now = issued.AddDate(2, 0, 0)
	b.wantStatus(k, activation.Expired)
	b.mustActivate(k, b.token(func(l *license.License) { l.Expires = issued.AddDate(3, 0, 0) }))
	b.wantStatus(k, activation.Success)
}

func TestExpiryNeedsNoRestart(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(nil))
	expires := issued.AddDate(1, 0, 0)
	for _, tc := range []struct {
		at          time.Time
		want        activation.Status
		grace       bool
		days, after int
	}{
		{expires.Add(-36 * time.Hour), activation.Success, false, 2, 14},
		{expires.Add(-time.Second), activation.Success, false, 1, 14},
		{expires, activation.Success, true, 0, 14},
		{expires.Add(14*license.Day - time.Second), activation.Success, true, 0, 1},
		{expires.Add(14 * license.Day), activation.Expired, false, 0, 0},
	} {
		b.now = tc.at
		b.wantStatus(k, tc.want)
		s := k.State()
		days, after, ok := s.DaysLeft(tc.at)
		if s.Grace != tc.grace || days != tc.days || after != tc.after || !ok {
			t.Errorf("at %s: grace %v, %d days left and %d of grace, want %v, %d, %d", tc.at, s.Grace, days, after, tc.grace, tc.days, tc.after)
		}
	}
	b.now = expires.AddDate(0, 3, 0)
	if s := k.State(); !s.Since.Equal(expires.Add(14 * license.Day)) {
		t.Errorf("refused since %s, want since the grace ended", s.Since)
	}
	b.wantLog("grace period")
	b.wantLog("pictures are refused")
}

func TestRefusalSaysSinceWhen(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.now = b.now.Add(time.Hour)
	var refusal *activation.RefusalError
	if _, err := k.Admit(); !errors.As(err, &refusal) || !refusal.Since.Equal(issued) || !strings.Contains(refusal.Reason, here) {
		t.Errorf("Admit: %#v, want a refusal since the start that names the machine code", err)
	}
}

func TestRequestsPerDay(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.RequestsPerDay = 3 }))
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() { _, results[i] = k.Admit() })
	}
	wg.Wait()
	admitted := 0
	var quota *activation.QuotaError
	for _, err := range results {
		if err == nil {
			admitted++
		} else if !errors.As(err, &quota) {
			t.Errorf("refused with %v, want a QuotaError", err)
		}
	}
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	if admitted != 3 || quota == nil || quota.Limit != 3 || !quota.Resets.Equal(midnight) {
		t.Errorf("%d admitted, quota %+v, want 3 until %s", admitted, quota, midnight)
	}
	if s := k.State(); s.RequestsToday != 3 || !s.Active() {
		t.Errorf("state %+v", s)
	}
	b.now = midnight.Add(-time.Second)
	if _, err := k.Admit(); err == nil {
		t.Error("a fourth picture in the last second of the day")
	}
	b.now = midnight
	if _, err := k.Admit(); err != nil {
		t.Errorf("first picture of the next day: %v", err)
	}
	b.now = midnight.Add(-time.Hour)
	if s := k.State(); s.RequestsToday != 1 {
		t.Errorf("%d pictures after the clock went back over midnight, want 1", s.RequestsToday)
	}
}

func TestOnePictureADayIsALimit(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.RequestsPerDay = 1 }))
	b.admit(k, 1)
	var quota *activation.QuotaError
	if _, err := k.Admit(); !errors.As(err, &quota) || quota.Limit != 1 || quota.Wait != 12*time.Hour {
		t.Errorf("the second picture of one: %v", err)
	}
}

// A picture that was returned makes room for another, on its own day only.
func TestReturnedPicturesAreNotCounted(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.RequestsPerDay = 2 }))
	returned := func() activation.Admission {
		t.Helper()
		admission, err := k.Admit()
		if err != nil {
			t.Fatal(err)
		}
		return admission
	}
	b.admit(k, 1)
	last := returned()
	b.runOnce(k) // it is on disk as well
	last.Return()
	b.wantCount(k, 1)
	b.runOnce(k)
	b.wantCount(k, 1)
	b.wantCount(b.open(), 1)
	last = returned()
	if _, err := k.Admit(); err == nil {
		t.Error("the third picture of two")
	}
	b.now = b.now.Add(license.Day)
	b.admit(k, 1)
	last.Return()
	b.wantCount(k, 1)
}

func TestFacesPerPicture(t *testing.T) {
	b := newSite(t)
	k := b.open()
	b.mustActivate(k, b.token(func(l *license.License) { l.Limits.FacesPerPicture = 2 }))
	for found, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 2} {
		if got := k.State().Faces(found); got != want {
			t.Errorf("Faces(%d) = %d, want %d", found, got, want)
		}
	}
	b.mustActivate(k, b.token(nil))
	if got := k.State().Faces(10); got != 10 {
		t.Errorf("without a limit: Faces(10) = %d", got)
	}
}

// A data directory taken to another machine brings a licence that does not hold
// there, whether the machine's code is from its id or from a seed in that
// directory.
func TestCopiedDataDirectoryIsRefused(t *testing.T) {
	for name, withID := range map[string]bool{"machine id": true, "seed": false} {
		t.Run(name, func(t *testing.T) {
			b := newSite(t)
			codeOf := func(host, dir string) string {
				src := machine.Source{DataDir: dir}
				if withID {
					src.IDFile = filepath.Join(t.TempDir(), "machine-id")
					if err := os.WriteFile(src.IDFile, []byte(strings.Repeat(host, 16)), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				code, err := src.Code()
				if err != nil {
					t.Fatal(err)
				}
				return code
			}
			cfg := b.config()
			cfg.Machine = codeOf("a1", b.dir)
			k, err := activation.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			b.mustActivate(k, b.token(func(l *license.License) { l.Machines = []string{cfg.Machine} }))
			if seed, err := os.ReadFile(b.path("machine.seed")); err == nil && strings.Contains(string(seed), "\nborn 0\n") {
				t.Skip("the file system of the temporary directory keeps no birth times")
			}

			time.Sleep(20 * time.Millisecond) // file times advance in ticks of up to 10 ms
			cfg.DataDir = filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(cfg.DataDir, os.DirFS(b.dir)); err != nil {
				t.Fatal(err)
			}
			cfg.Machine = codeOf("b2", cfg.DataDir)
			copied, err := activation.Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			b.wantStatus(copied, activation.OtherMachine)
			b.wantLog("another machine")
		})
	}
}
