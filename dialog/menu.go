package dialog

import (
	"errors"
	"strings"

	"guahao/booking"
	"guahao/bots"
	"guahao/dialog/understand"
)

const (
	pageSize  = 8  // options on a page, besides the ways to other pages and back
	keptLabel = 24 // characters of a label that are remembered
	maxLabel  = 48 // characters of a label
	pairWidth = 20 // labels that are all at most this wide stand two in a row
)

// What an option may do in any state.
const (
	doBack     = "back"
	doNext     = "next"
	doPrevious = "previous"
	doYes      = "yes"
	doNo       = "no"
	doPick     = "pick" // the thing with this ID
	doAdd      = "add"
	doCancel   = "cancel"
	doGiveBack = "give"
)

// list is what a step offers.
type list struct {
	prompt key      // instead of the row's
	args   []any    // for the prompt
	text   string   // instead of any prompt
	lead   []string // lines before the prompt
	about  []string // lines after the prompt; large type goes without
	items  []item   // in pages
	extra  []item   // after the items, on every page
	root   bool     // there is nothing to go back to
	charge string   // the token of a charge to be paid here
}

// item is one option of a list.
type item struct {
	choice
	label   string
	names   []string // what else a person may type for it
	yes, no bool     // the words yes and no mean it
	alone   bool     // it stands in a row of its own, whatever the others do
	command string   // works from any message at any time
}

// list gives what the step offers now.
func (r *row) list(t *turn) (list, error) {
	if r.items == nil {
		return list{}, nil
	}
	return r.items(t)
}

// all gives the items of all pages.
func (l list) all() []item { return append(append([]item(nil), l.items...), l.extra...) }

// label takes a line for the label of an option or another name for it.
func (t *turn) label(line string) (bool, error) {
	wanted := understand.Tight(line)
	if wanted == "" {
		return false, nil
	}
	l, err := t.row().list(t)
	if err != nil {
		return false, err
	}
	for _, i := range l.all() {
		if i.answersTo(wanted) {
			return true, t.choose(i.choice)
		}
	}
	return false, nil
}

// part takes a line for a part of an option's name, or for a sentence around it. Only one option may answer to it.
func (t *turn) part(line string) (bool, error) {
	wanted := strings.ReplaceAll(t.d.reader.Name(line), " ", "")
	if wanted == "" {
		return false, nil
	}
	l, err := t.row().list(t)
	if err != nil {
		return false, err
	}
	around := t.row().accepts != acceptsNames // there, a name in a longer one is another thing: 内科 in 心内科
	var like []item
	for _, i := range l.all() {
		if !i.Explicit && i.soundsLike(wanted, around) {
			like = append(like, i)
		}
	}
	if len(like) != 1 {
		return false, nil
	}
	return true, t.choose(like[0].choice)
}

// answersTo tells whether a tight line is the item's label or one of its names.
func (i item) answersTo(wanted string) bool {
	if understand.Tight(i.label) == wanted {
		return true
	}
	for _, name := range i.names {
		if understand.Tight(name) == wanted {
			return true
		}
	}
	return false
}

// soundsLike tells whether a tight line stands in one of the item's names or, if around, holds one.
func (i item) soundsLike(wanted string, around bool) bool {
	for _, name := range i.names {
		name = understand.Tight(name)
		if strings.Contains(name, wanted) || (around && len([]rune(name)) > 1 && strings.Contains(wanted, name)) {
			return true
		}
	}
	return false
}

// answer shows the step that the turn has come to.
func (t *turn) answer() (bots.Result, error) {
	l, err := t.show()
	if err != nil {
		return bots.Result{}, err
	}
	t.countMisses()
	t.keep = t.was.State == stateVisit && t.state != stateVisit // the card of a visit stays readable in the chat
	reply := bots.Reply{Toast: t.toast, Keep: t.keep, Forget: t.forget, Charge: l.charge, Ask: t.asks && l.charge != "", Attach: t.attach}
	reply.Text = strings.Join(append(t.notes, l.text), "\n\n")
	reply.Options = t.options(l)
	t.record(reply.Text)
	t.m.Seen = t.now()
	if t.state == stateMenu || t.m.Draft.Visit != 0 {
		t.m.Place = place{}
	}
	data, err := t.m.encode()
	if err != nil {
		return bots.Result{}, err
	}
	session := bots.Session{Rev: t.in.Session.Rev, State: string(t.state), Data: data}
	if t.state != stateMenu {
		session.Deadline = t.now().Add(forgetAfter)
	}
	result := bots.Result{Session: session, Reply: reply, Link: t.link}
	if t.lang != t.in.Account.Lang {
		result.Lang = t.lang
	}
	return result, nil
}

