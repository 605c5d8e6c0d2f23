// Command accuracy measures an analyzer against the folders of evaluation pictures and prints the figures that the
// documentation quotes. A figure may carry a bar; a bar that is missed is marked, counted and makes the exit status 1.
//
// Each section is one file and one function. They share a [lab], which analyses each picture once.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
)

// section prints the figures of one subject.
type section struct {
	name string
	run  func(context.Context, *lab) error
}

// sections are in the order in which they are printed.
var sections = []section{
	{"faces", faces},
	{"landmarks", landmarks},
	{"pose", pose},
	{"liveness", liveness},
	{"colour", colour},
	{"shares", shares},
	{"frames", frames},
	{"eyes", eyes},
	{"mouth", mouth},
	{"occlusion", occlusion},
	{"quality", quality},
	{"hostile", hostile},
}

// envData is the environment variable that names the folder of the evaluation pictures.
const envData = "BONAFIDE_DATA"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	data := flags.String("data", os.Getenv(envData), "folder of the evaluation pictures; default $"+envData)
	only := flags.String("only", "", "print these sections alone, by name, with commas between: "+strings.Join(names(), ", "))
	docs := flags.String("docs", "", "write what is printed into this file too, in place of the blocks that bear the sections' names")
	set := flags.String("set", "default", "with -docs: the set of networks that the blocks are for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if *data == "" {
		return fmt.Errorf("no evaluation pictures: name their folder with -data or $%s", envData)
	}
	analyzer, err := bonafide.Open(bonafide.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, analyzer.Close()) }()
	l := newLab(analyzer, *data, os.Stdout)
	printed := map[string]string{}
	for _, s := range chosen {
		if printed[s.name], err = l.print(ctx, s); err != nil {
			return err
		}
	}
	if *docs != "" {
		if err := writeDocs(*docs, *set, printed); err != nil {
			return err
		}
	}
	if n := len(l.missed); n > 0 {
		return fmt.Errorf("%d figures miss their bar:\n  %s", n, strings.Join(l.missed, "\n  "))
	}
	return nil
}

// print runs one section and returns what it printed.
func (l *lab) print(ctx context.Context, s section) (string, error) {
	out := l.out
	defer func() { l.out = out }()
	var copied bytes.Buffer
	l.printf("== %s ==\n", s.name)
	l.out = io.MultiWriter(out, &copied)
	err := s.run(ctx, l)
	l.printf("\n")
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.name, err)
	}
	return copied.String(), nil
}

func names() []string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return all
}

// choose returns the sections named in a list with commas; all for "".
func choose(only string) ([]section, error) {
	if only == "" {
		return sections, nil
	}
	var chosen []section
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(), name)
		if i < 0 {
			return nil, fmt.Errorf("no section %q; there are %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, sections[i])
	}
	return chosen, nil
}
