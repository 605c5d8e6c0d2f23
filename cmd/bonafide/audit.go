package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/audit/auditsql"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// auditFlags say whether and where the server records its decisions.
type auditFlags struct {
	Audit       auditTarget   `help:"Record decisions, without pictures: sqlite (audit.db in the data folder), the path of a SQLite file, or postgres://… (default: no record)." env:"BONAFIDE_AUDIT" placeholder:"STORE" group:"Audit"`
	AuditKeep   time.Duration `help:"How long records are kept; 0 keeps them for ever." env:"BONAFIDE_AUDIT_KEEP" default:"2160h" group:"Audit"`
	AuditBuffer int           `help:"Most records waiting to be written; beyond it records are dropped and counted." env:"BONAFIDE_AUDIT_BUFFER" default:"1024" group:"Audit"`
}

func (f auditFlags) auditConfig(log *slog.Logger) audit.Config {
	return audit.Config{Buffer: f.AuditBuffer, Keep: f.AuditKeep, Log: log}
}

func (f auditFlags) validate() error {
	if err := auditsql.Validate(string(f.Audit)); err != nil {
		return err
	}
	return f.auditConfig(nil).Validate()
}

// auditTarget is where records are kept: the URL of a database, the path of a file, "sqlite" or, for none, "".
type auditTarget string

// sqliteInDataDir stands for auditFile in the data folder.
const sqliteInDataDir auditTarget = "sqlite"

const auditFile = "audit.db"

// String hides the password of a URL.
func (t auditTarget) String() string { return auditsql.Redact(string(t)) }

// open opens the store, whose file may be in the data folder.
func (t auditTarget) open(ctx context.Context, state stateFlags) (*auditsql.Store, error) {
	target, err := t.resolve(state)
	if err != nil {
		return nil, err
	}
	return auditsql.Open(ctx, target)
}

// openToRead opens the store as it is, for the export.
func (t auditTarget) openToRead(ctx context.Context, state stateFlags) (*auditsql.Store, error) {
	target, err := t.resolve(state)
	if err != nil {
		return nil, err
	}
	return auditsql.OpenToRead(ctx, target)
}

// resolve is the URL of a database or the path of a file.
func (t auditTarget) resolve(state stateFlags) (string, error) {
	if t != sqliteInDataDir {
		return string(t), auditsql.Validate(string(t))
	}
	dir, err := state.dir()
	return filepath.Join(dir, auditFile), err
}

// mustExist refuses a file that isn't there or holds no record: open would make an empty one, which says that nothing was decided.
func (t auditTarget) mustExist(ctx context.Context, state stateFlags) error {
	target, err := t.resolve(state)
	if err != nil || auditsql.IsPostgres(target) {
		return err
	}
	if _, err = os.Stat(target); err == nil {
		err = auditsql.CheckFile(ctx, target)
	}
	if err != nil {
		return fmt.Errorf("audit store: %w; name the server's data folder with --data-dir, or the store with --audit", err)
	}
	return nil
}

// auditing records the decisions of the server. nil records none.
type auditing struct {
	log    *audit.Log
	store  *auditsql.Store
	models string
}

// openAudit opens the record where there is to be one; it is nil otherwise.
func (f serveFlags) openAudit(ctx context.Context, a *assembly) (*auditing, error) {
	if f.Audit == "" {
		return nil, nil
	}
	store, err := f.Audit.open(ctx, f.stateFlags)
	if err != nil {
		return nil, err
	}
	log, err := audit.Open(store, f.auditConfig(a.log))
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	a.metrics.WatchAudit(log.Stats)
	var digests []string
	for _, m := range a.analyzer.models() {
		digests = append(digests, m.SHA256)
	}
	return &auditing{log: log, store: store, models: audit.ModelSet(digests)}, nil
}

// close writes what is still to be written, for at most patience.
func (a *auditing) close(patience time.Duration) error {
	if a == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(a.log.Close(ctx), a.store.Close())
}

type circumstancesKey struct{}

// circumstances are what a record has of its request beside what the server knows by the context.
type circumstances struct{ route, profile string }

// noting lets decided know by which route and profile a decision came about.
func (a *auditing) noting(api server.API) server.API {
	if a == nil {
		return api
	}
	routes := slices.Clone(api.Routes)
	for i, route := range routes {
		routes[i].Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := circumstances{route.Pattern, cmp.Or(r.URL.Query().Get("profile"), defaultProfile)}
			route.Handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), circumstancesKey{}, c)))
		})
	}
	api.Routes = routes
	return api
}

// decided records a decision on a request with the context ctx.
func (a *auditing) decided(ctx context.Context, d audit.Decision) {
	if a == nil {
		return
	}
	c, _ := ctx.Value(circumstancesKey{}).(circumstances)
	a.log.Add(audit.Record{
		RequestID: server.RequestID(ctx), Key: server.KeyID(ctx), Route: c.route, Profile: c.profile, Models: a.models, Decision: d,
	})
}
