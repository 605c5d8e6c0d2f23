package deploy_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

const dashboardFile = "deploy/grafana/bonafide.json"

// board is the form of dashboards that every Grafana imports; the one that is to follow it is for the newest alone.
type board = dashboard.Dashboard //nolint:staticcheck // see above

// readDashboard reads the dashboard strictly into Grafana's own types.
func readDashboard(t *testing.T) board {
	t.Helper()
	plugins.RegisterDefaultPlugins()
	content := []byte(file(t, dashboardFile))
	// The strict reading finds faults and loses panels; an error without a text is none.
	var strict, d board
	if err := strict.UnmarshalJSONStrict(content); err != nil && err.Error() != "" {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// query is what a panel asks Prometheus.
type query struct{ panel, expr, legend string }

// panels are those of the dashboard, without the rows that part them.
func panels(d board) []dashboard.Panel {
	var found []dashboard.Panel
	for _, p := range d.Panels {
		if p.Panel != nil {
			found = append(found, *p.Panel)
		}
	}
	return found
}

func queries(t *testing.T, d board) []query {
	t.Helper()
	var found []query
	for _, p := range panels(d) {
		for _, target := range p.Targets {
			asked, ok := target.(*prometheus.Dataquery)
			if !ok {
				t.Fatalf("%s: it asks by %T", *p.Title, target)
			}
			found = append(found, query{*p.Title, asked.Expr, *asked.LegendFormat})
		}
	}
	return found
}

func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	if err := d.Validate(); err != nil && err.Error() != "" {
		t.Error(err)
	}
	ids, titles := map[uint32]bool{}, map[string]bool{}
	var taken [][4]uint32
	for _, p := range panels(d) {
		if ids[*p.Id] || titles[*p.Title] || *p.Title == "" || *p.Description == "" {
			t.Errorf("panel %d, %q: its id or title is there twice, or it is not described", *p.Id, *p.Title)
		}
		ids[*p.Id], titles[*p.Title] = true, true
		if *p.Datasource.Uid != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%s: its source is %s, its targets are %v", *p.Title, *p.Datasource.Uid, p.Targets)
		}
		at := [4]uint32{p.GridPos.X, p.GridPos.Y, p.GridPos.X + p.GridPos.W, p.GridPos.Y + p.GridPos.H}
		for _, other := range taken {
			if at[0] < other[2] && other[0] < at[2] && at[1] < other[3] && other[1] < at[3] {
				t.Errorf("%s lies on another panel", *p.Title)
			}
		}
		taken = append(taken, at)
	}
	if len(ids) < 20 {
		t.Errorf("there are only %d panels", len(ids))
	}
	defined := map[string]bool{"__rate_interval": true}
	for _, v := range d.Templating.List {
		defined[v.Name] = true
	}
	for _, name := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(file(t, dashboardFile), -1) {
		if !defined[name[1]] && name[1] != "__all" {
			t.Errorf("there is no variable %s", name[1])
		}
	}
	for _, q := range queries(t, d) {
		if !strings.Contains(q.expr, "$instance") {
			t.Errorf("%s: it does not heed the chosen servers: %s", q.panel, q.expr)
		}
	}
	var raw map[string]any
	if err := json.Unmarshal([]byte(file(t, dashboardFile)), &raw); err != nil || raw["uid"] == "" || raw["id"] != nil {
		t.Errorf("an import wants a uid and no id: %v", err)
	}
}
