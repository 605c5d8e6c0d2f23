package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/tracing"
)

// serveFlags are all settings of the server; each is a flag, an environment variable and a key of the configuration file.
type serveFlags struct {
	profilesFlag
	engineFlags
	policyFlags
	nativeFlags
	stateFlags
	licenseFlags
	listenFlags
	accessFlags
	keysFlag
	workFlags
	auditFlags
	retainFlags
	logFlags
}

// validate names the first setting that is wrong, as far as that can be told without serving.
func (f serveFlags) validate() error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	if _, err := f.Policies.over(requirements(policy)); err != nil {
		return err
	}
	if _, err := f.issuers(); err != nil {
		return err
	}
	for name, path := range f.Profile {
		if _, err := readProfile(path); err != nil {
			return fmt.Errorf("profile %s: %w", name, err)
		}
	}
	if err := f.validateLimits(); err != nil {
		return err
	}
	if err := f.checkIDFile(); err != nil {
		return err
	}
	if _, err := admission.NewGate(f.gateConfig()); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if err := f.auditFlags.validate(); err != nil {
		return err
	}
	if _, err := f.retainConfig(log); err != nil {
		return err
	}
	if err := tracing.Environment(os.Getenv).Validate(); err != nil {
		return err
	}
	return f.validateServers(log)
}

// validateServers is validate for what listens.
func (f serveFlags) validateServers(log *slog.Logger) error {
	c, err := f.serverConfig(log)
	if err == nil {
		err = c.Validate()
	}
	if err != nil || f.AdminListen == "" {
		return err
	}
	return wrap(f.adminConfig(log).Validate(), "--admin-listen")
}

// listenFlags say where and how the server listens.
type listenFlags struct {
	Listen      string        `help:"Address to listen on, HOST:PORT (default: every address, on the port of --port)." env:"BONAFIDE_LISTEN" placeholder:"ADDR" group:"Server"`
	Port        uint16        `help:"Port to listen on, unless --listen names one." env:"PORT" default:"8888" group:"Server"`
	AdminListen string        `help:"Address on which /metrics and /debug/pprof are served, apart from the rest and without API keys (default: /metrics beside the rest, no pprof)." env:"BONAFIDE_ADMIN_LISTEN" placeholder:"ADDR" group:"Server"`
	TLSCert     string        `name:"tls-cert" help:"PEM file with the certificate chain; read again when it changes." env:"BONAFIDE_TLS_CERT" placeholder:"FILE" group:"Server"`
	TLSKey      string        `name:"tls-key" help:"PEM file with its key." env:"BONAFIDE_TLS_KEY" placeholder:"FILE" group:"Server"`
	Connections int           `help:"Most connections open at once." env:"BONAFIDE_CONNECTIONS" default:"1024" group:"Server"`
	BodyTime    time.Duration `help:"Longest time that a request may take to arrive." env:"BONAFIDE_BODY_TIME" default:"60s" group:"Server"`
	DrainDelay  time.Duration `help:"How long to go on accepting requests after a stop has made the server not ready." env:"BONAFIDE_DRAIN_DELAY" default:"0s" group:"Server"`
	Drain       time.Duration `help:"How long requests in flight have to finish after a stop." env:"BONAFIDE_DRAIN" default:"20s" group:"Server"`
}

func (f listenFlags) address() string {
	if f.Listen != "" {
		return f.Listen
	}
	return net.JoinHostPort("", strconv.Itoa(int(f.Port)))
}

// accessFlags say who may call the server.
type accessFlags struct {
	CORSOrigin []string `name:"cors-origin" help:"Origins whose pages may call the server, such as https://example.org; * is any." env:"BONAFIDE_CORS_ORIGIN" placeholder:"ORIGIN" group:"Access"`
}

// serverConfig is what the flags say of the frame.
func (f serveFlags) serverConfig(log *slog.Logger) (server.Config, error) {
	c := server.Config{
		Listen: f.address(), Connections: f.Connections, Body: server.Pace{Total: f.BodyTime},
		DrainDelay: f.DrainDelay, Drain: f.Drain, Origins: f.CORSOrigin, Log: log,
	}
	var err error
	switch {
	case f.TLSCert == "" && f.TLSKey == "":
	case f.TLSKey == "":
		err = fmt.Errorf("--tls-cert is %s and --tls-key is missing: TLS needs both", f.TLSCert)
	case f.TLSCert == "":
		err = fmt.Errorf("--tls-key is %s and --tls-cert is missing: TLS needs both", f.TLSKey)
	default:
		c.TLS, err = server.CertificateFiles(f.TLSCert, f.TLSKey, log)
	}
	return c, err
}

// adminConfig is what the flags say of the operator's address.
func (f listenFlags) adminConfig(log *slog.Logger) server.Config {
	return server.Config{Listen: f.AdminListen, Drain: f.Drain, DrainDelay: f.DrainDelay, Write: time.Minute, Log: log}
}

// workFlags bound the work that is done at once.
type workFlags struct {
	Workers        int           `help:"Most analyses at once (default: one for each core)." env:"BONAFIDE_WORKERS" group:"Work"`
	Queue          int           `help:"Most analyses waiting; beyond it requests are refused with 503." env:"BONAFIDE_QUEUE" default:"256" group:"Work"`
	Patience       patience      `help:"Longest wait for a turn; who would wait longer is refused at once. work means as long as an analysis takes." env:"BONAFIDE_PATIENCE" default:"20s" group:"Work"`
	NativePatience patience      `help:"The same for requests for one picture under /v1." env:"BONAFIDE_NATIVE_PATIENCE" default:"work" group:"Work"`
	Deadline       time.Duration `help:"Longest time for one analysis, waiting included." env:"BONAFIDE_DEADLINE" default:"30s" group:"Work"`
	UploadMemory   int64         `help:"Most bytes held by all pictures being received or analysed; one caller gets three quarters." env:"BONAFIDE_UPLOAD_MEMORY" default:"536870912" group:"Work"`
}

func (f workFlags) gateConfig() admission.Config {
	return admission.Config{Running: f.Workers, Waiting: f.Queue}
}

// patience is a duration, or admission.AsLongAsWork, written as "work".
type patience time.Duration

const asLongAsWork = "work"

// UnmarshalText reads a duration over 0, or "work".
func (p *patience) UnmarshalText(text []byte) error {
	if string(text) == asLongAsWork {
		*p = patience(admission.AsLongAsWork)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil || d <= 0 {
		return fmt.Errorf("patience is %q, allowed is %s or a duration over 0, such as 10s", text, asLongAsWork)
	}
	*p = patience(d)
	return nil
}

func (p patience) String() string {
	if time.Duration(p) == admission.AsLongAsWork {
		return asLongAsWork
	}
	return time.Duration(p).String()
}

type logFlags struct {
	LogFormat string     `help:"text or json." enum:"text,json" env:"BONAFIDE_LOG_FORMAT" default:"text" group:"Log"`
	LogLevel  slog.Level `help:"debug, info, warn or error." env:"BONAFIDE_LOG_LEVEL" default:"info" group:"Log"`
}

func (f logFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
