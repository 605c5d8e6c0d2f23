package auditsql

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// IsPostgres tells whether a target is the URL of a PostgreSQL database; otherwise it is the path of a SQLite file.
func IsPostgres(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

// Validate names what is wrong with a target, as far as that can be told without its database, and shows no password of it.
func Validate(target string) error {
	if !strings.Contains(target, "://") {
		return nil
	}
	if err := validateURL(target); err != nil {
		return fmt.Errorf("audit store %s: %w", Redact(target), err)
	}
	return nil
}

// validateURL leaves the parsers' own words out where they may quote a password that was not written as a URL has it.
func validateURL(target string) error {
	if !IsPostgres(target) {
		return errors.New("allowed are sqlite, the path of a SQLite file, and postgres://… or postgresql://…")
	}
	u, err := url.Parse(target)
	if err != nil {
		return errors.New("it can't be read: wanted is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters as %XX")
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return errors.New("what follows the ? can't be read: wanted is NAME=VALUE&…, with special characters as %XX")
	}
	var wrong *pgconn.ParseConfigError
	if _, err := pgx.ParseConfig(target); errors.As(err, &wrong) {
		_, problem, _ := strings.Cut(strings.TrimPrefix(err.Error(), "cannot parse `"), "`: ")
		return errors.New(problem)
	} else if err != nil {
		return err
	}
	return nil
}

const hidden = "xxxxx"

// Redact is target without its passwords, whatever the scheme of its URL. Of what can't be read nothing is shown.
func Redact(target string) string {
	scheme, _, isURL := strings.Cut(target, "://")
	if !isURL {
		return target
	}
	u, err := url.Parse(target)
	if err != nil {
		return scheme + "://(not a URL)"
	}
	u.RawQuery = redactQuery(u.RawQuery)
	return u.Redacted()
}

func redactQuery(raw string) string {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return hidden
	}
	changed := false
	for key := range query {
		if strings.Contains(strings.ToLower(key), "password") { // password, sslpassword
			query.Set(key, hidden)
			changed = true
		}
	}
	if !changed {
		return raw
	}
	return query.Encode()
}
