package access

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func generate(t *testing.T, scopes []Scope, limits Limits) (Key, string) {
	t.Helper()
	k, text, err := Generate("test", scopes, limits, noon)
	if err != nil {
		t.Fatal(err)
	}
	return k, text
}

// wantRefusal checks the reason of err.
func wantRefusal(t *testing.T, err error, reason Reason) *RefusedError {
	t.Helper()
	var r *RefusedError
	if !errors.As(err, &r) || r.Reason != reason {
		t.Fatalf("error %v, wanted is reason %d", err, reason)
	}
	return r
}

func TestWithoutKeysEverybodyGoes(t *testing.T) {
	g := NewGuard(nil)
	if _, err := g.Admit("", Admin); err != nil || !g.Open() {
		t.Errorf("refused: %v, open is %v", err, g.Open())
	}
}

// TestWithoutAKeyThatHoldsNobodyGoes: who revokes the last key means to keep people out.
func TestWithoutAKeyThatHoldsNobodyGoes(t *testing.T) {
	key, text := generate(t, Scopes, Limits{})
	revoked := key
	revoked.Revoked = noon
	for name, c := range map[string]struct{ before, after []Key }{
		"revoked before the start": {[]Key{revoked}, []Key{revoked}},
		"revoked since":            {[]Key{key}, []Key{revoked}},
		"taken out of the file":    {[]Key{key}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGuard(c.before)
			g.Reload(c.after)
			if g.Open() || g.Holding() != 0 {
				t.Errorf("open is %v, %d keys hold", g.Open(), g.Holding())
			}
			for _, sent := range []string{"", text} {
				_, err := g.Admit(sent, Analyse)
				_ = wantRefusal(t, err, NoKey)
			}
			if _, err := g.Admit("", Public); err != nil {
				t.Errorf("a public route: %v", err)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	analyser, analyserText := generate(t, []Scope{Analyse}, Limits{})
	admin, adminText := generate(t, []Scope{Admin, Activate}, Limits{})
	revoked, revokedText := generate(t, Scopes, Limits{})
	revoked.Revoked = noon
	g := NewGuard([]Key{analyser, admin, revoked})
	for name, c := range map[string]struct {
		text   string
		scope  Scope
		id     string
		reason Reason
	}{
		"its scope":        {analyserText, Analyse, analyser.ID, 0},
		"another scope":    {analyserText, Activate, "", NoScope},
		"one of two":       {adminText, Activate, admin.ID, 0},
		"no key":           {"", Analyse, "", NoKey},
		"revoked":          {revokedText, Analyse, "", NoKey},
		"other secret":     {analyserText[:len(analyserText)-1] + "!", Analyse, "", NoKey},
		"id of another":    {strings.Replace(analyserText, analyser.ID, admin.ID, 1), Analyse, "", NoKey},
		"not a key":        {"hello", Analyse, "", NoKey},
		"hash for the key": {analyser.Hash, Analyse, "", NoKey},
		"longer":           {analyserText + "a", Analyse, "", NoKey},
		"its beginning":    {prefix, Analyse, "", NoKey},
		"cut short":        {analyserText[:len(prefix)+4], Analyse, "", NoKey},
		"the id alone":     {prefix + analyser.ID, Analyse, "", NoKey},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := g.Admit(c.text, c.scope)
			if c.id == "" {
				r := wantRefusal(t, err, c.reason)
				if c.text != "" && strings.Contains(r.Message, c.text) {
					t.Errorf("the message %q tells the key", r.Message)
				}
				return
			}
			if err != nil || id != c.id {
				t.Errorf("id %q, error %v", id, err)
			}
		})
	}
	if id, err := g.Admit("", Public); err != nil || id != "" {
		t.Errorf("a public route: id %q, error %v", id, err)
	}
}

func TestRate(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Rate: 2, Burst: 3})
	now := noon
	g := newGuard([]Key{k}, func() time.Time { return now })
	for range 3 {
		if _, err := g.Admit(text, Analyse); err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.Admit(text, Analyse)
	if r := wantRefusal(t, err, OverRate); r.RetryAfter != 500*time.Millisecond {
		t.Errorf("to come back after %v, wanted is half a second", r.RetryAfter)
	}
	now = now.Add(500 * time.Millisecond)
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Errorf("half a second later: %v", err)
	}
}

