package license_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"aidanwoods.dev/go-paseto"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bonafide-pad/bonafide/license"
)

const (
	vectorKey   = "k4.public.A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
	vectorToken = "v4.public.eyJleHAiOiIyMDI3LTAxLTAxVDAwOjAwOjAwWiIsImZlYXR1cmVzIjpbImtpb3NrIl0sImdyYWNlX2RheXMiOjE0LCJpYXQiOiIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsImp0aSI6InZlY3RvciIsImxpbWl0cyI6eyJmYWNlc19wZXJfcGljdHVyZSI6MSwicmVxdWVzdHNfcGVyX2RheSI6MTAwMDB9LCJtYWNoaW5lcyI6WyJHS0dSLVQ3RzUtTlZWSC1DRTFEIl0sInN1YiI6IkV4YW1wbGUgTHRkIiwidmVyIjoxfWbkdbwVPq__hoSv3QxkXiGlSLfItWlFuMJTrFWxOZccAv8jFdZW5KBTyY-nuoHbOTkHI2oMN1bvlsfSwkZTIQw"
)

// vectorSecret is the private key of the test vector, its seed 00, 01, … 1f.
func vectorSecret(t testing.TB) (paseto.V4AsymmetricSecretKey, license.PublicKey) {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i)
	}
	secret, err := paseto.NewV4AsymmetricSecretKeyFromEd25519(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	public, err := license.NewPublicKey(secret.Public().ExportBytes())
	if err != nil {
		t.Fatal(err)
	}
	return secret, public
}

// signed makes a token of claims that need not keep to the format.
func signed(t testing.TB, secret paseto.V4AsymmetricSecretKey, claims map[string]any) string {
	t.Helper()
	token, err := paseto.MakeToken(claims, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token.V4Sign(secret, nil)
}

// cut takes the last byte off what a token carries.
func cut(t *testing.T, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "v4.public."))
	if err != nil {
		t.Fatal(err)
	}
	return "v4.public." + base64.RawURLEncoding.EncodeToString(raw[:len(raw)-1])
}

func sampleClaims() map[string]any {
	return map[string]any{
		"ver": 1, "jti": "vector", "sub": "Example Ltd", "machines": []string{here},
		"iat": "2026-01-01T00:00:00Z", "exp": "2027-01-01T00:00:00Z", "grace_days": 14, "features": []string{"kiosk"},
		"limits": map[string]any{"requests_per_day": 10000, "faces_per_picture": 1},
	}
}

func with(claims map[string]any, name string, value any) map[string]any {
	claims = maps.Clone(claims)
	claims[name] = value
	return claims
}

