package evaluate

import (
	"fmt"
	"strings"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// Row is one picture as judged.
type Row struct {
	Name    string   `json:"name"`
	SHA256  string   `json:"sha256"`
	Label   string   `json:"label"`
	Species string   `json:"species,omitempty"`
	Group   string   `json:"group,omitempty"`
	Columns []Column `json:"columns,omitempty"`
	// Truth is what the label says, Said what the score says: bona fide, or the attribute is there.
	Truth bool `json:"truth"`
	Said  bool `json:"said"`
	// Answered is false when there was no face, or several where exactly one is asked for.
	Answered bool `json:"answered"`
	// Result is the verdict of the policy; Faces how many were found.
	Result bonafide.Result `json:"result"`
	Faces  int             `json:"faces"`
	// Score is that of the only, or of the largest, face; 0 without a face.
	Score float64 `json:"score"`
	// Reasons say what else was seen.
	Reasons []string `json:"reasons,omitempty"`

	path string
}

// Wrong tells whether the row is an error: an answer that is not the truth.
func (r Row) Wrong() bool { return r.Answered && r.Said != r.Truth }

// Unreadable is a picture that could not be analysed.
type Unreadable struct {
	Name    string        `json:"name"`
	Code    bonafide.Code `json:"code"`
	Message string        `json:"message"`
}

// judge makes a row of a picture that was analysed.
func (t Task) judge(p Picture, policy bonafide.Policy, largest bool) (Row, error) {
	truth, err := t.truth(p.Item)
	if err != nil {
		return Row{}, err
	}
	report := p.report()
	verdict := bonafide.Judge(report, policy)
	r := Row{
		Name: p.Name, SHA256: p.SHA256, Label: p.Label, Species: p.Species, Group: p.Group, Columns: p.Extra,
		Truth: truth, Result: verdict.Result, Faces: len(p.Faces), path: p.Path,
	}
	if len(p.Faces) == 0 {
		return r, nil
	}
	r.Answered = largest || len(p.Faces) == 1
	r.Score = t.score(p.Faces[0].Face)
	r.Said = r.Score > t.threshold(policy)
	if len(p.Faces) > 1 {
		report.Faces = report.Faces[:1]
		r.Reasons = append(r.Reasons, fmt.Sprintf("%d faces", len(p.Faces)))
	}
	r.Reasons = append(r.Reasons, reasons(report, policy)...)
	return r, nil
}

// reasons tell what the only face of a report is like, and what each network says.
func reasons(report bonafide.Report, policy bonafide.Policy) []string {
	face := report.Faces[0]
	var out, cues []string
	for _, c := range face.Cues {
		cues = append(cues, fmt.Sprintf("%s %s %+.1f", c.Network, c.Crop, c.Logit))
	}
	if len(cues) > 0 {
		out = append(out, "live logits: "+strings.Join(cues, ", "))
	}
	s := bonafide.Judge(report, policy).State
	for _, n := range []struct {
		holds bool
		text  string
	}{
		{s.NotFront, fmt.Sprintf("turned (yaw %.0f°, pitch %.0f°, roll %.0f°)", face.Pose.Yaw, face.Pose.Pitch, face.Pose.Roll)},
		{s.Occluded, fmt.Sprintf("occluded %.2f", face.Occlusion)},
		{s.EyeClosed, fmt.Sprintf("eyes closed %.2f, %.2f", face.LeftEyeClosed, face.RightEyeClosed)},
		{s.MouthOpened, fmt.Sprintf("mouth open %.2f", face.MouthOpened)},
		{s.BoundaryFace, "near the edge"},
		{s.Small, fmt.Sprintf("small (eyes %.0f px apart)", face.EyeDistance)},
		{s.Quality == bonafide.QualityLow, fmt.Sprintf("low quality %.2f", face.Quality.Score)},
		{s.Luminance != bonafide.LuminanceNormal, fmt.Sprintf("%s (%.0f)", strings.ToLower(string(s.Luminance)), face.Luminance)},
	} {
		if n.holds {
			out = append(out, n.text)
		}
	}
	return out
}

func presentations(rows []Row) []pad.Presentation {
	all := make([]pad.Presentation, len(rows))
	for i, r := range rows {
		all[i] = pad.Presentation{Attack: !r.Truth, Species: r.Species, Group: r.Group, Answered: r.Answered, Score: r.Score}
	}
	return all
}

// AttributeMeasures are the figures of an attribute at a threshold, over the pictures with a face. What needs both classes is nil
// when one is missing.
type AttributeMeasures struct {
	Threshold float64 `json:"threshold"`
	// Missed is the share of those that have the attribute and score no more than the threshold; FalseAlarm that of those without
	// it that score more; Faceless that of all pictures in which no face was found.
	Missed     stats.Rate      `json:"missed"`
	FalseAlarm stats.Rate      `json:"false_alarm"`
	Faceless   stats.Rate      `json:"faceless"`
	AUC        *stats.Estimate `json:"auc"`
	EER        *stats.Estimate `json:"eer"`
}

func measureAttribute(rows []Row, threshold float64) AttributeMeasures {
	var missed, alarms, faceless []stats.Trial
	var samples []stats.Sample
	for _, r := range rows {
		faceless = append(faceless, stats.Trial{Yes: !r.Answered, Group: r.Group})
		if !r.Answered {
			continue
		}
		samples = append(samples, stats.Sample{Score: r.Score, Positive: r.Truth, Group: r.Group})
		if r.Truth {
			missed = append(missed, stats.Trial{Yes: !r.Said, Group: r.Group})
		} else {
			alarms = append(alarms, stats.Trial{Yes: r.Said, Group: r.Group})
		}
	}
	m := AttributeMeasures{
		Threshold: threshold, Missed: stats.NewRate(missed), FalseAlarm: stats.NewRate(alarms), Faceless: stats.NewRate(faceless),
	}
	if roc := stats.NewROC(samples); roc.Complete() {
		e := roc.Bootstrap(func(r *stats.ROC) []float64 { return []float64{r.AUC(), r.EER()} })
		m.AUC, m.EER = &e[0], &e[1]
	}
	return m
}
