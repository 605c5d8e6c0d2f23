package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/modelpack"
)

type modelsAddCmd struct {
	Pack string `arg:"" help:"Name of the pack: silent-face."`
	From string `help:"Take the published files from DIR instead of fetching them." placeholder:"DIR" xor:"from"`
	URL  string `name:"url" help:"Fetch them from below another address, a mirror." placeholder:"URL" xor:"from"`
	modelsDir
}

// Help says what is added, from where and under which licence.
func (modelsAddCmd) Help() string {
	var b strings.Builder
	b.WriteString("Networks that may be used but are not this project's to pass on. Their files are fetched as published, checked against their\n" +
		"SHA-256, converted and verified; nothing in them is executed. What is added is used from the next start on.\n")
	for _, p := range modelpack.Packs() {
		fmt.Fprintf(&b, "\n%s: %s, %s, licence %s\n", p.Name, p.Purpose, p.Source, p.Licence)
		for _, n := range p.Networks {
			fmt.Fprintf(&b, "  %s  SHA-256 %s\n", n.Published.Weights, n.Published.SHA256)
		}
	}
	return b.String()
}

// Run adds a pack.
func (c modelsAddCmd) Run(s *streams) (err error) {
	pack, err := modelpack.Find(c.Pack)
	if err != nil {
		return err
	}
	dir, err := catalog.FindDir(c.Models)
	if err != nil {
		return err
	}
	library, err := catalog.RuntimeLibrary(dir)
	if err != nil {
		return err
	}
	backend, err := ort.Open(library) // a converted network is tried with it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := pack.Add(ctx, dir, c.fetch(s, pack), backend); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is added (%s, licence %s); «bonafide models remove %s» takes it away\n", pack.Name, pack.Source, pack.Licence, pack.Name)
	return err
}

func (c modelsAddCmd) fetch(s *streams, pack modelpack.Pack) modelpack.Fetch {
	if c.From != "" {
		return modelpack.FromFolder(c.From)
	}
	base := pack.Base
	if c.URL != "" {
		base = c.URL
	}
	return func(ctx context.Context, file string) ([]byte, error) {
		address, err := url.JoinPath(base, file)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(s.err, "fetching %s\n", address)
		return download(ctx, address)
	}
}

const (
	// mostPublished bounds a file of a pack, about four times the largest.
	mostPublished = 8 << 20
	downloadTime  = 5 * time.Minute
)

// download gets a file over HTTP.
func download(ctx context.Context, address string) (_ []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answered %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, mostPublished+1))
	if err == nil && len(data) > mostPublished {
		err = fmt.Errorf("the file is over %d bytes", mostPublished)
	}
	return data, err
}

type modelsRemoveCmd struct {
	Pack string `arg:"" help:"Name of the pack."`
	modelsDir
}

// Run removes a pack.
func (c modelsRemoveCmd) Run(s *streams) error {
	pack, err := modelpack.Find(c.Pack)
	if err != nil {
		return err
	}
	dir, err := catalog.FindDir(c.Models)
	if err != nil {
		return err
	}
	removed, err := pack.Remove(dir)
	if err == nil && !removed {
		err = fmt.Errorf("%s was not added to %s", pack.Name, dir)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is removed\n", pack.Name)
	return err
}

// packRows prints the packs that may be added with their state, and names those that are damaged.
func packRows(w *tabwriter.Writer, dir string) (damaged []string, err error) {
	for _, p := range modelpack.Packs() {
		present, err := p.Present(dir)
		if err != nil {
			return damaged, err
		}
		for _, n := range p.Networks {
			state := "not added"
			if present {
				state = "ok"
				if _, err := p.Read(dir, n); err != nil {
					state = "damaged"
					if !slices.Contains(damaged, p.Name) {
						damaged = append(damaged, p.Name)
					}
				}
			}
			fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\n", p.Name, n.File, p.Purpose, p.Licence, p.Source, state)
		}
	}
	return damaged, nil
}
