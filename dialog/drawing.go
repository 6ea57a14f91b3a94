package dialog

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Measures of the drawing, in pixels.
const (
	boxWidth, boxHeight = 148, 26
	columnGap, rowGap   = 64, 14
	flowPad, flowTitle  = 20, 24
	margin              = 16
)

// spot is where a state stands: the upper left corner of its box.
type spot struct {
	x, y   int
	flow   flow
	column int
}

// drawing is the table in layers: each flow is a band, each of its columns a step further from where one enters it.
type drawing struct {
	spots         map[State]spot
	bands         []band
	width, height int
}

type band struct {
	title          string
	y, width, high int
}

// SVG draws the table as a picture, for where Mermaid is not rendered.
func SVG() string {
	rows := table()
	d := layOut(rows)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="sans-serif" font-size="12">`+"\n", d.width, d.height)
	b.WriteString("<title>The states of the conversation</title>\n" +
		`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#51606f"/></marker></defs>` + "\n" +
		`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for _, f := range d.bands {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="#f4f7fa" stroke="#d5dde5"/><text x="%d" y="%d" font-weight="bold" fill="#33424f">%s</text>`+"\n",
			margin, f.y, f.width, f.high, margin+10, f.y+17, html.EscapeString(f.title))
	}
	for _, r := range rows {
		for _, to := range r.goes {
			b.WriteString(d.arrow(d.spots[r.state], d.spots[to]))
		}
	}
	for _, r := range rows {
		s := d.spots[r.state]
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="#fff" stroke="#2b7de9"/><text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
			s.x, s.y, boxWidth, boxHeight, s.x+boxWidth/2, s.y+17, html.EscapeString(string(r.state)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// layOut places the states, one band under the other.
func layOut(rows []row) drawing {
	d := drawing{spots: map[State]spot{}}
	y := margin
	for _, f := range flows {
		columns := layers(rows, f.flow)
		tallest := 0
		for _, column := range columns {
			tallest = max(tallest, len(column))
		}
		high := flowTitle + flowPad + tallest*(boxHeight+rowGap)
		for x, column := range columns {
			top := y + flowTitle + 10 + (tallest-len(column))*(boxHeight+rowGap)/2 // a short column stands in the middle
			for n, state := range column {
				d.spots[state] = spot{x: margin + flowPad + x*(boxWidth+columnGap), y: top + n*(boxHeight+rowGap), flow: f.flow, column: x}
			}
		}
		width := 2*flowPad + len(columns)*(boxWidth+columnGap) - columnGap
		d.bands = append(d.bands, band{title: f.title, y: y, width: width, high: high})
		d.width = max(d.width, width+2*margin)
		y += high + margin
	}
	d.height = y
	for i := range d.bands {
		d.bands[i].width = d.width - 2*margin
	}
	return d
}

// layers gives a flow's states by how many steps they are from where the flow is entered: its first state, and those to which nothing of the flow leads.
// Within a column they stand in the order of those that lead to them.
func layers(rows []row, f flow) [][]State {
	var mine []row
	led := map[State]bool{}
	for _, r := range rows {
		if r.flow != f {
			continue
		}
		mine = append(mine, r)
		for _, to := range r.goes {
			led[to] = led[to] || to != r.state
		}
	}
	placed := map[State]bool{}
	var columns [][]State
	var column []State
	for n, r := range mine {
		if n == 0 || !led[r.state] {
			column = append(column, r.state)
			placed[r.state] = true
		}
	}
	for len(column) > 0 {
		columns = append(columns, column)
		var next []State
		for _, from := range column {
			for _, to := range goesOf(mine, from) {
				if !placed[to] && slices.ContainsFunc(mine, func(r row) bool { return r.state == to }) {
					placed[to] = true
					next = append(next, to)
				}
			}
		}
		column = next
		for _, r := range mine { // a ring that nothing outside of it leads to begins anew
			if len(column) == 0 && !placed[r.state] {
				placed[r.state] = true
				column = []State{r.state}
			}
		}
	}
	return columns
}

func goesOf(rows []row, state State) []State {
	at := slices.IndexFunc(rows, func(r row) bool { return r.state == state })
	return rows[at].goes
}

// arrow leads from one box to another: forward from side to side, back or within a column around below. To another flow it is pale.
func (d drawing) arrow(from, to spot) string {
	stroke := `stroke="#51606f"`
	if from.flow != to.flow {
		stroke = `stroke="#a9b6c2" stroke-dasharray="4 3"`
	}
	var path string
	if to.x > from.x {
		x1, y1, x2, y2 := from.x+boxWidth, from.y+boxHeight/2, to.x, to.y+boxHeight/2
		bend := columnGap / 2
		path = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
	} else {
		x1, y1, x2, y2 := from.x+boxWidth/2-12, from.y+boxHeight, to.x+boxWidth/2+12, to.y+boxHeight
		if to.flow != from.flow && to.y < from.y {
			y1 = from.y
		}
		drop := 18 + max(0, from.column-to.column)*4
		if y2 > y1 && to.flow != from.flow {
			y2, drop = to.y, 0
		}
		path = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1, y1+drop, x2, y2+drop, x2, y2)
	}
	return fmt.Sprintf(`<path d="%s" fill="none" %s marker-end="url(#arrow)"/>`+"\n", path, stroke)
}
