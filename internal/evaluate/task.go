package evaluate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
)

// The labels of a folder and of a manifest.
const (
	labelLive  = "live"
	labelSpoof = "spoof"
)

// Task is what pictures are judged for: a score, the threshold above which it says yes, and the labels that are a yes and a no.
type Task struct {
	// Name is "liveness", "eyes", "mouth" or "occlusion".
	Name string
	// Yes and No are the labels; the first is the usual one.
	Yes, No   []string
	score     func(bonafide.Face) float64
	threshold func(bonafide.Policy) float64
}

// Liveness asks for bona fide presentations.
func Liveness() Task {
	return Task{
		Name: "liveness", Yes: []string{labelLive, "bona fide", "real"}, No: []string{labelSpoof, "attack", "fake"},
		score:     func(f bonafide.Face) float64 { return f.Liveness },
		threshold: func(p bonafide.Policy) float64 { return p.Liveness },
	}
}

// attributes are the tasks besides liveness.
func attributes() []Task {
	return []Task{
		{
			Name: "eyes", Yes: []string{"closed"}, No: []string{"open"},
			score:     func(f bonafide.Face) float64 { return max(f.LeftEyeClosed, f.RightEyeClosed) },
			threshold: func(p bonafide.Policy) float64 { return p.EyeClosed },
		},
		{
			Name: "mouth", Yes: []string{"open"}, No: []string{"closed"},
			score:     func(f bonafide.Face) float64 { return f.MouthOpened },
			threshold: func(p bonafide.Policy) float64 { return p.MouthOpened },
		},
		{
			Name: "occlusion", Yes: []string{"occluded", "mask"}, No: []string{"none", "clear"},
			score:     func(f bonafide.Face) float64 { return f.Occlusion },
			threshold: func(p bonafide.Policy) float64 { return p.Occlusion },
		},
	}
}

// Attribute returns the task of a name: eyes, mouth or occlusion.
func Attribute(name string) (Task, error) {
	all := attributes()
	i := slices.IndexFunc(all, func(t Task) bool { return t.Name == name })
	if i < 0 {
		return Task{}, fmt.Errorf("no attribute %q: there are eyes, mouth and occlusion", name)
	}
	return all[i], nil
}

// truth reads a label.
func (t Task) truth(it Item) (yes bool, err error) {
	switch {
	case slices.Contains(t.Yes, it.Label):
		return true, nil
	case slices.Contains(t.No, it.Label):
		return false, nil
	default:
		return false, fmt.Errorf("%w: %s has label %q, allowed for %s are %s and %s", ErrLayout, it.Name, it.Label, t.Name,
			strings.Join(t.Yes, ", "), strings.Join(t.No, ", "))
	}
}

// Unnamed is the species of attacks of which none is given, so that tables say what was pooled.
const Unnamed = "unnamed"

// Prepare returns an error for the first item whose label the task doesn't know, and calls the species of attacks that have none Unnamed.
func (t Task) Prepare(items []Item) error {
	for i, it := range items {
		yes, err := t.truth(it)
		if err != nil {
			return err
		}
		if t.Name == Liveness().Name && !yes && it.Species == "" {
			items[i].Species = Unnamed
		}
	}
	return nil
}
