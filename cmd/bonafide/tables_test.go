package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// inCode is a word set as code.
var inCode = regexp.MustCompile("`([^`]+)`")

// rowsOf are the cells of the table of a page of docs/ that begins with the header.
func rowsOf(t *testing.T, page, header string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), header+"\n")
	if !found {
		t.Fatalf("docs/%s has no table %q", page, header)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var rows [][]string
	for _, line := range strings.Split(table, "\n")[1:] {
		rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return rows
}

func codesIn(cell string) (codes []string) {
	for _, found := range inCode.FindAllStringSubmatch(cell, -1) {
		codes = append(codes, found[1])
	}
	return codes
}

// TestDocsNameEveryReason compares the table of reasons in docs/api-v1.md with the checks and what blocks by default.
func TestDocsNameEveryReason(t *testing.T) {
	blocks := map[string]string{}
	for _, row := range rowsOf(t, "api-v1.md", "| reason | what was found | blocks by default |") {
		codes, answers := codesIn(row[0]), strings.Split(row[2], "; ")
		for i, code := range codes {
			blocks[code] = answers[min(i, len(answers)-1)]
		}
	}
	for _, code := range bonafide.CheckCodes() {
		want := "no"
		if slices.Contains(bonafide.DefaultRequirements().Required, code) {
			want = "yes"
		}
		if blocks[string(code)] != want {
			t.Errorf("%s blocks by default: the page says %q, wanted is %q", code, blocks[string(code)], want)
		}
	}
	for _, code := range []bonafide.ReasonCode{
		bonafide.FaceNotFound, bonafide.TooManyFaces, bonafide.AttackSuspected, bonafide.FramesIdentical, bonafide.FaceChanged,
	} {
		if blocks[string(code)] == "" {
			t.Errorf("the page does not name %s", code)
		}
	}
}

// TestDocsNameEveryRequirement compares the table of a policy's keys in docs/operation.md with the default policy.
func TestDocsNameEveryRequirement(t *testing.T) {
	documented := map[string]string{}
	for _, row := range rowsOf(t, "operation.md", "| key | default | what it asks for |") {
		keys, values := codesIn(row[0]), []string{strings.ReplaceAll(row[1], "`", "")}
		if len(keys) > 1 {
			values = strings.Split(values[0], ", ")
		}
		if len(keys) != len(values) {
			t.Fatalf("%d keys and %d defaults: %q", len(keys), len(values), row)
		}
		for i, key := range keys {
			documented[key] = values[i]
		}
	}
	text, err := yaml.Marshal(bonafide.DefaultRequirements())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{}
	if err := yaml.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for key, value := range want {
		said := strings.ReplaceAll(documented[key], ", ", " ")
		if said != fmt.Sprint(value) {
			t.Errorf("%s: the page says %q, wanted is %v", key, said, value)
		}
		delete(documented, key)
	}
	if len(documented) > 0 {
		t.Errorf("the page has keys that no policy has: %v", documented)
	}
}
