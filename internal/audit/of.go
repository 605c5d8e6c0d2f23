package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide"
)

// ModelSet is the digest of a set of networks: SHA-256, in hex, of the networks' SHA-256 digests in hex, sorted, each followed by a
// line feed. It changes whenever a network does.
func ModelSet(digests []string) string {
	sorted := slices.Sorted(slices.Values(digests))
	sum := sha256.Sum256([]byte(strings.Join(append(sorted, ""), "\n")))
	return hex.EncodeToString(sum[:])
}

// StagesOf are the times of the stages of analyses, those of several added up.
func StagesOf(reports ...bonafide.Report) []Stage {
	var stages []Stage
	for _, r := range reports {
		for _, t := range r.Timings {
			ms := float64(t.Duration) / float64(time.Millisecond)
			i := slices.IndexFunc(stages, func(s Stage) bool { return s.Stage == t.Stage })
			if i < 0 {
				stages = append(stages, Stage{t.Stage, ms})
				continue
			}
			stages[i].Milliseconds += ms
		}
	}
	return stages
}
