package bench

import (
	"slices"
	"time"
)

// Result is everything that was measured, in one process on one machine.
type Result struct {
	Cores    int       `json:"cores"`
	Pictures []Picture `json:"pictures"`
	// PeakMemory is the most that this process held, in bytes; 0 where that is not known.
	PeakMemory int64 `json:"peak_memory"`
	// Serving is what the server did over HTTP.
	Serving []Level `json:"serving"`
	// FirstAnswer is the time from the start of the server's process to its first answer.
	FirstAnswer Milliseconds `json:"first_answer_ms"`
}

// Milliseconds is a time, as JSON and tables have it.
type Milliseconds float64

func milliseconds(d time.Duration) Milliseconds { return Milliseconds(d.Seconds() * 1e3) }

// Picture is what was measured on one picture; times are CPU times, medians of the rounds.
type Picture struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Bytes  int `json:"bytes"`
	Faces  int `json:"faces"`
	// Stages are in the order of the data path; the limit of a stage is that of its decoding or its networks, 0 where it has none.
	Stages   []Row `json:"stages"`
	Networks []Row `json:"networks"`
	// NetworksTogether are all runs of networks, Whole is everything against the sum of the limits.
	NetworksTogether Row `json:"networks_together"`
	Whole            Row `json:"whole"`
	// Against are all bare runs of networks against one run each of the networks that they were to be measured against.
	Against *Row `json:"against,omitempty"`
	// Between is the share of the whole that is neither decoding nor a network.
	Between        float64 `json:"between"`
	Allocations    uint64  `json:"allocations"`
	AllocatedBytes uint64  `json:"allocated_bytes"`
}

// Row is one thing measured against its limit.
type Row struct {
	Name string `json:"name"`
	// Runs are a network's for the picture.
	Runs  int          `json:"runs,omitempty"`
	Ours  Milliseconds `json:"ours_ms"`
	Limit Milliseconds `json:"limit_ms"`
	// Ratio is Ours/Limit, 0 without a limit.
	Ratio float64 `json:"ratio"`
	// Published is the bare run of a network as its publisher has it, OfPublished the share of it that the bare run of the product's
	// form takes.
	Published   Milliseconds `json:"published_ms,omitempty"`
	OfPublished float64      `json:"of_published,omitempty"`
}

// summarize takes the medians of rounds, of which there must be one at least.
func summarize(all []round) Picture {
	first := all[0]
	p := Picture{Width: first.report.Width, Height: first.report.Height, Faces: len(first.report.Faces)}
	for _, name := range first.order {
		p.Stages = append(p.Stages, compare(all, name, func(r round) times { return times{ours: r.stages[name].ours, limit: r.stageLimit(name)} }))
	}
	for _, name := range first.names {
		row := compare(all, name, func(r round) times { n := r.networks[name]; return times{n.ours, n.bare, n.published} })
		row.Runs = first.networks[name].runs
		p.Networks = append(p.Networks, row)
	}
	p.NetworksTogether = compare(all, "networks", round.allNetworks)
	p.Whole = compare(all, "whole", func(r round) times { return times{ours: r.whole, limit: r.decode + r.allNetworks().limit} })
	if against := compare(all, "against", func(r round) times { return times{ours: r.allNetworks().limit, limit: r.against} }); against.Limit > 0 {
		p.Against = &against
	}
	p.Between = median(all, func(r round) float64 {
		return float64(r.whole-r.stages["decode"].ours-r.allNetworks().ours) / float64(r.whole)
	})
	return p
}

// stageLimit is what a stage would take with bare decoding and bare networks.
func (r round) stageLimit(name string) time.Duration {
	if name == "decode" {
		return r.decode
	}
	var sum time.Duration
	for network, runs := range r.stages[name].runs {
		n := r.networks[network]
		sum += n.bare * time.Duration(runs) / time.Duration(n.runs)
	}
	return sum
}

func (r round) allNetworks() times {
	var sum times
	for _, n := range r.networks {
		sum.ours += n.ours
		sum.limit += n.bare
		sum.published += n.published
	}
	return sum
}

type times struct{ ours, limit, published time.Duration }

// compare makes a row of one measure of every round.
func compare(all []round, name string, of func(round) times) Row {
	row := Row{
		Name:      name,
		Ours:      median(all, func(r round) Milliseconds { return milliseconds(of(r).ours) }),
		Limit:     median(all, func(r round) Milliseconds { return milliseconds(of(r).limit) }),
		Published: median(all, func(r round) Milliseconds { return milliseconds(of(r).published) }),
	}
	if row.Limit > 0 {
		row.Ratio = median(all, func(r round) float64 { return float64(of(r).ours) / float64(of(r).limit) })
	}
	if row.Published > 0 {
		row.OfPublished = median(all, func(r round) float64 { return float64(of(r).limit) / float64(of(r).published) })
	}
	return row
}

func median[T any, N float64 | Milliseconds](all []T, of func(T) N) N {
	var values []N
	for _, r := range all {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Level is what the server did with so many clients at once.
type Level struct {
	Width    int `json:"width"`
	Height   int `json:"height"`
	Clients  int `json:"clients"`
	Answered int `json:"answered"`
	// Refused are answers other than 200.
	Refused int `json:"refused"`
	// PerSecond are the pictures answered in a second, CPU the server's time for each.
	PerSecond float64      `json:"per_second"`
	CPU       Milliseconds `json:"cpu_ms"`
	// CoresHad is how many cores the server had on average: fewer than there are when other programs run.
	CoresHad float64 `json:"cores_had"`
	// OfLimit is PerSecond over cores ÷ the CPU time of one picture alone, OfCoresHad the same over the cores that it had.
	OfLimit    float64      `json:"of_limit"`
	OfCoresHad float64      `json:"of_cores_had"`
	P50        Milliseconds `json:"p50_ms"`
	P95        Milliseconds `json:"p95_ms"`
	P99        Milliseconds `json:"p99_ms"`
	// Memory is the most that the server has held up to here, in bytes.
	Memory int64 `json:"memory"`
}

// NewLevel sums up latencies of answered requests, in any order, that took so long altogether; alone is the CPU time of one picture.
func NewLevel(latencies []time.Duration, elapsed, cpu time.Duration, alone Milliseconds, cores int) Level {
	l := Level{Answered: len(latencies), CoresHad: float64(cpu) / float64(elapsed)}
	if len(latencies) == 0 {
		return l
	}
	slices.Sort(latencies)
	at := func(percent int) Milliseconds { return milliseconds(latencies[(len(latencies)-1)*percent/100]) }
	l.P50, l.P95, l.P99 = at(50), at(95), at(99)
	l.PerSecond = float64(len(latencies)) / elapsed.Seconds()
	l.CPU = milliseconds(cpu) / Milliseconds(len(latencies))
	l.OfLimit = l.PerSecond * float64(alone) / 1e3 / float64(cores)
	l.OfCoresHad = float64(alone / l.CPU)
	return l
}
