package bonafide

import "slices"

// Decision is the outcome of an assessment.
type Decision string

// The decisions of Assess.
const (
	Live         Decision = "live"
	Attack       Decision = "spoof"
	CannotAssess Decision = "cannot_assess"
)

// Assessment is an explained decision on a picture.
type Assessment struct {
	// Decision is spoof when any assessed face is an attack, else cannot_assess when a required check failed, else live.
	Decision Decision `json:"decision"`
	// Score is the lowest liveness of the assessed faces, 0..1; nil when no face was assessed.
	Score *float64 `json:"score"`
	// Threshold is the score above which a face is live.
	Threshold float64 `json:"threshold"`
	// Reasons explain the decision and say what to do, those that prevent a decision first.
	Reasons []Reason `json:"reasons"`
	// Subjects are the assessed faces.
	Subjects []Subject `json:"subjects"`
}

// Subject is the assessment of one face.
type Subject struct {
	// Face is its index in Report.Faces.
	Face     int      `json:"face"`
	Decision Decision `json:"decision"`
	Score    float64  `json:"score"`
	Reasons  []Reason `json:"reasons"`
}

// Assess decides and explains. It is a pure function.
func Assess(r Report, q Requirements) Assessment {
	a := Assessment{Decision: CannotAssess, Threshold: q.Liveness, Reasons: []Reason{}, Subjects: []Subject{}}
	faces, refusal := q.choose(r)
	if refusal != nil {
		a.Reasons = append(a.Reasons, *refusal)
		return a
	}
	for _, i := range faces {
		a.Subjects = append(a.Subjects, assessFace(r, i, q))
	}
	a.Decision = Live
	for _, s := range a.Subjects {
		a.Decision = graver(a.Decision, s.Decision)
		if a.Score == nil || s.Score < *a.Score {
			a.Score = &s.Score
		}
		for _, reason := range s.Reasons {
			if !slices.ContainsFunc(a.Reasons, func(known Reason) bool { return known.Code == reason.Code }) {
				a.Reasons = append(a.Reasons, reason)
			}
		}
	}
	sortReasons(a.Reasons)
	return a
}

func assessFace(r Report, index int, q Requirements) Subject {
	face := r.Faces[index]
	s := Subject{Face: index, Decision: Live, Score: face.Liveness, Reasons: []Reason{}}
	for _, c := range checks {
		if reason, failed := c.apply(r, face, q); failed {
			s.Reasons = append(s.Reasons, reason)
		}
	}
	switch {
	case slices.ContainsFunc(s.Reasons, func(reason Reason) bool { return reason.Blocking }):
		s.Decision = CannotAssess
	case !(face.Liveness > q.Liveness): // not written the other way round: NaN must not be live
		s.Decision = Attack
		s.Reasons = append(s.Reasons, attackSuspected(face.Liveness, q.Liveness))
	}
	sortReasons(s.Reasons)
	return s
}

// graver is the decision that outweighs the other: an attack before what cannot be assessed before live.
func graver(a, b Decision) Decision {
	for _, d := range []Decision{Attack, CannotAssess} {
		if a == d || b == d {
			return d
		}
	}
	return Live
}

// sortReasons puts what prevents a decision first and keeps the order otherwise.
func sortReasons(reasons []Reason) {
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		switch {
		case a.Blocking == b.Blocking:
			return 0
		case a.Blocking:
			return -1
		default:
			return 1
		}
	})
}
