package machinecode_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-pad/bonafide/license/machinecode"
)

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// The codes vendors have on file must stay what they are: these never change.
func TestNewIsStable(t *testing.T) {
	for _, tc := range []struct {
		digest []byte
		want   string
	}{
		{bytes.Repeat([]byte{0x00}, machinecode.DigestLen), "0000-0000-0000-0000"},
		{bytes.Repeat([]byte{0xff}, machinecode.DigestLen), "ZZZZ-ZZZZ-ZZZZ-ZZZN"},
		{[]byte{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}, "0123-4567-89AB-CDE4"},
	} {
		if got := machinecode.New(tc.digest); got != tc.want {
			t.Errorf("New(%x) = %s, want %s", tc.digest, got, tc.want)
		}
	}
}

func TestNewRefusesShortDigest(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("New took a digest with too few bits")
		}
	}()
	machinecode.New(make([]byte, machinecode.DigestLen-1))
}

func TestParseAcceptsWhatPeopleType(t *testing.T) {
	// 0123 4567 89AB CDE as data: it has zeros, ones and letters.
	code := machinecode.New([]byte{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf})
	for _, typed := range []string{
		code,
		strings.ToLower(code),
		strings.ReplaceAll(code, "-", ""),
		strings.ReplaceAll(code, "-", " "),
		"  " + code + "\r\n",
		strings.ReplaceAll(code, "0", "O"),
		strings.ReplaceAll(code, "1", "l"),
		strings.ReplaceAll(code, "1", "I"),
	} {
		if got, err := machinecode.Parse(typed); err != nil || got != code {
			t.Errorf("Parse(%q) = %q, %v, want %q", typed, got, err, code)
		}
	}
	const last = "FGEB-ZMD5-S6WX-9ZCT" // with the alphabet's last letter
	if got, err := machinecode.Parse(strings.ToLower(last)); err != nil || got != last {
		t.Errorf("Parse(%q) = %q, %v", strings.ToLower(last), got, err)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ name, typed, want string }{
		{"empty", "", "0 symbols, want 16"},
		{"short", "0000-0000-0000-000", "15 symbols, want 16"},
		{"long", "0000-0000-0000-0000-0", "more than 16 symbols"},
		{"letter U", "U000-0000-0000-0000", `'U' is never part of one`},
		{"not ASCII", "０000-0000-0000-0000", "is never part of one"},
		{"invalid UTF-8", "\xff000-0000-0000-0000", "is never part of one"},
		{"mistyped", "0000-0000-0000-0001", "something in it is mistyped"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := machinecode.Parse(tc.typed)
			if !errors.Is(err, machinecode.ErrMalformed) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse(%q): %v, want an ErrMalformed with %q", tc.typed, err, tc.want)
			}
		})
	}
}

func drawCode(t *rapid.T) string {
	return machinecode.New(rapid.SliceOfN(rapid.Byte(), machinecode.DigestLen, machinecode.DigestLen).Draw(t, "digest"))
}

func TestEveryCodeParsesToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := drawCode(t)
		if got, err := machinecode.Parse(code); err != nil || got != code {
			t.Fatalf("Parse(%q) = %q, %v", code, got, err)
		}
	})
}

func TestEveryWrongSymbolIsCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := drawCode(t)
		for i := range code {
			for _, other := range alphabet {
				if code[i] == '-' || code[i] == byte(other) {
					continue
				}
				typed := code[:i] + string(other) + code[i+1:]
				if got, err := machinecode.Parse(typed); err == nil {
					t.Fatalf("Parse(%q) = %q, though the code is %q", typed, got, code)
				}
			}
		}
	})
}

func TestEverySwapIsCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := strings.ReplaceAll(drawCode(t), "-", "")
		for i := range code {
			for j := range i {
				if code[i] == code[j] {
					continue
				}
				typed := []byte(code)
				typed[i], typed[j] = typed[j], typed[i]
				if got, err := machinecode.Parse(string(typed)); err == nil {
					t.Fatalf("Parse(%q) = %q, though the code is %q", typed, got, code)
				}
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("0000-0000-0000-0000")
	f.Add("oOlI 0000 0000\t0000")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := machinecode.Parse(typed)
		if err != nil {
			return
		}
		if again, err := machinecode.Parse(code); err != nil || again != code {
			t.Errorf("Parse(%q) = %q, which parses to %q, %v", typed, code, again, err)
		}
	})
}
