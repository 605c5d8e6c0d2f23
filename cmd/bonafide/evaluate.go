package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/calibrate"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/evaluate"
)

type evaluateCmd struct {
	Path         string   `arg:"" help:"Folder of live/ and spoof/SPECIES/, or a manifest.csv (path,label,species,group). With --compare the newer results.json."`
	Out          string   `help:"Write results.json, pictures.csv, measures.csv and report.html into DIR." placeholder:"DIR" xor:"task"`
	NoThumbnails bool     `help:"Put no pictures into report.html."`
	LargestFace  bool     `help:"Judge pictures with several faces by the largest; otherwise they count as non-responses."`
	By           []string `help:"Measure each value of a column of the manifest by itself too; default source, where there is one." placeholder:"COLUMN"`
	Attribute    string   `help:"Measure eyes, mouth or occlusion instead of liveness." enum:",eyes,mouth,occlusion" default:""`
	Compare      string   `help:"Say what changed from the results.json of an earlier run to that named as PATH." placeholder:"JSON" xor:"task"`

	Calibrate   string  `help:"Fit the liveness score to these pictures and write a profile." placeholder:"FILE" xor:"task" group:"Calibration"`
	TargetBPCER float64 `name:"target-bpcer" help:"Share of bona fide presentations that the threshold may miss." default:"0.05" group:"Calibration"`
	Name        string  `help:"What the pictures are, for the profile; default their path." group:"Calibration"`

	Cache   string `help:"Folder of the cache: scores by the pictures' digests, no pictures (default: bonafide/evaluate in the user's cache folder)." placeholder:"DIR" xor:"cache" group:"Engine"`
	NoCache bool   `help:"Analyse everything anew and remember nothing." xor:"cache" group:"Engine"`
	profileFlag
	engineFlags
	stateFlags
	licenseFlags
	policyFlags `prefix:"policy-" envprefix:"BONAFIDE_POLICY_"`
}

// Help teaches the definitions and what the exit code says.
func (evaluateCmd) Help() string {
	return `The measures are those of ISO/IEC 30107-3: APCER of each species of attack and the highest of them, BPCER, APNRR and BPNRR,
BPCER10/20/100, besides EER and AUC, each with a 95 % interval. Pictures of one group (a clip, a person) count as dependent.

A folder holds live/ and spoof/SPECIES/; pictures in a further folder below are a group. A manifest.csv has the columns path, label
(live or spoof; for --attribute closed/open, open/closed, mask/none), species and group; others are kept, "source" names cameras.

A run that is broken off goes on where it stopped. --calibrate needs bona fide presentations of 2/target independent groups (40 at 5 %) and
attacks of 10, occluded faces left out; the profile is refused by check and serve when their networks are others.

Exit code: 0 done, also when pictures could not be read (they are listed); 2 failed.`
}

// Run evaluates, calibrates or compares.
func (c evaluateCmd) Run(s *streams, parsed *kong.Context) error {
	if err := c.refuseIgnored(parsed); err != nil {
		return err
	}
	if c.Compare != "" {
		return c.compare(s)
	}
	if err := c.validate(); err != nil {
		return err
	}
	policy, err := c.policy()
	if err != nil {
		return err
	}
	task, err := c.task()
	if err != nil {
		return err
	}
	items, err := c.load(task)
	if err != nil {
		return err
	}
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer keeper.Close()
	analyzer, err := c.open(keeper)
	if err != nil {
		return err
	}
	pictures, err := c.measure(s, analyzer, items)
	if err == nil {
		err = c.conclude(s, analyzer, pictures, evaluate.Judging{Task: task, Policy: policy, LargestFace: c.LargestFace, By: c.columns(items)})
	}
	return errors.Join(err, analyzer.Close())
}

