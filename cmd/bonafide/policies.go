package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
)

// nativeFlags say by what requests to the native API are assessed.
type nativeFlags struct {
	Policies       namedPolicies `help:"Requirements that requests under /v1 choose with ?policy=NAME, in YAML: by name, what differs from the default; one named default changes that." env:"BONAFIDE_POLICIES" placeholder:"YAML" group:"Policy"`
	AllowOverrides bool          `help:"Let requests under /v1 change single requirements." env:"BONAFIDE_ALLOW_OVERRIDES" default:"true" negatable:"" group:"Policy"`
}

// namedPolicies are the keys of bonafide.Requirements that each policy changes, by its name.
type namedPolicies map[string]map[string]any

// UnmarshalText reads YAML.
func (n *namedPolicies) UnmarshalText(text []byte) error {
	if err := readYAML(text, (*map[string]map[string]any)(n)); err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	return nil
}

// over are all policies, each with what it changes of the default.
func (n namedPolicies) over(base bonafide.Requirements) (map[string]bonafide.Requirements, error) {
	base, err := changed(base, n[apiv1.DefaultPolicy])
	if err != nil {
		return nil, fmt.Errorf("policies: %s: %w", apiv1.DefaultPolicy, err)
	}
	all := map[string]bonafide.Requirements{apiv1.DefaultPolicy: base}
	for _, name := range slices.Sorted(maps.Keys(n)) {
		if name == apiv1.DefaultPolicy {
			continue
		}
		if all[name], err = changed(base, n[name]); err != nil {
			return nil, fmt.Errorf("policies: %s: %w", name, err)
		}
	}
	return all, nil
}

// changed is q with the keys in changes; an unknown key is an error, and one without a value.
func changed(q bonafide.Requirements, changes map[string]any) (bonafide.Requirements, error) {
	if len(changes) == 0 {
		return q, q.Validate()
	}
	if err := haveValues(changes); err != nil {
		return q, err
	}
	text, err := yaml.Marshal(changes)
	if err != nil {
		return q, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&q); err != nil {
		return q, err
	}
	return q, q.Validate()
}

// haveValues refuses a key without a value: of a list YAML makes an empty one of it, and that no check is required must be written out.
func haveValues(changes map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		switch {
		case changes[key] != nil:
		case key == "required":
			return fmt.Errorf("%s has no value; [] is no check", key)
		default:
			return fmt.Errorf("%s has no value", key)
		}
	}
	return nil
}
