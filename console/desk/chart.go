package desk

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-analyze/charts"

	"guahao/internal/slip"
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

// chartFormat is how a chart is drawn.
type chartFormat struct {
	output        string
	width, height int
	legend        bool
	colors        []string // of the series
}

var (
	// chartSVG is for a page: texts are in the browser's own fonts, so the picture has no font in it.
	chartSVG = chartFormat{charts.ChartOutputSVG, 640, 280, true, []string{"#0b6b5d", "#d9822b", "#8aa8a2", "#3b5bdb"}}
	// chartPNG is for a chat, on a slip that says in its own font and inks what the series are.
	chartPNG = chartFormat{charts.ChartOutputPNG, 654, 300, false, []string{"#076b3d", "#b86312", "#5b6470", "#b42318"}}
	// chartInks are its colours as inks of the slip, in the same order.
	chartInks = []slip.Ink{slip.Green, slip.Orange, slip.Grey, slip.Red}
)

func (b bars) draw(f chartFormat) ([]byte, error) {
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: f.output, Width: f.width, Height: f.height})
	if b.Lines {
		if err := b.lines(p, f); err != nil {
			return nil, err
		}
		return p.Bytes()
	}
	o := charts.NewBarChartOptionWithData(b.Values)
	o.Theme = f.look()
	o.CategoryAxis.Labels = b.Labels
	o.Legend.SeriesNames, o.Legend.Show = b.legend(), &f.legend
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

// legend is the names of the series with room behind them: the library measures Chinese letters as narrower than browsers draw them.
func (b bars) legend() []string {
	names := make([]string, len(b.Names))
	for i, name := range b.Names {
		names[i] = name + strings.Repeat("\u00a0", 2*(1+(len(name)-utf8.RuneCountInString(name))/2))
	}
	return names
}

// look is the colours of every chart.
func (f chartFormat) look() charts.ColorPalette {
	var colors []charts.Color
	for _, c := range f.colors {
		colors = append(colors, charts.ColorFromHex(c))
	}
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: charts.ColorFromHex("#73827e"), AxisSplitLineColor: charts.ColorFromHex("#e3eae8"),
		BackgroundColor: charts.ColorFromHex("#ffffff"), TextColor: charts.ColorFromHex("#17211f"), SeriesColors: colors,
	})
}

// lines draws it as lines.
func (b bars) lines(p *charts.Painter, f chartFormat) error {
	o := charts.NewLineChartOptionWithData(b.Values)
	o.Theme = f.look()
	o.XAxis.Labels = b.Labels
	o.Legend.SeriesNames, o.Legend.Show = b.legend(), &f.legend
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

// drawBars answers with the picture. It is a document of its own, whose attributes of style no page can use.
func (r *request) drawBars(b bars) error {
	svg, err := b.draw(chartSVG)
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