// refuseIgnored names the first flag of the command line that would do nothing. What the environment or the configuration file has is for other
// commands as well, and may.
func (c evaluateCmd) refuseIgnored(parsed *kong.Context) error {
	for _, p := range parsed.Path {
		if p.Flag == nil || p.Resolved {
			continue
		}
		if where := c.ignores(p.Flag.Name); where != "" {
			return fmt.Errorf("--%s does nothing %s: leave it out", p.Flag.Name, where)
		}
	}
	return nil
}

// validate names what is wrong before pictures are analysed for an hour.
func (c evaluateCmd) validate() error {
	if err := c.validateEngine(); err != nil || c.Calibrate == "" {
		return err
	}
	if err := c.fitting().Validate(); err != nil {
		return fmt.Errorf("calibrating with --policy-liveness %g and --target-bpcer %g: %w", c.Liveness, c.TargetBPCER, err)
	}
	return nil
}

func (c evaluateCmd) fitting() calibrate.Options {
	return calibrate.Options{Threshold: c.Liveness, TargetBPCER: c.TargetBPCER}
}

// ignores says where nobody looks at a flag, "" for one that counts.
func (c evaluateCmd) ignores(flag string) string {
	switch {
	case c.Compare != "" && flag != "compare" && flag != "config":
		return "with --compare"
	case c.Calibrate != "" && slices.Contains([]string{"largest-face", "by", "profile"}, flag):
		return "with --calibrate"
	case c.Calibrate == "" && slices.Contains([]string{"target-bpcer", "name"}, flag):
		return "without --calibrate"
	case c.Attribute != "" && flag == "by":
		return "with --attribute"
	case c.Out == "" && flag == "no-thumbnails":
		return "without --out"
	default:
		return ""
	}
}

func (c evaluateCmd) task() (evaluate.Task, error) {
	if c.Attribute == "" {
		return evaluate.Liveness(), nil
	}
	if c.Calibrate != "" {
		return evaluate.Task{}, errors.New("only liveness can be calibrated: leave out --attribute or --calibrate")
	}
	return evaluate.Attribute(c.Attribute)
}

// load lists the pictures, and refuses what is said too little of. Then there is room for what is to be written.
func (c evaluateCmd) load(task evaluate.Task) ([]evaluate.Item, error) {
	items, err := evaluate.Load(c.Path)
	if err != nil {
		return nil, err
	}
	if err := task.Prepare(items); err != nil {
		return nil, err
	}
	if err := evaluate.HasColumns(items, c.By); err != nil {
		return nil, err
	}
	return items, c.makeRoom()
}

// makeRoom makes the folder of the results and looks for that of the profile, before pictures are analysed for an hour.
func (c evaluateCmd) makeRoom() error {
	if c.Out != "" {
		return evaluate.MakeDir(c.Out)
	}
	if c.Calibrate == "" {
		return nil
	}
	if info, err := os.Stat(c.Calibrate); err == nil && info.IsDir() {
		return fmt.Errorf("writing the profile: %s is a folder, wanted is the name of a file", c.Calibrate)
	}
	if _, err := os.Stat(filepath.Dir(c.Calibrate) + string(filepath.Separator)); err != nil {
		return fmt.Errorf("writing the profile: %w", err)
	}
	return nil
}

// open opens the analyzer with the profile given; to calibrate none is needed.
func (c evaluateCmd) open(keeper *activation.Keeper) (engine, error) {
	config := c.config()
	config.Uncalibrated = c.Calibrate != "" && c.Profile == ""
	return openReady(config, c.profileFlag, keeper)
}

// columns are those to measure by: of --by, or the default one, those with more than one value.
func (c evaluateCmd) columns(items []evaluate.Item) []string {
	by := slices.Clone(c.By)
	if len(by) == 0 {
		by = []string{evaluate.SourceColumn}
	}
	return slices.DeleteFunc(by, func(name string) bool {
		return !slices.ContainsFunc(items, func(it evaluate.Item) bool { return it.Column(name) != items[0].Column(name) })
	})
}

