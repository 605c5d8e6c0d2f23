package evaluate

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/bonafide-pad/bonafide"
)

// PageOptions say what goes into the page.
type PageOptions struct {
	// Thumbnails puts small copies of the worst errors into the page: it then shows faces.
	Thumbnails bool
	// Limits bound the decoding of the pictures for the thumbnails.
	Limits bonafide.Limits
}

// worstShown is how many errors of each kind are shown.
const worstShown = 24

//go:embed report.html
var pageSource string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{"percent": percent}).Parse(pageSource))

// page is what the template shows.
type page struct {
	*Result
	Threshold  float64
	Lines      []line
	Species    []speciesRow
	Subsets    []subsetRow
	DET        template.HTML
	Histogram  template.HTML
	Errors     []errorGallery
	Thumbnails bool
}

type speciesRow struct {
	Name             string
	APCER, APNRR     line
	EqualError, Area line
}

type subsetRow struct {
	Subset
	Cells []string
}

// errorGallery are the worst errors of one kind.
type errorGallery struct {
	Title string
	Total int
	Shown []shownError
}

type shownError struct {
	Row
	Thumbnail template.URL
	NotShown  string // why there is no thumbnail, where there should be one
}

// WriteHTML writes one page that needs nothing else: styles, plots and thumbnails are inside.
func (r *Result) WriteHTML(w io.Writer, o PageOptions) error {
	p := page{Result: r, Threshold: r.threshold(), Lines: r.lines(), Thumbnails: o.Thumbnails}
	yes, no := r.classNames()
	var err error
	if p.Histogram, err = histogram(r, yes, no); err != nil {
		return err
	}
	if m := r.Liveness; m != nil {
		p.addLiveness(r)
		if m.DET != nil && m.MaxAPCER != nil {
			if p.DET, err = detCurve(m); err != nil {
				return err
			}
		}
	}
	for _, g := range []struct {
		title string
		truth bool
	}{{no + ", taken for " + yes, false}, {yes + ", taken for " + no, true}} {
		p.Errors = append(p.Errors, r.gallery(g.title, g.truth, o))
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func (p *page) addLiveness(r *Result) {
	for _, s := range r.Liveness.Species {
		p.Species = append(p.Species, speciesRow{
			s.Name, rateLine("APCER", s.APCER), rateLine("APNRR", s.APNRR), shareLine("EER", s.EER, ""), areaLine("AUC", s.AUC),
		})
	}
	for _, s := range r.Subsets {
		p.Subsets = append(p.Subsets, subsetRow{s, s.cells()})
	}
}

// classNames are what the two truths are called.
func (r *Result) classNames() (yes, no string) {
	if r.Attribute == nil {
		return "bona fide", "attacks"
	}
	i := slices.IndexFunc(attributes(), func(t Task) bool { return t.Name == r.Task })
	if i < 0 {
		return "with it", "without it"
	}
	t := attributes()[i]
	return t.Yes[0], t.No[0]
}

func (r *Result) gallery(title string, truth bool, o PageOptions) errorGallery {
	g := errorGallery{Title: title, Total: len(r.worst(truth, len(r.Pictures)))}
	for _, row := range r.worst(truth, worstShown) {
		shown := shownError{Row: row}
		if o.Thumbnails {
			var err error
			if shown.Thumbnail, err = thumbnail(row.path, o.Limits); err != nil { // moved since it was measured: the figures stand all the same
				shown.NotShown = err.Error()
			}
		}
		g.Shown = append(g.Shown, shown)
	}
	return g
}
