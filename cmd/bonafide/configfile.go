package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

const (
	configEnv     = "BONAFIDE_CONFIG"
	defaultConfig = "/etc/bonafide/config.yaml"

	policyPrefix    = "policy-" // of the thresholds' flags of check and evaluate
	profileFlagName = "profile"
)

// configFlag names the configuration file. It is read before the other flags are: see configPath.
type configFlag struct {
	Config string `help:"YAML file with settings by the names of the flags of serve (default: /etc/bonafide/config.yaml, if it is there)." env:"BONAFIDE_CONFIG" placeholder:"FILE"`
}

// configPath is the configuration file that args or the environment name; required tells that it must be there.
func configPath(args []string) (path string, required bool, err error) {
	var named []string
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--config="); ok {
			named = append(named, value)
		}
		if a == "--config" && i+1 < len(args) {
			named = append(named, args[i+1])
		}
	}
	switch path := os.Getenv(configEnv); {
	case len(named) > 1:
		return "", true, fmt.Errorf("--config is given %d times, allowed is once: %s", len(named), strings.Join(named, ", "))
	case len(named) == 1:
		return named[0], true, nil
	case path != "":
		return path, true, nil
	default:
		return defaultConfig, false, nil
	}
}

// configFile is a kong.Resolver: settings by the names of flags. The command line and the environment go first.
//
// The names are those of serve. Two of them other commands have under another name or in another form: see setting.
type configFile struct {
	path     string
	settings map[string]any
}

// readConfig reads the configuration file; it is empty when there is none and none is required.
func readConfig(path string, required bool) (*configFile, error) {
	f := &configFile{path: path, settings: map[string]any{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return f, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var read map[string]any
	if err := readYAML(raw, &read); err != nil {
		return nil, fmt.Errorf("reading the configuration: %s: %w", path, err)
	}
	for _, key := range slices.Sorted(maps.Keys(read)) {
		name := flagName(key)
		if _, twice := f.settings[name]; twice {
			return nil, fmt.Errorf("reading the configuration: %s: %s is given twice, as %s and with underscores", path, name, name)
		}
		f.settings[name] = read[key]
	}
	return f, nil
}

// readYAML reads the one document of a text, which may be empty.
func readYAML(text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var more any
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("a second document follows (---), allowed is one")
	}
	return nil
}

// flagName is the name of the flag for a key, which may be written with underscores.
func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// Validate names the keys that are no settings of the server.
func (f *configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, command := range app.Children {
		if command.Name == "serve" {
			for _, flag := range command.Flags {
				known[flag.Name] = true
			}
		}
	}
	var unknown []string
	for key := range f.settings {
		if !known[key] {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("%s: unknown settings: %s («bonafide config show» lists those there are)", f.path, strings.Join(unknown, ", "))
}

// Resolve returns the file's value of a flag, nil for none.
func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if setInEnvironment(flag) {
		return nil, nil
	}
	value, ok := f.setting(flag)
	if !ok {
		return nil, nil
	}
	switch value := value.(type) {
	case []any:
		texts := make([]string, len(value))
		for i, v := range value {
			texts[i] = fmt.Sprint(v)
		}
		return strings.Join(texts, ","), nil
	case map[string]any:
		return f.named(flag, value)
	case map[any]any: // what YAML makes of names that are not all texts
		return nil, fmt.Errorf("%s: the names in %s must be texts: write a number, true, false or null in quotes", f.path, flag.Name)
	case nil:
		return nil, fmt.Errorf("%s: %s has no value", f.path, flag.Name)
	default:
		return fmt.Sprint(value), nil
	}
}

// named is what a flag takes several values by name as.
func (f *configFile) named(flag *kong.Flag, values map[string]any) (any, error) {
	if flag.Target.Type() == reflect.TypeFor[namedPolicies]() {
		text, err := yaml.Marshal(values)
		return string(text), err
	}
	if !flag.IsMap() {
		return nil, fmt.Errorf("%s: %s takes one value, not several by name", f.path, flag.Name)
	}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		texts = append(texts, fmt.Sprintf("%s=%v", key, values[key]))
	}
	return strings.Join(texts, ";"), nil
}

// setting is the server's setting for a flag of any command. What check and evaluate call policy-X is X here; of the server's profiles they
// take the default one.
func (f *configFile) setting(flag *kong.Flag) (value any, ok bool) {
	value, ok = f.settings[strings.TrimPrefix(flag.Name, policyPrefix)]
	if profiles, several := value.(map[string]any); several && flag.Name == profileFlagName && !flag.IsMap() {
		value, ok = profiles[defaultProfile]
	}
	return value, ok
}

func setInEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool {
		_, ok := os.LookupEnv(name)
		return ok
	})
}
