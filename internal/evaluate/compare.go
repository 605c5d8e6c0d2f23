package evaluate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// Comparison is what changed between two runs over the pictures that both judged.
type Comparison struct {
	Before, After *Result
	// Paired is the number of pictures that both answered; OnlyBefore and OnlyAfter that only one did; Unmatched is how many stand in one
	// run alone, or could be analysed in one alone.
	Paired, OnlyBefore, OnlyAfter, Unmatched int
	Changes                                  []Change
	// Fixed and Broken are the pictures whose judgement became right, and wrong.
	Fixed, Broken []Flip
}

// Change is one measure before and after. Interval is that of the difference, pictures paired and groups kept whole.
type Change struct {
	Measure       string
	Before, After float64
	Difference    stats.Estimate
	// Share is true for an error rate, false for an AUC.
	Share bool
}

// Flip is a picture that was judged otherwise.
type Flip struct {
	Before, After Row
}

// ErrIncomparable is wrapped by the errors about runs that can't be compared.
var ErrIncomparable = errors.New("the runs cannot be compared")

// Compare pairs the pictures of two runs by their digests.
func Compare(before, after *Result) (*Comparison, error) {
	if before.Task != after.Task {
		return nil, fmt.Errorf("%w: one is of %s, the other of %s", ErrIncomparable, before.Task, after.Task)
	}
	c := &Comparison{Before: before, After: after}
	a, b, err := c.pair()
	if err != nil {
		return nil, err
	}
	c.measure(bothAnswered(a, b))
	c.measureNonResponse(a, b)
	return c, nil
}

// rowKey finds the same picture in two runs: a file that occurs twice is told apart by its name.
func rowKey(r Row) string { return r.SHA256 + "\x00" + r.Name }

// pair returns the rows of the same pictures in the same order.
func (c *Comparison) pair() (a, b []Row, err error) {
	known := map[string]Row{}
	for _, r := range c.Before.Pictures {
		known[rowKey(r)] = r
	}
	for _, after := range c.After.Pictures {
		before, ok := known[rowKey(after)]
		if !ok {
			continue
		}
		if before.Truth != after.Truth || before.Species != after.Species {
			return nil, nil, fmt.Errorf("%w: %s has label %s %s in one and %s %s in the other", ErrIncomparable,
				after.Name, before.Label, before.Species, after.Label, after.Species)
		}
		c.note(before, after)
		a, b = append(a, before), append(b, after)
	}
	if len(a) == 0 {
		return nil, nil, fmt.Errorf("%w: they have no picture in common (of the same name and digest)", ErrIncomparable)
	}
	c.Unmatched = len(c.Before.Pictures) + len(c.After.Pictures) - 2*len(a)
	return a, b, nil
}

// bothAnswered are the pairs of which both have a score to compare.
func bothAnswered(a, b []Row) (first, second []Row) {
	for i := range a {
		if a[i].Answered && b[i].Answered {
			first, second = append(first, a[i]), append(second, b[i])
		}
	}
	return first, second
}

// note counts answers that came or went and lists judgements that changed.
func (c *Comparison) note(before, after Row) {
	switch {
	case before.Answered && !after.Answered:
		c.OnlyBefore++
	case !before.Answered && after.Answered:
		c.OnlyAfter++
	case before.Wrong() && !after.Wrong():
		c.Fixed = append(c.Fixed, Flip{before, after})
	case !before.Wrong() && after.Wrong():
		c.Broken = append(c.Broken, Flip{before, after})
	}
}

// measure compares the error rates of each kind, then AUC and EER. Each run keeps its own threshold: scores are set off against it, so
// that zero is the threshold of both.
func (c *Comparison) measure(a, b []Row) {
	c.Paired = len(a)
	first, second := samples(a, c.Before.threshold()), samples(b, c.After.threshold())
	missed := func(r *stats.ROC) float64 { return r.At(0).FalseNegative }
	passed := func(r *stats.ROC) float64 { return r.At(0).FalsePositive }
	names := [2]string{"BPCER", "APCER, highest"}
	if c.Before.Attribute != nil { // of which there are no species, whatever columns the manifest has
		names = [2]string{"missed", "false alarms"}
		first, second = pad.Pooled(first), pad.Pooled(second)
	}
	add := func(name string, measure func(*stats.ROC) float64, of func(stats.Sample) bool) {
		c.add(name, true, only(first, of), only(second, of), measure)
	}
	add(names[0], missed, func(s stats.Sample) bool { return s.Positive })
	add(names[1], passed, func(s stats.Sample) bool { return !s.Positive })
	if c.Before.Liveness != nil {
		for _, species := range c.Before.Liveness.Species {
			add("APCER "+species.Name, passed, func(s stats.Sample) bool { return !s.Positive && s.Stratum == species.Name })
		}
	}
	c.add("EER", true, pad.Pooled(first), pad.Pooled(second), (*stats.ROC).EER)
	c.add("AUC", false, pad.Pooled(first), pad.Pooled(second), (*stats.ROC).AUC)
}