func TestDailyQuota(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Daily: 2})
	now := noon
	g := newGuard([]Key{k}, func() time.Time { return now })
	for range 2 {
		if _, err := g.Admit(text, Analyse); err != nil {
			t.Fatal(err)
		}
	}
	_, err := g.Admit(text, Analyse)
	if r := wantRefusal(t, err, OverQuota); r.RetryAfter != 12*time.Hour {
		t.Errorf("to come back after %v, wanted is midnight", r.RetryAfter)
	}
	g.Reload([]Key{k})
	_, err = g.Admit(text, Analyse)
	_ = wantRefusal(t, err, OverQuota)
	now = now.Add(12 * time.Hour)
	if _, err := g.Admit(text, Analyse); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestRequestsAtOnceAreCountedOnce(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{Daily: 50})
	g := NewGuard([]Key{k})
	var admitted sync.Map
	var done sync.WaitGroup
	for i := range 100 {
		done.Go(func() {
			if _, err := g.Admit(text, Analyse); err == nil {
				admitted.Store(i, true)
			}
		})
	}
	done.Wait()
	n := 0
	admitted.Range(func(any, any) bool { n++; return true })
	if n != 50 {
		t.Errorf("%d went, wanted are 50", n)
	}
}

func TestReloadTakesKeysInAndOut(t *testing.T) {
	first, firstText := generate(t, []Scope{Analyse}, Limits{})
	second, secondText := generate(t, []Scope{Analyse}, Limits{})
	g := NewGuard([]Key{first})
	g.Reload([]Key{second})
	if _, err := g.Admit(secondText, Analyse); err != nil {
		t.Error(err)
	}
	_, err := g.Admit(firstText, Analyse)
	_ = wantRefusal(t, err, NoKey)
}

func TestStore(t *testing.T) {
	s := Store{Path: filepath.Join(t.TempDir(), "new", FileName)}
	if keys, err := s.Load(); err != nil || len(keys) != 0 {
		t.Fatalf("before: %v, error %v", keys, err)
	}
	if _, err := s.Read(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), s.Path) {
		t.Errorf("before, where the file must be there: error %v", err)
	}
	k, text := generate(t, []Scope{Analyse, Activate}, Limits{Rate: 1.5, Burst: 2, Daily: 9})
	if err := s.Add(k); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(k); err == nil {
		t.Error("it took the same key twice")
	}
	raw, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	if secret := text[strings.LastIndexByte(text, '_')+1:]; strings.Contains(string(raw), secret) {
		t.Error("the file holds the secret")
	}
	if info, err := os.Stat(s.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	keys, err := s.Load()
	if err != nil || len(keys) != 1 {
		t.Fatalf("%v, error %v", keys, err)
	}
	if _, err := NewGuard(keys).Admit(text, Activate); err != nil {
		t.Errorf("the key that was kept: %v", err)
	}
	if err := s.Revoke(k.ID, noon); err != nil {
		t.Fatal(err)
	}
	if keys, err := s.Load(); err != nil || keys[0].Active() {
		t.Errorf("after it was revoked: %v, error %v", keys, err)
	}
	for _, id := range []string{k.ID, "nothing"} {
		if err := s.Revoke(id, noon); err == nil {
			t.Errorf("%s could be revoked", id)
		}
	}
}

