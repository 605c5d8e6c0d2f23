package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// example is a command with the JSON that the README says it answers.
var example = regexp.MustCompile("(?s)```console\n\\$ (curl [^\n]*)\n```\n\n```json\n(.*?)\n```")

// elided stands in the README for what is left out.
const elided = "…"

// TestREADMEExamples runs every curl of the README and of docs/api-v1.md that comes with an answer, and compares the answers. Numbers may differ
// by 2 %, for processors compute differently.
func TestREADMEExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server of its own: not in short runs")
	}
	root := catalogtest.Root(t)
	var examples [][]string
	for _, page := range []string{"README.md", "docs/api-v1.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		found := example.FindAllStringSubmatch(string(text), -1)
		if len(found) < 2 {
			t.Fatalf("%d examples found in %s, wanted are 2 or more", len(found), page)
		}
		examples = append(examples, found...)
	}
	server := startServer(t, programtest.Build(t))
	for _, e := range examples {
		curl := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(e[1], "http://localhost:8888", server.url)+" -sS")
		curl.Dir = root
		answer, err := curl.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", e[1], err, answer)
		}
		var want, got any
		if err := json.Unmarshal([]byte(e[2]), &want); err != nil {
			t.Fatalf("the answer to %s in the README: %v", e[1], err)
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%s: %v: %s", e[1], err, answer)
		}
		for _, d := range differences("", want, got) {
			t.Errorf("%s: %s", e[1], d)
		}
	}
}

// differences says where got isn't what the README says.
func differences(at string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		return objectDifferences(at, want, got)
	case []any:
		list, ok := got.([]any)
		left := len(want)
		if left > 0 && want[left-1] == elided {
			left--
		} else if ok && len(list) != left {
			return []string{fmt.Sprintf("%s has %d elements, the README says %d", at, len(list), left)}
		}
		var all []string
		for i := range want[:left] {
			if !ok || i >= len(list) {
				return append(all, at+" is shorter than the README says")
			}
			all = append(all, differences(fmt.Sprintf("%s[%d]", at, i), want[i], list[i])...)
		}
		return all
	case float64:
		if number, ok := got.(float64); ok && math.Abs(number-want) <= 0.02*math.Max(1, math.Abs(want)) {
			return nil
		}
	default:
		if want == elided || want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %v, the README says %v", at, got, want)}
}

func objectDifferences(at string, want map[string]any, got any) []string {
	object, ok := got.(map[string]any)
	if !ok || len(object) != len(want) {
		return []string{fmt.Sprintf("%s has other keys than the README says: %v", at, got)}
	}
	var all []string
	for key, value := range want {
		all = append(all, differences(at+"."+key, value, object[key])...)
	}
	return all
}
