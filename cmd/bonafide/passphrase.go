package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// How often a passphrase is asked for: a new one is typed twice.
const (
	once  = 1
	twice = 2
)

// readPassphrase takes the first line of a file, or asks on the terminal where none is named.
func readPassphrase(s *streams, file string, times int) (string, error) {
	if file != "" {
		return passphraseFrom(file)
	}
	terminal, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", errors.New("the key has a passphrase and there is no terminal to ask on; name a file with --passphrase-file")
	}
	first, err := ask(s, terminal, "Passphrase: ")
	for n := once; err == nil && n < times; n++ {
		var again string
		again, err = ask(s, terminal, "Once more: ")
		if err == nil && again != first {
			err = errors.New("the two passphrases differ")
		}
	}
	return first, err
}

func ask(s *streams, terminal *os.File, prompt string) (string, error) {
	fmt.Fprint(s.err, prompt)
	typed, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(s.err)
	if err == nil && len(typed) == 0 {
		err = errors.New("the passphrase is empty")
	}
	return string(typed), err
}

func passphraseFrom(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	if err := lines.Err(); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	phrase := strings.TrimSuffix(lines.Text(), "\r")
	if phrase == "" {
		return "", fmt.Errorf("%s: the first line is empty", file)
	}
	return phrase, nil
}
