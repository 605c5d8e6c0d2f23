package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestHelpSaysTheDefaults: kong shows a default in the placeholder's place, so that a flag with both must name it in words.
func TestHelpSaysTheDefaults(t *testing.T) {
	parser, err := newParser(&cli{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			flags++
			if f.HasDefault && f.PlaceHolder != "" && !strings.Contains(f.Help, "(default: "+f.Default+")") {
				t.Errorf("--%s does not say its default, %s: %q", f.Name, f.Default, f.Help)
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if flags < 50 {
		t.Errorf("only %d flags were found", flags)
	}
}