// measureNonResponse compares the shares without an answer: an error rate falls as well where the hard pictures get none. A picture without an
// answer is a sample above the threshold.
func (c *Comparison) measureNonResponse(a, b []Row) {
	unanswered := func(rows []Row, of func(Row) bool) []stats.Sample {
		var all []stats.Sample
		for _, r := range rows {
			if s := (stats.Sample{Score: -1, Group: r.Group, Stratum: r.Species}); of(r) {
				if !r.Answered {
					s.Score = 1
				}
				all = append(all, s)
			}
		}
		return all
	}
	share := func(r *stats.ROC) float64 { return r.At(0).FalsePositive }
	if c.Before.Attribute != nil {
		everyone := func(Row) bool { return true }
		c.add("no face", true, pad.Pooled(unanswered(a, everyone)), pad.Pooled(unanswered(b, everyone)), share)
		return
	}
	live, attack := func(r Row) bool { return r.Truth }, func(r Row) bool { return !r.Truth }
	c.add("BPNRR", true, pad.Pooled(unanswered(a, live)), pad.Pooled(unanswered(b, live)), share)
	c.add("APNRR, highest", true, unanswered(a, attack), unanswered(b, attack), share)
}

func (c *Comparison) add(name string, share bool, a, b []stats.Sample, measure func(*stats.ROC) float64) {
	before, after := measure(stats.NewROC(a)), measure(stats.NewROC(b))
	if math.IsNaN(before) || math.IsNaN(after) { // a class is missing
		return
	}
	c.Changes = append(c.Changes, Change{name, before, after, stats.PairedDifference(a, b, measure), share})
}

func samples(rows []Row, threshold float64) []stats.Sample {
	all := make([]stats.Sample, len(rows))
	for i, r := range rows {
		all[i] = stats.Sample{Score: r.Score - threshold, Positive: r.Truth, Group: r.Group, Stratum: r.Species}
	}
	return all
}

// only are the samples that a measure looks at: its interval counts the groups of no others.
func only(all []stats.Sample, of func(stats.Sample) bool) []stats.Sample {
	return slices.DeleteFunc(slices.Clone(all), func(s stats.Sample) bool { return !of(s) })
}

// flipsShown is how many changed judgements of each kind are printed.
const flipsShown = 24

// WriteText prints the comparison for people.
func (c *Comparison) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s: %s (%s) against %s (%s)\n", c.Before.Task, c.Before.Provenance.Version, c.Before.Provenance.Created.Format("2006-01-02 15:04"),
		c.After.Provenance.Version, c.After.Provenance.Created.Format("2006-01-02 15:04"))
	fmt.Fprintf(w, "%d pictures answered by both, %d by the first alone, %d by the second alone\n", c.Paired, c.OnlyBefore, c.OnlyAfter)
	if c.Unmatched > 0 {
		fmt.Fprintf(w, "%d pictures could be analysed in one run alone and are not compared\n", c.Unmatched)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "MEASURE\tBEFORE\tAFTER\tDIFFERENCE\t95 % INTERVAL\t")
	for _, ch := range c.Changes {
		before, after, difference, interval := ch.cells()
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", ch.Measure, before, after, difference, interval, ch.meaning())
	}
	writeFlips(w, "became right", c.Fixed)
	writeFlips(w, "became wrong", c.Broken)
	return w.Flush()
}

func (ch Change) cells() (before, after, difference, interval string) {
	i := ch.Difference.Interval
	if ch.Share {
		return percent(ch.Before), percent(ch.After), fmt.Sprintf("%+.2f %%", 100*ch.Difference.Value), fmt.Sprintf("%+.1f – %+.1f %%", 100*i.Low, 100*i.High)
	}
	return fmt.Sprintf("%.4f", ch.Before), fmt.Sprintf("%.4f", ch.After), fmt.Sprintf("%+.4f", ch.Difference.Value), fmt.Sprintf("%+.4f – %+.4f", i.Low, i.High)
}

// meaning says what the interval allows to say.
func (ch Change) meaning() string {
	i := ch.Difference.Interval
	switch {
	case i.Low <= 0 && i.High >= 0:
		return "no difference shown"
	case (ch.Difference.Value < 0) == ch.Share:
		return "better"
	default:
		return "worse"
	}
}

func writeFlips(w io.Writer, what string, flips []Flip) {
	fmt.Fprintf(w, "\n%d judgements %s\n", len(flips), what)
	for _, f := range flips[:min(flipsShown, len(flips))] {
		fmt.Fprintf(w, "  %s\t%s\t%.4f\t%.4f\n", f.After.Name, f.After.Label+" "+f.After.Species, f.Before.Score, f.After.Score)
	}
}
