package desk

import (
	"fmt"
	"net/http"

	"github.com/go-analyze/charts"
)

// bars is a chart of bars side by side, or of lines: a name and a row of values for each series.
type bars struct {
	Labels []string
	Names  []string
	Values [][]float64
	Lines  bool
}

// fewBars is below how many labels bars would be as wide as the picture.
const fewBars = 5

// svg draws it. Texts are the browser's own fonts: the picture has no font in it.
func (b bars) svg() ([]byte, error) {
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 640, Height: 280})
	if b.Lines {
		if err := b.lines(p); err != nil {
			return nil, err
		}
		return p.Bytes()
	}
	o := charts.NewBarChartOptionWithData(b.Values)
	o.Theme = look()
	o.CategoryAxis.Labels = b.Labels
	o.Legend.SeriesNames = b.Names
	if len(b.Labels) < fewBars {
		o.BarSize = 0.3
	}
	zero := 0.0
	for i := range o.ValueAxis {
		o.ValueAxis[i].Min = &zero
	}
	o.ValueFormatter = func(f float64) string { return fmt.Sprintf("%.0f", f) }
	if err := p.BarChart(o); err != nil {
		return nil, fmt.Errorf("draw a chart: %w", err)
	}
	return p.Bytes()
}

// look is the colours of every chart.
func look() charts.ColorPalette {
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: charts.ColorFromHex("#73827e"), AxisSplitLineColor: charts.ColorFromHex("#e3eae8"),
		BackgroundColor: charts.ColorFromHex("#ffffff"), TextColor: charts.ColorFromHex("#17211f"),
		SeriesColors: []charts.Color{charts.ColorFromHex("#0b6b5d"), charts.ColorFromHex("#d9822b"), charts.ColorFromHex("#8aa8a2"), charts.ColorFromHex("#3b5bdb")},
	})
}

// lines draws it as lines.
func (b bars) lines(p *charts.Painter) error {
	o := charts.NewLineChartOptionWithData(b.Values)
	o.Theme = look()
	o.XAxis.Labels = b.Labels
	o.Legend.SeriesNames = b.Names
	o.Symbol.Shape = charts.SymbolNone
	zero := 0.0
	for i := range o.YAxis {
		o.YAxis[i].Min = &zero
	}
	o.ValueFormatter = func(f float64) string { return fmt.Sprintf("%.0f", f) }
	if err := p.LineChart(o); err != nil {
		return fmt.Errorf("draw a chart: %w", err)
	}
	return nil
}

// empty tells whether there is nothing to see.
func (b bars) empty() bool {
	for _, row := range b.Values {
		for _, v := range row {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

// draw answers with the picture. It is a document of its own, whose attributes of style no page can use.
func (r *request) draw(b bars) error {
	svg, err := b.svg()
	if err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	r.w.WriteHeader(http.StatusOK)
	_, err = r.w.Write(svg)
	return err
}
