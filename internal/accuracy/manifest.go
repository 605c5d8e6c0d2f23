package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
)

// row is one picture of a manifest.csv.
type row struct {
	// path is where the file is; name is the path as the manifest has it.
	path, name string
	columns    map[string]string
}

// column returns the value of a column, "" where the manifest has none of that name.
func (r row) column(name string) string { return r.columns[name] }

// manifest reads manifest.csv of a folder of the evaluation pictures. Its first line names the columns, one of them "path".
func (l *lab) manifest(folder string) (rows []row, err error) {
	dir := l.folder(folder)
	f, err := os.Open(filepath.Join(dir, "manifest.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if len(lines) < 2 {
		return nil, fmt.Errorf("%s: no pictures", f.Name())
	}
	for _, line := range lines[1:] {
		r := row{columns: map[string]string{}}
		for i, value := range line {
			r.columns[lines[0][i]] = value
		}
		if r.name = r.columns["path"]; r.name == "" {
			return nil, fmt.Errorf("%s: a row without a path: %q", f.Name(), line)
		}
		r.path = filepath.Join(dir, filepath.FromSlash(r.name))
		rows = append(rows, r)
	}
	return rows, nil
}
