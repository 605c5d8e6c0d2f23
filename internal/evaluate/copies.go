package evaluate

import "fmt"

// joinCopies puts copies of one picture, files of the same content, into one group, for a copy is no further sample: that of the first that has
// one, else one named after the first. Copies that are given groups keep them.
func joinCopies(pictures []Picture) {
	seen, group := map[string]int{}, map[string]string{}
	for _, p := range pictures {
		if seen[p.SHA256]++; group[p.SHA256] == "" {
			group[p.SHA256] = p.Group
		}
	}
	for i, p := range pictures {
		if p.SHA256 == "" || p.Group != "" || seen[p.SHA256] == 1 {
			continue
		}
		if group[p.SHA256] == "" {
			group[p.SHA256] = p.Name
		}
		pictures[i].Group = group[p.SHA256]
	}
}

// refuseContradictions returns an error for the first picture with a face that is said to be one thing and, as a copy, the other.
func (t Task) refuseContradictions(pictures []Picture) error {
	first := map[string]Picture{}
	for _, p := range pictures {
		if len(p.Faces) == 0 {
			continue
		}
		other, ok := first[p.SHA256]
		if !ok {
			first[p.SHA256] = p
			continue
		}
		is, err := t.truth(p.Item)
		if err != nil {
			return err
		}
		was, err := t.truth(other.Item)
		if err != nil {
			return err
		}
		if is != was {
			return fmt.Errorf("%w: %s (%s) and %s (%s) are the same picture", ErrLayout, other.Name, other.Label, p.Name, p.Label)
		}
	}
	return nil
}
