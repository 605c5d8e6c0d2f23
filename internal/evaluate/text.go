package evaluate

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/bonafide-pad/bonafide/internal/calibrate"
	"github.com/bonafide-pad/bonafide/internal/profile"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// line is one measure as it is shown everywhere.
type line struct{ Name, Value, Interval, Count string }

func rateLine(name string, r stats.Rate) line {
	if r.Of == 0 {
		return line{name, "–", "", "none"}
	}
	count := fmt.Sprintf("%d of %d", r.Count, r.Of)
	if r.Groups < r.Of {
		count += fmt.Sprintf(" in %d groups", r.Groups)
	}
	return line{name, percent(r.Value), percentInterval(r.Interval), count}
}

func shareLine(name string, e *stats.Estimate, note string) line {
	if e == nil {
		return line{name, "–", "", "needs both classes"}
	}
	return line{name, percent(e.Value), percentInterval(e.Interval), note}
}

func areaLine(name string, e *stats.Estimate) line {
	if e == nil {
		return line{name, "–", "", "needs both classes"}
	}
	return line{name, fmt.Sprintf("%.4f", e.Value), fmt.Sprintf("%.4f – %.4f", e.Interval.Low, e.Interval.High), ""}
}

func percent(v float64) string { return fmt.Sprintf("%.2f %%", 100*v) }

func percentInterval(i stats.Interval) string {
	return fmt.Sprintf("%.1f – %.1f %%", 100*i.Low, 100*i.High)
}

// lines are the measures of the whole run.
func (r *Result) lines() []line {
	if a := r.Attribute; a != nil {
		return []line{
			rateLine("missed", a.Missed), rateLine("false alarms", a.FalseAlarm), rateLine("no face", a.Faceless),
			shareLine("EER", a.EER, ""), areaLine("AUC", a.AUC),
		}
	}
	m := r.Liveness
	out := []line{rateLine("BPCER", m.BPCER)}
	if m.MaxAPCER != nil {
		out = append(out, rateLine("APCER, highest ("+m.Worst+")", *m.MaxAPCER))
	}
	out = append(out, rateLine("BPNRR", m.BPNRR))
	if m.MaxAPNRR != nil {
		out = append(out, rateLine("APNRR, highest", *m.MaxAPNRR))
	}
	for _, f := range m.Fixed {
		out = append(out, shareLine(f.Name, &f.BPCER, fmt.Sprintf("at score %.4f, highest APCER ≤ %g %%", f.Threshold, 100*f.Limit)))
	}
	out = append(out, shareLine("EER, all attacks", m.EER, ""), areaLine("AUC, all attacks", m.AUC))
	if m.ACER != nil {
		out = append(out, line{"ACER", percent(*m.ACER), "", "side figure"})
	}
	return out
}

// threshold is what the verdict compares the score with.
func (r *Result) threshold() float64 {
	if r.Attribute != nil {
		return r.Attribute.Threshold
	}
	return r.Liveness.Threshold
}

// WriteText prints the measures for people.
func (r *Result) WriteText(out io.Writer) error {
	p := r.Provenance
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s of %d pictures, threshold %g, bonafide %s\n\n", r.Task, len(r.Pictures), r.threshold(), p.Version)
	fmt.Fprintln(w, "MEASURE\tVALUE\t95 % INTERVAL\tCOUNT")
	for _, l := range r.lines() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Name, l.Value, l.Interval, l.Count)
	}
	if r.Liveness != nil && len(r.Liveness.Species) > 0 {
		fmt.Fprintln(w, "\nSPECIES\tAPCER\t95 % INTERVAL\tCOUNT\tAPNRR\tEER\tAUC")
		for _, s := range r.Liveness.Species {
			apcer, eer, auc := rateLine("", s.APCER), shareLine("", s.EER, ""), areaLine("", s.AUC)
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, apcer.Value, apcer.Interval, apcer.Count, percent(s.APNRR.Value), eer.Value, auc.Value)
		}
	}
	if len(r.Subsets) > 0 {
		fmt.Fprintln(w, "\nBY\tPICTURES\tGROUPS\tBPCER\tAPCER, HIGHEST\tEER\tAUC")
		for _, s := range r.Subsets {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", s.Column+" "+s.Value, s.Pictures, s.Groups, strings.Join(s.cells(), "\t"))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(r.Unreadable) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(out, "\n%d pictures could not be analysed:\n", len(r.Unreadable)); err != nil {
		return err
	}
	return writeUnreadable(out, r.Unreadable)
}

// cells are BPCER, the highest APCER, EER and AUC of a subset.
func (s Subset) cells() []string {
	apcer := "–"
	if s.Measures.MaxAPCER != nil {
		apcer = rateLine("", *s.Measures.MaxAPCER).Value
	}
	return []string{rateLine("", s.Measures.BPCER).Value, apcer, shareLine("", s.Measures.EER, "").Value, areaLine("", s.Measures.AUC).Value}
}

// writeUnreadable lists pictures that could not be analysed.
func writeUnreadable(out io.Writer, all []Unreadable) error {
	for _, u := range all {
		if _, err := fmt.Fprintf(out, "  %s: %s\n", u.Name, u.Message); err != nil {
			return err
		}
	}
	return nil
}

// WriteFit prints a calibration for people.
func WriteFit(out io.Writer, p profile.Profile, f calibrate.Fit) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "fitted on %s: %d bona fide in %d groups of %d sources, %d attacks in %d groups of %d sources\n", p.Fitted.Name,
		p.Fitted.BonaFide, p.Fitted.BonaFideGroups, p.Fitted.BonaFideSources, p.Fitted.Attacks, p.Fitted.AttackGroups, p.Fitted.AttackSources)
	fmt.Fprintf(w, "score %g is live logit %.3f, slope %.3f\n\n", p.Operation.Threshold, p.Operation.Logit, p.Slope)
	fmt.Fprintf(w, "at %g, each picture judged by a map fitted without its %s (%d folds):\n", p.Operation.Threshold, p.HeldOut.By, p.HeldOut.Folds)
	lines := []line{rateLine("BPCER", p.HeldOut.BPCER)}
	if m := p.HeldOut.MeanBPCER; m != nil {
		lines = append(lines, line{"BPCER, mean of sources", percent(*m), "", ""})
	}
	for _, name := range slices.Sorted(maps.Keys(p.HeldOut.APCER)) {
		lines = append(lines, rateLine("APCER "+name, p.HeldOut.APCER[name]))
	}
	lines = append(lines, areaLine("AUC, all attacks", f.Measures.AUC))
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Name, l.Value, l.Interval, l.Count)
	}
	return w.Flush()
}
