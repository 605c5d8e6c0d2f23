package upload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// keysOf is a JSON object of so many keys.
func keysOf(count int) string {
	var body strings.Builder
	for i := range count {
		fmt.Fprintf(&body, `,"k%d":0`, i)
	}
	return "{" + body.String()[1:] + "}"
}

func TestOtherKeysTakeNoMemory(t *testing.T) {
	const picture = `"base64":"AAAA"`
	for name, c := range map[string]struct {
		body string
		says string
	}{
		"keys":          {keysOf(50_000), "more than 64 keys"},
		"the same key":  {"{" + strings.Repeat(picture+",", 50_000) + picture + "}", "more than 64 keys"},
		"numbers":       {`{"other":[0` + strings.Repeat(",0", 100_000) + `],` + picture + `}`, ""},
		"keys below":    {`{"other":` + keysOf(50_000) + `,` + picture + `}`, ""},
		"a long key":    {`{"` + strings.Repeat("k", 500_000) + `":0,` + picture + `}`, ""},
		"escapes":       {`{"` + strings.Repeat(`\"`, 200_000) + `":0,` + picture + `}`, ""},
		"the most keys": {`{` + picture + `,` + keysOf(63)[1:], ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Reader{Bytes: 1 << 20, Memory: NewMemory(16 << 20)}
			allocated := testing.AllocsPerRun(1, func() {
				picture, err := r.Base64(jsonRequest(c.body), "base64")
				if c.says != "" {
					wantFault(t, err, 400, c.says)
					wantCode(t, err, CodeBadJSON)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				picture.Release()
			})
			if allocated > 500 {
				t.Errorf("%.0f allocations for %d bytes", allocated, len(c.body))
			}
			wantReleased(t, r.Memory)
		})
	}
}

func TestUnknownKeys(t *testing.T) {
	long := strings.Repeat("k", 5000)
	for body, says := range map[string]string{
		`{"base64":"AAAA","thresold":1}`:     `unknown key "thresold"`,
		`{"thres\u006fld":1}`:                `unknown key "thresold"`,
		`{"` + long + `":1,"base64":"AAAA"}`: `unknown key "kkkk`,
		keysOf(100):                          `unknown key "k0"`,
	} {
		_, err := newReader().OnlyBase64(jsonRequest(body), "base64")
		wantFault(t, err, 400, says, `"base64"`)
		wantCode(t, err, CodeUnknownKey)
	}
}

// Which of two pictures was meant cannot be told. The reference system takes the last.
func TestTheSameKeyTwice(t *testing.T) {
	for _, body := range []string{`{"base64":"AAAA","base64":"AQID"}`, `{"base64":"AAAA","b\u0061se64":"AQID"}`, `{"base64":null,"base64":"AQID"}`} {
		_, err := newReader().OnlyBase64(jsonRequest(body), "base64")
		wantFault(t, err, 400, "several times", `"base64"`)
		wantCode(t, err, CodeBadRequest)
		p, err := newReader().Base64(jsonRequest(body), "base64")
		if err != nil || !bytes.Equal(p.Bytes, []byte{1, 2, 3}) {
			t.Errorf("%s: %v, %v", body, p, err)
		}
	}
}

func TestAByteOrderMarkIsPassedOver(t *testing.T) {
	const mark = "\uFEFF"
	p, err := newReader().Base64(jsonRequest(mark+`{"base64":"AQID"}`), "base64")
	if err != nil || !bytes.Equal(p.Bytes, []byte{1, 2, 3}) {
		t.Errorf("%v, %v", p, err)
	}
	if text, err := Text(jsonRequest(mark+` {"license":"x"}`), "license", 100, NewMemory(1000)); err != nil || text != "x" {
		t.Errorf("%q, %v", text, err)
	}
	for _, body := range []string{mark, mark + mark + `{"base64":"AQID"}`, `{` + mark + `"base64":"AQID"}`} {
		_, err := newReader().Base64(jsonRequest(body), "base64")
		wantFault(t, err, 400, "not JSON")
	}
}

func TestMembers(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                             ``,
		"{ \t\r\n}":                      ``,
		`{"a":1}`:                        `"a"=1;`,
		"{ \"a\" :\n1 , \"b\"\t: null }": `"a"=1;"b"=null;`,
		`{"a":"x,}\\","b":"\"}"}`:        `"a"="x,}\\";"b"="\"}";`,
		`{"a":{"b":[1,"]}"]},"c":[[],{}],"d":-1.5e3}`: `"a"={"b":[1,"]}"]};"c"=[[],{}];"d"=-1.5e3;`,
		`{"a":1,"a":2,"":3}`:                          `"a"=1;"a"=2;""=3;`,
		`{"a\"b":true}`:                               `"a\"b"=true;`,
	} {
		got := ""
		for key, value := range members([]byte(text)) {
			got += fmt.Sprintf("%s=%s;", key, value)
		}
		if got != want {
			t.Errorf("%s: got %s, wanted is %s", text, got, want)
		}
	}
}

// FuzzMembers compares with what the standard library reads.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1,"b\u0041":[{"c":"]"}]}`, ` { "a" : "\\" , "a" : {} } `, `{"\\\"":"\"\\"}`, `{"é\ud800":1}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := map[string]json.RawMessage{}
		if json.Unmarshal(text, &want) != nil || bytes.TrimLeft(text, jsonSpace)[0] != '{' || len(text) > longestKey {
			return
		}
		got := map[string]string{}
		for key, value := range members(bytes.TrimLeft(text, jsonSpace)) {
			got[keyOf(key)] = string(value)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d keys, wanted are %d", text, len(got), len(want))
		}
		for key, value := range want {
			if got[key] != string(value) {
				t.Errorf("%s: key %q is %s, wanted is %s", text, key, got[key], value)
			}
		}
	})
}
