package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Check the settings; exit 2 and name the first that is wrong."`
	Show  configShowCmd  `cmd:"" help:"Print every setting of the server as it is in force, as a configuration file."`
}

// Help teaches what the flags don't say.
func (configCmd) Help() string {
	return `Each setting is a flag of serve, an environment variable and a key of the configuration file; the first of these that has it
counts. Keys have the flags' names.`
}

type configCheckCmd struct{ serveFlags }

// Run checks the settings.
func (c configCheckCmd) Run(s *streams) error {
	if err := c.validate(); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "the settings are right")
	return nil
}

type configShowCmd struct{ serveFlags }

// Run prints the settings by groups, each with where it comes from.
func (c configShowCmd) Run(s *streams, parsed *kong.Context, file *configFile) error {
	group := ""
	for _, flag := range parsed.Selected().Flags {
		if flag.Name == "help" {
			continue
		}
		if name := groupOf(flag); name != group {
			group = name
			fmt.Fprintf(s.out, "\n# %s\n", group)
		}
		value, err := yamlValue(flag)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: %s # %s\n", flag.Name, value, sourceOf(flag, parsed, file))
	}
	return nil
}

func groupOf(flag *kong.Flag) string {
	if flag.Group == nil {
		return "General"
	}
	return flag.Group.Key
}

// yamlValue is a flag's value on one line of YAML.
func yamlValue(flag *kong.Flag) (string, error) {
	value := flag.Target.Interface()
	if text, ok := value.(fmt.Stringer); ok {
		value = text.String()
	}
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		return "", fmt.Errorf("%s: %w", flag.Name, err)
	}
	node.Style = yaml.FlowStyle
	if node.Kind == yaml.ScalarNode {
		node.Style = 0
	}
	raw, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(raw)), err
}

// sourceOf says where a flag's value comes from.
func sourceOf(flag *kong.Flag, parsed *kong.Context, file *configFile) string {
	given := func(p *kong.Path) bool { return p.Flag == flag && !p.Resolved }
	switch _, inFile := file.settings[flag.Name]; {
	case slices.ContainsFunc(parsed.Path, given):
		return "command line"
	case setInEnvironment(flag):
		return "environment: " + strings.Join(flag.Envs, ", ")
	case inFile:
		return file.path
	default:
		return "default"
	}
}
