package evaluate

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// Colours that stay apart for the colour-blind (Okabe and Ito) and in grey print.
var (
	blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	orange = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
	grey   = color.NRGBA{0x66, 0x66, 0x66, 0xff}
)

const (
	plotWidth  = 15 * vg.Centimeter
	plotHeight = 11 * vg.Centimeter
)

// deviates are the error rates marked on the axes of a DET curve, which ends at the outer ones.
var deviates = []float64{.001, .005, .01, .02, .05, .1, .2, .4, .6, .8, .95}

// detCurve plots BPCER over the highest APCER, both axes in normal deviates, with the operating point.
func detCurve(m *pad.Measures) (template.HTML, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "APCER, highest of the species (%)", "BPCER (%)"
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Min, axis.Max = stats.Probit(deviates[0]), stats.Probit(deviates[len(deviates)-1])
		axis.Tick.Marker = plot.ConstantTicks(deviateTicks())
	}
	p.Add(plotter.NewGrid())
	var points plotter.XYs
	for _, d := range m.DET {
		points = append(points, plotter.XY{X: deviate(d.APCER), Y: deviate(d.BPCER)})
	}
	curve, err := plotter.NewLine(points)
	if err != nil {
		return "", fmt.Errorf("drawing the DET curve: %w", err)
	}
	curve.Color, curve.Width = blue, vg.Points(1.5)
	at, err := plotter.NewScatter(plotter.XYs{{X: deviate(m.MaxAPCER.Value), Y: deviate(m.BPCER.Value)}})
	if err != nil {
		return "", fmt.Errorf("drawing the DET curve: %w", err)
	}
	at.GlyphStyle = draw.GlyphStyle{Color: orange, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	p.Add(curve, at)
	p.Legend.Top = true
	p.Legend.Add("all thresholds", curve)
	p.Legend.Add(fmt.Sprintf("threshold %g", m.Threshold), at)
	return inlineSVG(p)
}

// deviate keeps a rate inside the axes.
func deviate(rate float64) float64 {
	return stats.Probit(min(max(rate, deviates[0]), deviates[len(deviates)-1]))
}

func deviateTicks() []plot.Tick {
	var ticks []plot.Tick
	for _, d := range deviates {
		ticks = append(ticks, plot.Tick{Value: stats.Probit(d), Label: fmt.Sprintf("%g", 100*d)})
	}
	return ticks
}

// histogramBins is the number of bins between score 0 and 1.
const histogramBins = 40

// histogram plots how the scores of both classes are spread, each as a share of its class, with the threshold.
func histogram(r *Result, yes, no string) (template.HTML, error) {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "score", "share of the class"
	p.X.Min, p.X.Max, p.Y.Min = 0, 1, 0
	top := 0.0
	for _, class := range []struct {
		truth bool
		name  string
		ink   color.NRGBA
	}{{false, no, orange}, {true, yes, blue}} {
		bins, n := spread(r.Pictures, class.truth)
		if n == 0 {
			continue
		}
		for i := range bins {
			bins[i].Weight /= float64(n)
			top = max(top, bins[i].Weight)
		}
		fill := class.ink
		fill.A = 0x80
		h := &plotter.Histogram{Bins: bins, Width: 1. / histogramBins, FillColor: fill, LineStyle: draw.LineStyle{Color: class.ink, Width: vg.Points(.5)}}
		p.Add(h)
		p.Legend.Add(fmt.Sprintf("%s (%d)", class.name, n), h)
	}
	line, err := plotter.NewLine(plotter.XYs{{X: r.threshold(), Y: 0}, {X: r.threshold(), Y: top}})
	if err != nil {
		return "", fmt.Errorf("drawing the histogram: %w", err)
	}
	line.LineStyle = draw.LineStyle{Color: grey, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(4), vg.Points(2)}}
	p.Add(line)
	p.Legend.Add(fmt.Sprintf("threshold %g", r.threshold()), line)
	p.Legend.Top = true
	p.Legend.XOffs = -3 * vg.Centimeter
	return inlineSVG(p)
}

// spread counts the answered scores of one class by bin.
func spread(rows []Row, truth bool) (bins []plotter.HistogramBin, n int) {
	bins = make([]plotter.HistogramBin, histogramBins)
	for i := range bins {
		bins[i].Min, bins[i].Max = float64(i)/histogramBins, float64(i+1)/histogramBins
	}
	for _, r := range rows {
		if r.Answered && r.Truth == truth {
			n++
			bins[min(histogramBins-1, max(0, int(r.Score*histogramBins)))].Weight++
		}
	}
	return bins, n
}

// inlineSVG draws a plot as an element of an HTML page.
func inlineSVG(p *plot.Plot) (template.HTML, error) {
	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", fmt.Errorf("writing a plot: %w", err)
	}
	svg := out.String()
	start := strings.Index(svg, "<svg")
	if start < 0 {
		return "", errors.New("the drawing library wrote no <svg>")
	}
	return template.HTML(svg[start:]), nil //nolint:gosec // drawn here; its texts are escaped by the drawing library
}