// show reads what the step offers. Where something has vanished since it was chosen, it goes back until it can.
func (t *turn) show() (list, error) {
	for {
		l, err := t.row().list(t)
		if err == nil {
			if l.text == "" {
				prompt := l.prompt
				if prompt == "" {
					prompt = t.row().prompt
				}
				l.text = strings.Join(append([]string{t.say(prompt, l.args...)}, t.about(l)...), "\n")
			}
			if len(l.lead) > 0 {
				l.text = strings.Join(l.lead, "\n") + "\n\n" + l.text
			}
			return l, nil
		}
		if t.state == stateMenu || !(errors.Is(err, booking.ErrNotFound) || errors.Is(err, booking.ErrNotYours)) {
			return list{}, err
		}
		t.note("vanished")
		if err := t.restore(); err != nil {
			return list{}, err
		}
	}
}

// about gives the lines after the prompt; large type goes without.
func (t *turn) about(l list) []string {
	if t.m.Large {
		return nil
	}
	return l.about
}

// countMisses offers a person after several misunderstandings in a row.
func (t *turn) countMisses() {
	if !t.missed {
		t.m.Misses = 0
		return
	}
	if t.m.Misses++; t.m.Misses >= missesToHelp {
		t.m.Misses = 0
		t.note("misses", "phone", t.phone())
	}
}

// options numbers one page of a list and remembers what the numbers mean.
func (t *turn) options(l list) []bots.Option {
	items := t.page(l)
	t.m.Offered = nil
	options := make([]bots.Option, 0, len(items)+2)
	rows := newRows(items)
	rows.paired = rows.paired && !t.m.Large
	for n, i := range items {
		t.m.Offered = append(t.m.Offered, offer{Index: n + 1, Choice: i.choice, Label: t.forTranscript(i.label)})
		options = append(options, bots.Option{
			Label: clip(i.label, maxLabel), Index: n + 1, Row: rows.place(i), Command: i.command,
		})
	}
	if l.root {
		return options
	}
	last := rows.last() + 1
	t.m.Offered = append(t.m.Offered, offer{Index: 0, Choice: choice{Do: doBack}, Label: t.forTranscript(t.say("back"))})
	if len(t.m.History) == 0 && t.row().back == nil {
		return append(options, bots.Option{Label: t.say("to_menu"), Index: 0, Row: last})
	}
	options = append(options, bots.Option{Label: t.say("back"), Index: 0, Row: last})
	if len(t.m.History) > 1 {
		options = append(options, bots.Option{Label: t.say("to_menu"), Row: last, Command: "menu"})
	}
	return options
}

// forTranscript is what is kept of an option's label, so that whoever helps reads what was chosen.
func (t *turn) forTranscript(label string) string {
	if !t.staffed() {
		return ""
	}
	return clip(label, keptLabel)
}

// page cuts the list to the page that is shown, with the ways to the others.
func (t *turn) page(l list) []item {
	size := t.perPage(l)
	pages := max(1, (len(l.items)+size-1)/size)
	t.m.Page = min(max(t.m.Page, 0), pages-1)
	first := t.m.Page * size
	items := append([]item(nil), l.items[first:min(first+size, len(l.items))]...)
	if t.m.Page+1 < pages {
		items = append(items, item{choice: choice{Do: doNext}, label: t.say("pages.next", "page", t.m.Page+2, "pages", pages)})
	}
	if t.m.Page > 0 {
		items = append(items, item{choice: choice{Do: doPrevious}, label: t.say("pages.previous", "page", t.m.Page, "pages", pages)})
	}
	return append(items, l.extra...)
}

// rows places options: short ones two in a row, the ways to other pages side by side below them.
type rows struct {
	paired bool
	row    int
	held   int  // options in the row so far; 2: there is no room for another
	next   bool // the option before leads to the next page
}

func newRows(items []item) *rows {
	r := &rows{paired: len(items) > 1}
	for _, i := range items {
		if width(i.label) > pairWidth && !i.alone {
			r.paired = false
		}
	}
	return r
}

func (r *rows) place(i item) int {
	alone := i.alone || i.yes || i.Explicit || i.Do == doAdd || i.Do == doNext
	beside := r.paired && r.held == 1 && !alone && i.Do != doPrevious
	if i.Do == doPrevious {
		beside = r.next
	}
	if !beside {
		r.row++
		r.held = 0
	}
	r.held++
	r.next = i.Do == doNext
	if alone {
		r.held = 2
	}
	return r.row
}

func (r *rows) last() int { return r.row }
