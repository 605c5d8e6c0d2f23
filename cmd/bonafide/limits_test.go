package main

import (
	"strings"
	"testing"
)

// TestConfigCheckNamesTheLimit: the exit code is 2, and the message names the setting and what is allowed.
func TestConfigCheckNamesTheLimit(t *testing.T) {
	for flags, says := range map[string]string{
		"--max-bytes=-1":                  "max-bytes is -1, allowed is 1 to 1099511627776",
		"--max-bytes=0":                   "max-bytes is 0, allowed is 1 to 1099511627776",
		"--max-bytes=9223372036854775807": "max-bytes is 9223372036854775807, allowed is 1 to 1099511627776",
		"--max-pixels=-1":                 "max-pixels is -1, allowed is 1 to 1099511627776",
		"--max-pixels=0":                  "max-pixels is 0,",
		"--max-side=0":                    "max-side is 0, allowed is 1 and more",
		"--max-faces=99":                  "max-faces is 99, allowed is 2 to 10",
		"--max-faces=0":                   "max-faces is 0, allowed is 2 to 10",
		"--workers=-1":                    "workers is -1, allowed is 0 and more",
		"--queue=0":                       "queue is 0, allowed is 1 and more",
		"--queue=-1":                      "queue is -1, allowed is 1 and more",
		"--connections=0":                 "connections is 0, allowed is 1 and more",
		"--deadline=-1s":                  "deadline is -1s, allowed is more than 0",
		"--deadline=0s":                   "deadline is 0s, allowed is more than 0",
		"--body-time=0s":                  "body-time is 0s, allowed is more than 0",
		"--drain=0s":                      "drain is 0s, allowed is more than 0",
		"--drain-delay=-1s":               "drain-delay is -1s, allowed is 0s and more",
		"--upload-memory=-1":              "upload-memory is -1, allowed is 54525952 and more",
		"--upload-memory=0":               "upload-memory is 0, allowed is 54525952 and more",
		"--upload-memory=1000":            "upload-memory is 1000, allowed is 54525952 and more",
		"--upload-memory=99000000 --max-bytes=90000000": "upload-memory is 99000000, allowed is 227097152 and more: what one picture of max-bytes (90000000) may need",
	} {
		t.Run(flags, func(t *testing.T) {
			var out, wrong strings.Builder
			if code := run(append([]string{"config", "check"}, strings.Fields(flags)...), nil, &out, &wrong); code != exitFailed {
				t.Errorf("exit %d: %s", code, out.String())
			}
			if !strings.Contains(wrong.String(), says) {
				t.Errorf("it says %q, wanted is %q", wrong.String(), says)
			}
		})
	}
}

// What analyses without a server takes no other limits: a 0 is none of the defaults.
func TestEveryAnalysisNamesTheLimit(t *testing.T) {
	for flag, says := range map[string]string{
		"--max-bytes=0":  "max-bytes is 0, allowed is 1 to 1099511627776",
		"--max-pixels=0": "max-pixels is 0, allowed is 1 to 1099511627776",
		"--max-side=0":   "max-side is 0, allowed is 1 and more",
		"--max-faces=0":  "max-faces is 0, allowed is 2 to 10",
	} {
		for _, command := range []string{"check", "evaluate", "bench"} {
			t.Run(command+" "+flag, func(t *testing.T) {
				var out, wrong strings.Builder
				if code := run([]string{command, "nowhere", flag}, nil, &out, &wrong); code != exitFailed || !strings.Contains(wrong.String(), says) {
					t.Errorf("exit %d: %s, wanted is %q", code, wrong.String(), says)
				}
			})
		}
	}
}

func TestConfigCheckTakesTheLeast(t *testing.T) {
	flags := "--max-bytes=1 --max-pixels=1 --max-side=1 --max-faces=2 --workers=0 --queue=1 --connections=1 --deadline=1ns " +
		"--body-time=1ns --drain=1ns --drain-delay=0s --upload-memory=2097152"
	var out, wrong strings.Builder
	if code := run(append([]string{"config", "check"}, strings.Fields(flags)...), nil, &out, &wrong); code != exitOK {
		t.Errorf("exit %d: %s", code, wrong.String())
	}
}
