package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
)

// builtInIssuer holds the public keys of the vendor who built this binary. It is set by
//
//	go build -ldflags '-X main.builtInIssuer=k4.public.…'
//
// Such a binary enforces licences whatever its flags say.
var builtInIssuer string

// licenseFlags say whose licences hold.
type licenseFlags struct {
	LicenseIssuer string `help:"Vendor's public key, or a file with it. With it nothing is analysed without a licence." env:"BONAFIDE_LICENSE_ISSUER" placeholder:"FILE|KEY" group:"Licence"`
}

// issuers are the keys whose licences hold; none in open mode.
func (f licenseFlags) issuers() ([]license.PublicKey, error) {
	switch {
	case builtInIssuer != "" && f.LicenseIssuer != "":
		return nil, errors.New("--license-issuer: this program was built to take its vendor's licences only")
	case builtInIssuer != "":
		keys, err := license.ParsePublicKeys(builtInIssuer)
		return keys, wrap(err, "the vendor's key that was built in")
	case f.LicenseIssuer == "":
		return nil, nil
	}
	keys, err := readIssuers(f.LicenseIssuer)
	return keys, wrap(err, "--license-issuer")
}

// maxIssuerFile is more than any file of public keys holds, in bytes.
const maxIssuerFile = 64 << 10

// readIssuers reads public keys from a file, or takes them as they are.
func readIssuers(fileOrKey string) ([]license.PublicKey, error) {
	if license.IsPublicKey(fileOrKey) {
		return license.ParsePublicKeys(fileOrKey)
	}
	content, err := readSmall(fileOrKey, maxIssuerFile)
	if err != nil {
		return nil, fmt.Errorf("%w (a key would start with k4.public.)", err)
	}
	keys, err := license.ParsePublicKeys(string(content))
	return keys, wrap(err, fileOrKey)
}

// wrap puts what was being done before an error, if there is one.
func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// openKeeper opens the machine's licence. In open mode the machine's code is looked for only if it is wanted.
func openKeeper(f licenseFlags, state stateFlags, wantCode bool, log *slog.Logger) (*activation.Keeper, error) {
	issuers, err := f.issuers()
	if err != nil {
		return nil, err
	}
	c := activation.Config{Issuers: issuers, Log: log}
	if wantCode || len(issuers) > 0 {
		if c.DataDir, err = state.dir(); err != nil {
			return nil, err
		}
		if c.Machine, err = state.code(); err != nil {
			return nil, err
		}
	}
	return activation.Open(c)
}

// engine is the analyser behind the licence.
type engine struct {
	known
	analyzer *bonafide.Analyzer // nil where the networks failed to load
	keeper   *activation.Keeper
	failed   error // why the networks failed to load
}

// known is what a bonafide.Analyzer tells without a picture: its other methods would be ways round the licence.
type known interface {
	Accept(p bonafide.Profile) error
	Calibration() (bonafide.Profile, bool)
	Limits() bonafide.Limits
	MaxFaces() int
	Models() []bonafide.Model
	Score(ctx context.Context, cues []bonafide.Cue) (float64, error)
}

// openEngine opens the analyser. Where licences are enforced, networks that fail to load are no error but kept in the
// engine: a server's machine code and activation come first, and the reference's initStatus, -5, is there to tell.
func openEngine(c bonafide.Config, keeper *activation.Keeper) (engine, error) {
	analyzer, err := bonafide.Open(c)
	if bonafide.CodeOf(err) == bonafide.CodeModels && keeper.State().Enforced {
		return engine{keeper: keeper, failed: err}, nil
	}
	return engine{known: analyzer, analyzer: analyzer, keeper: keeper}, err
}

// openReady opens the analyser of a command that can do nothing without it, with the profile that was named.
func openReady(config bonafide.Config, named profileFlag, keeper *activation.Keeper) (engine, error) {
	if err := keeper.Permit(); err != nil {
		return engine{}, err
	}
	var err error
	if config.Profile, err = named.profile(); err != nil {
		return engine{}, err
	}
	analyzer, err := openEngine(config, keeper)
	return analyzer, errors.Join(err, analyzer.Ready())
}

// Analyze counts a picture and measures its faces; what is no picture is not counted, and nothing is where there are no networks. Beside the
// errors of bonafide.Analyzer it returns *activation.RefusalError and *activation.QuotaError.
func (e engine) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	admission, err := e.keeper.Admit()
	if err != nil {
		return bonafide.Report{}, err
	}
	if e.failed != nil {
		admission.Return()
		return bonafide.Report{}, e.failed
	}
	report, err := e.analyzer.Analyze(ctx, picture)
	if unusable(err) {
		admission.Return()
	}
	return report, err
}

// unusable tells that an error is about what was sent: nothing of it could be analysed.
func unusable(err error) bool {
	switch bonafide.CodeOf(err) {
	case bonafide.CodeBadImage, bonafide.CodeTooLarge:
		return true
	default:
		return false
	}
}

// models are the networks in use; none where they failed to load.
func (e engine) models() []bonafide.Model {
	if e.analyzer == nil {
		return nil
	}
	return e.Models()
}

// Ready returns why there are no networks.
func (e engine) Ready() error { return e.failed }

// Close frees the networks.
func (e engine) Close() error {
	if e.analyzer == nil {
		return nil
	}
	return e.analyzer.Close()
}

// background runs the keeper until the function it returns is called.
func background(ctx context.Context, keeper *activation.Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		keeper.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
		keeper.Close()
	}
}

// readSmall reads a file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, limit)
	}
	return os.ReadFile(path)
}
