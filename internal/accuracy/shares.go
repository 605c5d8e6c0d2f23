package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/spoof"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// shares prints what the near view's share in the liveness network's live logit does to either half of pad/ as the training parts it:
// shares are chosen on the choosing half. The near view's teacher learned from pictures like the web photographs, and judges cameras that it
// never saw worse than the other two do; so its share should be no larger than the web photographs need.
func shares(ctx context.Context, l *lab) error {
	all, _, err := presentations(ctx, l)
	if err != nil {
		return err
	}
	in := near(all[0].face.Cues)
	if in < 0 {
		return errors.New("the shipped liveness network is not in use")
	}
	crop := all[0].face.Cues[in]
	l.printf("the share is %g\n", spoof.Share(crop.Network, crop.Crop, 1))
	rows := [][]string{{"near", "choosing: web photographs", "every source the same", "reporting: web photographs", "every source the same"}}
	for hundredths := 10; hundredths <= 60; hundredths += 5 {
		share := float64(hundredths) / 100
		line := []string{fmt.Sprintf("%.2f", share)}
		for _, choosing := range []bool{true, false} {
			half := slices.DeleteFunc(slices.Clone(all), func(p presentation) bool { return chosenOn(p) != choosing })
			web, _ := partition(half)
			value := func(p presentation) float64 { return withShare(p.face.Cues, in, share) }
			line = append(line, fmt.Sprintf("%.4f", stats.NewROC(livenessSamples(web, value)).AUC()), fmt.Sprintf("%.4f", evenAUC(half, value)))
		}
		rows = append(rows, line)
	}
	return l.table(rows)
}

// near is the index of the liveness network's first view, which its others follow; −1 where it is not in use.
func near(cues []bonafide.Cue) int {
	return slices.IndexFunc(cues, func(c bonafide.Cue) bool { return spoof.IsOwn(c.Network) })
}

// withShare is the live logit of the network's three views with another share of the near one.
func withShare(cues []bonafide.Cue, near int, share float64) float64 {
	return share*cues[near].Logit + (1-share)/2*(cues[near+1].Logit+cues[near+2].Logit)
}

// chosenOn tells whether a picture is in the half that a training may look at: by camera, as training/evaluate.py says it.
func chosenOn(p presentation) bool {
	key, _, _ := strings.Cut(p.source, " (")
	if p.source == celebA || p.source == "minivision samples" {
		key = p.group
	}
	key = strings.TrimSuffix(strings.TrimSuffix(key, "/live"), "/spoof")
	return sha256.Sum256([]byte(key))[0]%2 == 0
}

// evenAUC is the AUC where every source counts the same in each class.
func evenAUC(all []presentation, value func(presentation) float64) float64 {
	var live, attacks [][]float64
	bySource := map[string]int{}
	for _, p := range all {
		class := &attacks
		if p.live {
			class = &live
		}
		key := fmt.Sprint(p.source, p.live)
		i, known := bySource[key]
		if !known {
			i = len(*class)
			bySource[key] = i
			*class = append(*class, nil)
		}
		(*class)[i] = append((*class)[i], value(p))
	}
	var sum float64
	for _, l := range live {
		for _, a := range attacks {
			sum += above(l, a)
		}
	}
	return sum / float64(len(live)*len(attacks))
}
