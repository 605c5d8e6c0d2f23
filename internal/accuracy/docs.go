package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// writeDocs replaces, in a Markdown file, the block of every section that was printed for a set of networks:
//
//	<!-- make accuracy: default liveness -->
//	…
//	<!-- end -->
//
// Blocks of other sets and sections stay as they are. It fails when the file has no block of the set.
func writeDocs(path, set string, printed map[string]string) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, replaced := string(file), 0
	for _, name := range slices.Sorted(maps.Keys(printed)) {
		with, ok, err := replaceBlock(text, set+" "+name, printed[name])
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if ok {
			text = with
			replaced++
		}
	}
	if replaced == 0 {
		return fmt.Errorf("%s has no block of set %q for any of the sections", path, set)
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// replaceBlock puts figures between the marks of a block; false when the text has no such block.
func replaceBlock(text, block, figures string) (string, bool, error) {
	begin, end := "<!-- make accuracy: "+block+" -->\n", "<!-- end -->"
	head, rest, ok := strings.Cut(text, begin)
	if !ok {
		return text, false, nil
	}
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		return "", false, fmt.Errorf("block %q has no end", block)
	}
	return head + begin + "```text\n" + strings.TrimSpace(figures) + "\n```\n" + end + tail, true, nil
}