func TestKeysAddedAtOnceAreAllKept(t *testing.T) {
	s := Store{Path: filepath.Join(t.TempDir(), FileName)}
	var done sync.WaitGroup
	for range 10 {
		k, _ := generate(t, []Scope{Analyse}, Limits{})
		done.Go(func() {
			if err := s.Add(k); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if keys, err := s.Load(); err != nil || len(keys) != 10 {
		t.Errorf("%d keys, error %v", len(keys), err)
	}
}

func TestAFileThatIsWrongIsRefused(t *testing.T) {
	k, _ := generate(t, []Scope{Analyse}, Limits{})
	with := func(change func(*Key)) []Key {
		other := k
		change(&other)
		return []Key{other}
	}
	for says, keys := range map[string][]Key{
		"two keys":     {k, k},
		"the id":       with(func(k *Key) { k.ID = "short" }),
		"the hash":     with(func(k *Key) { k.Hash = "" }),
		"the name":     with(func(k *Key) { k.Name = "" }),
		"no scope":     with(func(k *Key) { k.Scopes = nil }),
		`"everything"`: with(func(k *Key) { k.Scopes = []Scope{"everything"} }),
		"burst is 0":   with(func(k *Key) { k.Rate = 3 }),
		"rate is -1":   with(func(k *Key) { k.Rate = -1 }),
		"burst is -1":  with(func(k *Key) { k.Burst = -1 }),
		"daily is -1":  with(func(k *Key) { k.Daily = -1 }),
		"101 bytes":    with(func(k *Key) { k.Name = strings.Repeat("n", 101) }),
		"no SHA-256":   with(func(k *Key) { k.Hash = k.Hash[:62] }),
	} {
		s := Store{Path: filepath.Join(t.TempDir(), FileName)}
		raw, err := json.Marshal(content{keys})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.Path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, wanted is one that says %q", err, says)
		}
	}
}

// TestWhatDoesNoHarmIsRefusedInNewKeysAlone: a file that has it must not keep the server from starting, nor the key from being revoked.
func TestWhatDoesNoHarmIsRefusedInNewKeysAlone(t *testing.T) {
	for says, of := range map[string]Key{
		"control character":         {Name: "tab\tname\nline"},
		"burst is 3 without a rate": {Name: "shop", Limits: Limits{Burst: 3}},
		"rate is 1e+07":             {Name: "shop", Limits: Limits{Rate: 1e7, Burst: 3}},
	} {
		k, _, err := Generate(of.Name, []Scope{Analyse}, of.Limits, time.Now())
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, wanted is one that says %q", err, says)
		}
		s := Store{Path: filepath.Join(t.TempDir(), FileName)}
		if err := errors.Join(s.Add(k), s.Revoke(k.ID, time.Now())); err != nil {
			t.Errorf("%s, in a file: %v", says, err)
		}
	}
}

// TestAFileThatMayMeanSomethingElseIsRefused: what is misspelt would be no key, no quota or a key that still holds, and no key lets everybody in.
func TestAFileThatMayMeanSomethingElseIsRefused(t *testing.T) {
	k, text := generate(t, []Scope{Analyse}, Limits{})
	whole, err := json.Marshal(content{Keys: []Key{k}})
	if err != nil {
		t.Fatal(err)
	}
	store := Store{Path: filepath.Join(t.TempDir(), FileName)}
	write := func(text string) {
		if err := os.WriteFile(store.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{
		"{}", "null", "", "[]", `{"key":[]}`, `{"keys":null}`, string(whole) + "{}",
		strings.Replace(string(whole), `"name"`, `"dayly":5,"name"`, 1), strings.Replace(string(whole), `"name"`, `"revoked_at":"2026-01-01T00:00:00Z","name"`, 1),
	} {
		write(bad)
		if keys, err := store.Load(); err == nil {
			t.Errorf("%s holds %v", bad, keys)
		}
	}
	write(strings.Replace(string(whole), k.Hash, strings.ToUpper(k.Hash), 1))
	keys, err := store.Load()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewGuard(keys).Admit(text, Analyse); err != nil {
		t.Errorf("a hash in capitals: %v", err)
	}
}