func TestVector(t *testing.T) {
	secret, public := vectorSecret(t)
	if public.String() != vectorKey {
		t.Errorf("public key %s, want %s", public, vectorKey)
	}
	claims, err := license.MarshalClaims(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	token, err := paseto.NewTokenFromClaimsJSON(claims, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := token.V4Sign(secret, nil); got != vectorToken {
		t.Errorf("token\n%s, want\n%s", got, vectorToken)
	}
}

func TestVerifyReadsEveryClaim(t *testing.T) {
	secret, public := vectorSecret(t)
	want := sample(t)
	want.NotBefore = date(t, "2026-02-01T00:00:00Z")
	claims := with(sampleClaims(), "nbf", "2026-02-01T01:00:00+01:00")
	for name, c := range map[string]map[string]any{
		"as specified":         claims,
		"unknown claim":        with(claims, "colour", "green"),
		"unknown inside limit": with(claims, "limits", map[string]any{"requests_per_day": 10000, "faces_per_picture": 1, "moons": 2}),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := license.Verify("\n "+signed(t, secret, c)+"\r\n", public)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	secret, public := vectorSecret(t)
	good := signed(t, secret, sampleClaims())
	withoutVersion := sampleClaims()
	delete(withoutVersion, "ver")
	footed, err := paseto.MakeToken(sampleClaims(), []byte("footer"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, token string
		want        error
	}{
		{"empty", "", license.ErrMalformed},
		{"text", "a licence", license.ErrMalformed},
		{"header alone", "v4.public.", license.ErrMalformed},
		{"signature alone", "v4.public." + strings.Repeat("A", 86), license.ErrMalformed},
		{"binary", "v4.public.\x00\xff", license.ErrMalformed},
		{"huge", "v4.public." + strings.Repeat("A", license.MaxTokenLen), license.ErrMalformed},
		{"another purpose", "v4.local." + good[len("v4.public."):], license.ErrMalformed},
		{"another version of PASETO", "v2.public." + good[len("v4.public."):], license.ErrMalformed},
		{"line break inside", good[:40] + "\n" + good[40:], license.ErrMalformed},
		{"empty footer", good + ".", license.ErrMalformed},
		{"footer", footed.V4Sign(secret, nil), license.ErrMalformed},
		{"cut to whole bytes", cut(t, good), license.ErrSignature},
		{"cut within a byte", good[:len(good)-2], license.ErrMalformed},
		{"another issuer", signed(t, paseto.NewV4AsymmetricSecretKey(), sampleClaims()), license.ErrSignature},
		{"another format version", signed(t, secret, with(sampleClaims(), "ver", 2)), license.ErrVersion},
		{"no format version", signed(t, secret, withoutVersion), license.ErrVersion},
		{"newer version with other types", signed(t, secret, map[string]any{"ver": 2, "machines": 7}), license.ErrVersion},
		{"version as text", signed(t, secret, with(sampleClaims(), "ver", "1")), license.ErrMalformed},
		{"machines as text", signed(t, secret, with(sampleClaims(), "machines", here)), license.ErrMalformed},
		{"expiry as number", signed(t, secret, with(sampleClaims(), "exp", 1798761600)), license.ErrMalformed},
		{"no machines", signed(t, secret, with(sampleClaims(), "machines", nil)), license.ErrMalformed},
		{"negative limit", signed(t, secret, with(sampleClaims(), "limits", map[string]any{"requests_per_day": -1})), license.ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if l, err := license.Verify(tc.token, public); !errors.Is(err, tc.want) {
				t.Errorf("Verify = %+v, %v, want %v", l, err, tc.want)
			}
		})
	}
}

func TestVerifyTriesEveryIssuer(t *testing.T) {
	secret, public := vectorSecret(t)
	stranger := license.PublicKey{}
	token := signed(t, secret, sampleClaims())
	if _, err := license.Verify(token, stranger, public); err != nil {
		t.Errorf("with the issuer second: %v", err)
	}
	if _, err := license.Verify(token, stranger); !errors.Is(err, license.ErrSignature) {
		t.Errorf("with the zero key: %v, want %v", err, license.ErrSignature)
	}
	if _, err := license.Verify(token); !errors.Is(err, license.ErrSignature) {
		t.Errorf("with no issuer: %v, want %v", err, license.ErrSignature)
	}
}

func TestParseUnverifiedAsksNobody(t *testing.T) {
	token := signed(t, paseto.NewV4AsymmetricSecretKey(), sampleClaims())
	got, err := license.ParseUnverified(token + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(t), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// drawLicense makes any licence that keeps to the format.
func drawLicense(t *rapid.T) license.License {
	printed := rapid.Rune().Filter(func(r rune) bool { return !unicode.IsControl(r) })
	word := rapid.StringOfN(printed, 1, 12, -1)
	issued := time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "issued"), 0).UTC()
	l := license.License{
		ID:        word.Draw(t, "id"),
		Customer:  word.Draw(t, "customer"),
		Machines:  rapid.SliceOfN(rapid.StringMatching(`[0-9A-Z]{4}`), 1, 4).Draw(t, "machines"),
		Issued:    issued,
		GraceDays: rapid.IntRange(0, license.MaxGraceDays).Draw(t, "grace"),
		Features:  rapid.SliceOfN(word, 0, 3).Draw(t, "features"),
		Limits:    license.Limits{RequestsPerDay: rapid.IntRange(0, 1e9).Draw(t, "requests"), FacesPerPicture: rapid.IntRange(0, 10).Draw(t, "faces")},
	}
	if rapid.Bool().Draw(t, "expires") {
		l.Expires = issued.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "term")) * time.Second)
	}
	return l
}

func TestNoFlippedByteVerifies(t *testing.T) {
	secret, public := vectorSecret(t)
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLicense(rt)
		claims, err := license.MarshalClaims(l)
		if err != nil {
			rt.Fatal(err)
		}
		token, err := paseto.NewTokenFromClaimsJSON(claims, nil)
		if err != nil {
			rt.Fatal(err)
		}
		good := token.V4Sign(secret, nil)
		if _, err := license.Verify(good, public); err != nil {
			rt.Fatalf("before the flip: %v", err)
		}
		at := rapid.IntRange(0, len(good)-1).Draw(rt, "at")
		spoilt := []byte(good)
		spoilt[at] ^= rapid.ByteRange(1, 255).Draw(rt, "flip")
		if got, err := license.Verify(string(spoilt), public); err == nil {
			rt.Fatalf("byte %d of %d changed from %q to %q and it verifies as %+v", at, len(good), good[at], spoilt[at], got)
		}
	})
}

