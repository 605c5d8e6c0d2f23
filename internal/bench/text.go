package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Text prints a result for people.
func (r Result) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "CPU times in milliseconds, medians; ratio = ours/limit\n")
	for _, p := range r.Pictures {
		p.text(w)
	}
	if r.PeakMemory > 0 {
		fmt.Fprintf(w, "\npeak memory of the measurement itself: %d MiB\n", r.PeakMemory>>20)
	}
	if len(r.Serving) > 0 {
		r.servingText(w)
	}
	r.costText(w)
	return w.Flush()
}

func (p Picture) text(w io.Writer) {
	fmt.Fprintf(w, "\n%d×%d, %.1f megapixels, %d KiB, faces: %d\n",
		p.Width, p.Height, float64(p.Width*p.Height)/1e6, p.Bytes>>10, p.Faces)
	fmt.Fprintf(w, "stage\tours\tlimit\tratio\t\n")
	for _, s := range p.Stages {
		s.text(w)
	}
	p.Whole.text(w)
	fmt.Fprintf(w, "neither decoding nor networks: %.1f %% of the whole; %d allocations, %d KiB\n",
		100*p.Between, p.Allocations, p.AllocatedBytes>>10)
	fmt.Fprintf(w, "network\truns\tours\tbare\tratio\tas published, bare\tbare/published\t\n")
	for _, n := range append(p.Networks, p.NetworksTogether) {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", n.Name, n.Runs, n.Ours, n.Limit, n.Ratio, n.Published, n.OfPublished)
	}
	if a := p.Against; a != nil {
		fmt.Fprintf(w, "all bare runs take %.2f of one run each of the networks given: %.2f against %.2f\n", a.Ratio, a.Ours, a.Limit)
	}
}

func (r Row) text(w io.Writer) {
	if r.Limit == 0 {
		fmt.Fprintf(w, "%s\t%.2f\t–\t–\t\n", r.Name, r.Ours)
		return
	}
	fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t\n", r.Name, r.Ours, r.Limit, r.Ratio)
}

func (r Result) servingText(w io.Writer) {
	fmt.Fprintf(w, "\nover HTTP, cores: %d; limit = cores ÷ CPU time of one picture, before and after; first answer %.0f ms after the start of the process\n", r.Cores, r.FirstAnswer)
	fmt.Fprintf(w, "picture\tclients\tanswered\trefused\tper second\tCPU each\tof limit\tcores had\tof their limit\tp50\tp95\tp99\tpeak MiB\t\n")
	for _, l := range r.Serving {
		fmt.Fprintf(w, "%d×%d\t%d\t%d\t%d\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%d\t\n", l.Width, l.Height, l.Clients, l.Answered, l.Refused,
			l.PerSecond, l.CPU, l.OfLimit, l.CoresHad, l.OfCoresHad, l.P50, l.P95, l.P99, l.Memory>>20)
	}
}

// costText says what a million checks cost.
func (r Result) costText(w io.Writer) {
	fmt.Fprintf(w, "\na million checks:\n")
	for _, p := range r.Pictures {
		hours := float64(p.Whole.Ours) * 1e6 / float64(time.Hour/time.Millisecond)
		fmt.Fprintf(w, "%.1f megapixels\t%.1f CPU-hours\t\n", float64(p.Width*p.Height)/1e6, hours)
	}
}
