package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/retain"
	"github.com/bonafide-pad/bonafide/internal/server"
)

// retainFlags say whether and where the server keeps pictures.
type retainFlags struct {
	Retain          string        `help:"Keep the pictures that were decided on, encrypted, in this folder (default: no picture is kept)." env:"BONAFIDE_RETAIN" placeholder:"DIR" group:"Retention"`
	RetainRecipient string        `help:"Public key that they are encrypted to, age1…, or a file with several. «bonafide retained new-key» makes one." env:"BONAFIDE_RETAIN_RECIPIENT" placeholder:"KEY|FILE" group:"Retention"`
	RetainKeep      time.Duration `help:"How long they are kept." env:"BONAFIDE_RETAIN_KEEP" default:"720h" group:"Retention"`
	RetainQuota     int64         `help:"Most bytes of kept pictures together; beyond it new ones are dropped and counted." env:"BONAFIDE_RETAIN_QUOTA" default:"1073741824" group:"Retention"`
	RetainBuffer    int64         `help:"Most bytes of pictures waiting to be written; beyond it they are dropped and counted." env:"BONAFIDE_RETAIN_BUFFER" default:"67108864" group:"Retention"`
}

// retainConfig is nil where no pictures are to be kept.
func (f retainFlags) retainConfig(log *slog.Logger) (*retain.Config, error) {
	switch {
	case f.Retain == "" && f.RetainRecipient == "":
		return nil, nil
	case f.Retain == "":
		return nil, errors.New("--retain-recipient names a public key, and --retain no folder: pictures are kept only with both")
	case f.RetainRecipient == "":
		return nil, errors.New("--retain names a folder, and --retain-recipient no public key: pictures are kept only encrypted")
	}
	recipients, err := retain.ReadRecipients(f.RetainRecipient)
	if err != nil {
		return nil, wrap(err, "--retain-recipient")
	}
	c := &retain.Config{Dir: f.Retain, Recipients: recipients, Keep: f.RetainKeep, Quota: f.RetainQuota, Buffer: f.RetainBuffer, Log: log}
	return c, c.Validate()
}

// openRetained opens the folder where pictures are to be kept; it is nil otherwise.
func (f serveFlags) openRetained(a *assembly) (*retain.Keeper, error) {
	c, err := f.retainConfig(a.log)
	if err != nil || c == nil {
		return nil, err
	}
	keeper, err := retain.Open(*c)
	if err != nil {
		return nil, err
	}
	a.metrics.WatchRetained(keeper.Stats)
	a.log.Warn("PICTURES OF FACES ARE KEPT ON DISK, ENCRYPTED: --retain is set; those shown must know and may have to agree",
		"folder", c.Dir, "keep", c.Keep, "public_keys", len(c.Recipients))
	return keeper, nil
}

// closeRetained writes the pictures that were decided on, for at most the drain time.
func (a *assembly) closeRetained() error {
	if a.retained == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), a.Drain)
	defer cancel()
	return a.retained.Close(ctx)
}

// holding makes an analyser's pictures wait for the decision on them.
func (a *assembly) holding(analyzer *admission.Analyzer) *admission.Analyzer {
	if a.retained != nil {
		analyzer.Inner = &retain.Analyzer{Inner: analyzer.Inner}
	}
	return analyzer
}

// retaining keeps the pictures of an API's requests once they are decided.
func (a *assembly) retaining(api server.API) server.API {
	if a.retained == nil {
		return api
	}
	routes := slices.Clone(api.Routes)
	for i, route := range routes {
		routes[i].Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, end := a.retained.Begin(r.Context(), server.RequestID(r.Context()))
			defer end()
			route.Handler.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	api.Routes = routes
	return api
}

// decided counts a decision on a request with the context ctx, records it and keeps its pictures, where that is wished.
func (a *assembly) decided(ctx context.Context, d audit.Decision) {
	a.metrics.Decided(ctx, d)
	a.audit.decided(ctx, d)
	retain.Decided(ctx)
}
