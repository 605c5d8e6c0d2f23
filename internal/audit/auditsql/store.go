// Package auditsql keeps audit records in a database: a SQLite file or PostgreSQL. The table audit_records is for the operator to
// read as well; files in migrations/ make and change it, each once.
package auditsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/bonafide-pad/bonafide/internal/audit"
)

//go:embed migrations
var migrations embed.FS

// Store is an audit.Store. It is safe for concurrent use.
type Store struct {
	db   *sql.DB
	file *openFile // nil for PostgreSQL
}

// Open opens the database and brings its table up to date. A SQLite file is made where there is none, readable by its owner alone.
func Open(ctx context.Context, target string) (*Store, error) {
	if err := Validate(target); err != nil {
		return nil, err
	}
	s, err := open(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("audit store %s: %w", Redact(target), err)
	}
	return s, nil
}

// OpenToRead opens the database as it is, for Since alone. The right to read audit_records is enough.
func OpenToRead(ctx context.Context, target string) (*Store, error) {
	if err := Validate(target); err != nil {
		return nil, err
	}
	db, err := connectToRead(target)
	if err == nil {
		if err = db.PingContext(ctx); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("audit store %s: %w", Redact(target), err)
	}
	return &Store{db: db}, nil
}

func connectToRead(target string) (*sql.DB, error) {
	if IsPostgres(target) {
		return sql.Open("pgx", target)
	}
	source, err := sqliteToRead(target)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite3", source)
}

func open(ctx context.Context, target string) (*Store, error) {
	driver, source := "sqlite3", target
	var file *openFile
	if IsPostgres(target) {
		driver = "pgx"
	} else {
		var err error
		if source, err = sqliteSource(target); err != nil {
			return nil, err
		}
		if file, err = newOpenFile(target); err != nil { // which sqliteSource made sure of
			return nil, err
		}
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	// The writer uses one connection at a time; migrating takes one more.
	db.SetMaxOpenConns(2)
	if err := migrate(ctx, db, driver); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db, file}, nil
}

func migrate(ctx context.Context, db *sql.DB, driver string) error {
	dialect, folder, options := goose.DialectSQLite3, "migrations/sqlite", []goose.ProviderOption{}
	if driver == "pgx" {
		// Several servers may start at once on one database.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		dialect, folder, options = goose.DialectPostgres, "migrations/postgres", append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	options = append(options, goose.WithTableName("audit_migrations"), goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the table up to date: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

const columns = "id, time, request_id, route, key_id, models, decision, score, threshold, reasons, policy, profile, stages"

// Append is as audit.Store has it: one statement, hence all or nothing. It fails once a SQLite file was removed.
func (s *Store) Append(ctx context.Context, records []audit.Record) error {
	if len(records) == 0 {
		return nil
	}
	var values strings.Builder
	var args []any
	for i, r := range records {
		row, err := rowOf(r)
		if err != nil {
			return fmt.Errorf("appending to the audit store: %w", err)
		}
		if i > 0 {
			values.WriteByte(',')
		}
		for j := range row {
			fmt.Fprintf(&values, "%c$%d", "(,"[min(j, 1)], len(args)+j+1)
		}
		values.WriteByte(')')
		args = append(args, row...)
	}
	if err := s.file.stillThere(); err != nil {
		return fmt.Errorf("appending to the audit store: %w", err)
	}
	statement := "INSERT INTO audit_records (" + columns + ") VALUES " + values.String() + " ON CONFLICT (id) DO NOTHING"
	if _, err := s.db.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("appending to the audit store: %w", err)
	}
	return nil
}

// rowOf is r in the order of columns.
func rowOf(r audit.Record) ([]any, error) {
	reasons, err := json.Marshal(orEmpty(r.Reasons))
	if err != nil {
		return nil, err
	}
	stages, err := json.Marshal(orEmpty(r.Stages))
	if err != nil {
		return nil, err
	}
	return []any{
		r.ID, r.Time.UTC(), r.RequestID, r.Route, r.Key, r.Models, r.Outcome, r.Score, r.Threshold,
		string(reasons), r.Policy, r.Profile, string(stages),
	}, nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Expire is as audit.Store has it.
func (s *Store) Expire(ctx context.Context, before time.Time) (int64, error) {
	result, err := s.db.ExecContext(ctx, "DELETE FROM audit_records WHERE time < $1", before.UTC())
	if err != nil {
		return 0, fmt.Errorf("removing from the audit store: %w", err)
	}
	return result.RowsAffected()
}

// Since are the records from a time on, oldest first. An error is the last that is yielded.
func (s *Store) Since(ctx context.Context, from time.Time) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		if err := s.each(ctx, from, func(r audit.Record) bool { return yield(r, nil) }); err != nil {
			yield(audit.Record{}, fmt.Errorf("reading the audit store: %w", err))
		}
	}
}

// each hands over records until take returns false.
func (s *Store) each(ctx context.Context, from time.Time, take func(audit.Record) bool) error {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM audit_records WHERE time >= $1 ORDER BY time, id", from.UTC())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r audit.Record
		var reasons, stages []byte
		if err := rows.Scan(&r.ID, &r.Time, &r.RequestID, &r.Route, &r.Key, &r.Models, &r.Outcome, &r.Score, &r.Threshold,
			&reasons, &r.Policy, &r.Profile, &stages); err != nil {
			return err
		}
		if err := errors.Join(json.Unmarshal(reasons, &r.Reasons), json.Unmarshal(stages, &r.Stages)); err != nil {
			return fmt.Errorf("record %s: %w", r.ID, err)
		}
		r.Time = r.Time.UTC()
		if !take(r) {
			return nil
		}
	}
	return rows.Err()
}