// The last character of a payload holds bits that decoding may pass over: all
// 255 changes of it must be refused as well.
func TestNoChangeOfTheLastCharacterVerifies(t *testing.T) {
	secret, public := vectorSecret(t)
	for _, customer := range []string{"a", "ab", "abc"} { // one for each number of spare bits
		good := signed(t, secret, with(sampleClaims(), "sub", customer))
		for flip := 1; flip <= 255; flip++ {
			spoilt := []byte(good)
			spoilt[len(spoilt)-1] ^= byte(flip)
			if strings.TrimSpace(string(spoilt)) == good {
				t.Fatal("the flip changed nothing")
			}
			if _, err := license.Verify(string(spoilt), public); err == nil {
				t.Errorf("customer %q: %q in place of the last %q verifies", customer, spoilt[len(spoilt)-1], good[len(good)-1])
			}
		}
	}
}

func TestLicenseSurvivesSigning(t *testing.T) {
	secret, public := vectorSecret(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := drawLicense(rt)
		claims, err := license.MarshalClaims(want)
		if err != nil {
			rt.Fatal(err)
		}
		token, err := paseto.NewTokenFromClaimsJSON(claims, nil)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := license.Verify(token.V4Sign(secret, nil), public)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestParsePublicKeys(t *testing.T) {
	_, public := vectorSecret(t)
	const private = "k4.secret.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe_86Qvut4ajfra2rlHjR8xXpgLpBhy6f-wkuxVuA"
	for _, tc := range []struct {
		name, text string
		want       int
		wantErr    string
	}{
		{"one", vectorKey, 1, ""},
		{"file", "# issuer of Example Ltd\n" + vectorKey + "\r\n", 1, ""},
		{"two", vectorKey + "\n" + vectorKey + "\n", 2, ""},
		{"empty", "\n# nothing\n", 0, "no issuer key found"},
		{"private key", private, 0, "does not start with k4.public."},
		{"short", "k4.public.AAAA", 0, "issuer key"},
		{"not base64", "k4.public.!", 0, "issuer key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys, err := license.ParsePublicKeys(tc.text)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("error %v, want one with %q", err, tc.wantErr)
				}
				if strings.Contains(err.Error(), private[10:]) {
					t.Error("the error repeats a private key")
				}
				return
			}
			if err != nil || len(keys) != tc.want {
				t.Fatalf("%d keys, %v, want %d", len(keys), err, tc.want)
			}
			for _, k := range keys {
				if k.String() != public.String() {
					t.Errorf("key %s, want %s", k, public)
				}
			}
		})
	}
	if !license.IsPublicKey(" "+vectorKey) || license.IsPublicKey("issuer.pub") {
		t.Error("IsPublicKey does not tell keys from file names")
	}
}

// FuzzParse feeds the parser whatever there is; what it accepts must keep to the
// format and come back the same when written again.
func FuzzParse(f *testing.F) {
	f.Add(vectorToken)
	f.Add("v4.public." + base64.RawURLEncoding.EncodeToString([]byte(`{"ver":1}`+strings.Repeat("s", 64))))
	f.Add("v4.public.")
	f.Fuzz(func(t *testing.T, token string) {
		_, public := vectorSecret(t)
		if _, err := license.Verify(token, public); err == nil && strings.TrimSpace(token) != vectorToken {
			t.Fatalf("forged: %q", token)
		}
		l, err := license.ParseUnverified(token)
		if err != nil {
			return
		}
		checkRoundTrip(t, l)
	})
}

// FuzzClaims gets further into the parser: it wraps the input as claims.
func FuzzClaims(f *testing.F) {
	sample, err := json.Marshal(sampleClaims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Add([]byte(`{"ver":1,"limits":null,"machines":[null]}`))
	f.Add([]byte(`{"ver":1e0,"exp":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, claims []byte) {
		message := slices.Concat(claims, make([]byte, 64))
		l, err := license.ParseUnverified("v4.public." + base64.RawURLEncoding.EncodeToString(message))
		if err != nil {
			return
		}
		checkRoundTrip(t, l)
	})
}

func checkRoundTrip(t *testing.T, l license.License) {
	t.Helper()
	claims, err := license.MarshalClaims(l)
	if err != nil {
		t.Fatalf("parsed %+v, which cannot be written: %v", l, err)
	}
	message := slices.Concat(claims, make([]byte, 64))
	again, err := license.ParseUnverified("v4.public." + base64.RawURLEncoding.EncodeToString(message))
	if err != nil {
		t.Fatalf("parsed %+v, which cannot be read again: %v", l, err)
	}
	if diff := cmp.Diff(l, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("written and read again (-before +after):\n%s", diff)
	}
}