// measure analyses the pictures. A signal breaks that off; what comes after takes moments, and a signal ends the program then.
func (c evaluateCmd) measure(s *streams, a engine, items []evaluate.Item) (_ []evaluate.Picture, err error) {
	ctx, release := untilStopped()
	defer release()
	cache, err := c.openCache(a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	bar := progressFor(s, len(items))
	defer func() { err = errors.Join(err, bar.Clear()) }()
	pictures, err := evaluate.Run(ctx, items, evaluate.Options{Analyzer: a, Cache: cache, Done: func() error { return bar.Add(1) }})
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	return pictures, err
}

func (c evaluateCmd) openCache(a engine) (*evaluate.Cache, error) {
	if c.NoCache {
		return nil, nil
	}
	dir := c.Cache
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding a place for the cache (name one with --cache, or use --no-cache): %w", err)
		}
		dir = filepath.Join(user, "bonafide", "evaluate")
	}
	return evaluate.OpenCache(dir, a)
}

// conclude prints and writes what was asked for.
func (c evaluateCmd) conclude(s *streams, a engine, pictures []evaluate.Picture, j evaluate.Judging) error {
	now := time.Now().UTC().Truncate(time.Second)
	if c.Calibrate != "" {
		return c.calibrate(s, a, pictures, now)
	}
	provenance, err := c.provenance(a, now)
	if err != nil {
		return err
	}
	result, err := evaluate.NewResult(pictures, j, provenance)
	if err != nil {
		return err
	}
	if err := result.WriteText(s.out); err != nil {
		return err
	}
	if c.Out == "" {
		return nil
	}
	return result.WriteDir(c.Out, evaluate.PageOptions{Thumbnails: !c.NoThumbnails, Limits: a.Limits()})
}

func (c evaluateCmd) provenance(a engine, now time.Time) (evaluate.Provenance, error) {
	entry, err := catalog.Runtime()
	if err != nil {
		return evaluate.Provenance{}, err
	}
	p := evaluate.Provenance{
		Created: now, Version: productVersion(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Runtime: entry.Purpose, Models: a.Models(), Data: c.Path,
	}
	if calibration, ok := a.Calibration(); ok {
		p.Calibration = &calibration
	}
	return p, nil
}

// calibrate fits, writes the profile and prints what it does on pictures that it was not fitted on.
func (c evaluateCmd) calibrate(s *streams, a engine, pictures []evaluate.Picture, now time.Time) error {
	name := c.Name
	if name == "" {
		name = filepath.Clean(c.Path)
	}
	if err := evaluate.WriteLeftOut(s.out, pictures, c.Occlusion); err != nil { // also where too few are left
		return err
	}
	profile, fit, err := evaluate.Calibrate(pictures, evaluate.Calibration{
		Options: c.fitting(), Occlusion: c.Occlusion, Name: name, Models: a.Models(), Version: productVersion(), Created: now,
	})
	if err != nil {
		return err
	}
	if err := writeProfile(c.Calibrate, profile); err != nil {
		return err
	}
	if err := evaluate.WriteFit(s.out, profile, fit); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\nwritten to %s; use it with %s\n", c.Calibrate, flagsFor(c.Calibrate, c.Liveness))
	return err
}

// flagsFor are those that a profile is to be used with. One for another threshold than the default needs that too: its score is compared with the
// wrong one else.
func flagsFor(profile string, threshold float64) string {
	flags := "--profile " + profile
	if threshold != bonafide.DefaultPolicy().Liveness {
		flags += fmt.Sprintf(" and --policy-liveness %g (serve: --liveness)", threshold)
	}
	return flags
}

// compare prints what changed between two runs.
func (c evaluateCmd) compare(s *streams) error {
	before, err := evaluate.Read(c.Compare)
	if err != nil {
		return err
	}
	after, err := evaluate.Read(c.Path)
	if err != nil {
		return err
	}
	comparison, err := evaluate.Compare(before, after)
	if err != nil {
		return err
	}
	return comparison.WriteText(s.out)
}
