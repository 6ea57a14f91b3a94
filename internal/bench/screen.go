package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// action is what a person does next: say something, or press a button of the message on the screen.
type action struct {
	step  string // which screen it answers
	text  string
	press string // the button's data
}

// step is a kind of screen. The first one whose sign is on the screen is it: a text that it contains, or a button's label.
type step struct {
	name, text, button string
	do                 func(p *patient, s shown) (action, error)
}

// bookButton is on the menu, and nowhere else.
const bookButton = "预约挂号"

// steps are the screens of a booking. The signs are the Chinese catalogue's; when that changes its words, the bench says
// which screen it does not know.
func steps() []step {
	return []step{
		{name: "booked", text: "预约成功", do: (*patient).leave},
		{name: "paid", text: "已收到付款", do: pressing("我的预约")},
		{name: "pay", button: "我已支付", do: (*patient).pay},
		{name: "confirm", button: "确认预约", do: (*patient).confirm},
		{name: "review", button: "保存", do: pressing("保存")},
		{name: "document", button: "居民身份证", do: saying(func(who person) string { return who.document })},
		{name: "relation", button: "其他亲友", do: pressing("本人")},
		{name: "name", text: "的姓名", do: saying(func(who person) string { return who.name })},
		{name: "phone", text: "请输入手机号", do: saying(func(who person) string { return who.phone })},
		{name: "patient", button: "添加就诊人", do: (*patient).pickFirst},
		{name: "alternatives", button: "看其他医生", do: (*patient).pickAlternative},
		{name: "hospital", text: "请选择医院", do: picking(func(p *patient) int { return p.plan().hospital })},
		{name: "group", text: "请选择科室大类", do: picking(func(p *patient) int { return p.plan().group })},
		{name: "department", text: "请选择科室", do: picking(func(p *patient) int { return p.plan().department })},
		{name: "doctor", text: "请选择医生", do: picking(func(p *patient) int { return p.plan().doctor })},
		{name: "day", text: "请选择日期", do: picking(func(p *patient) int { return p.plan().day })},
		{name: "period", text: "请选择上午还是下午", do: picking(func(p *patient) int { return p.plan().day })},
		{name: "time", text: "请选择时段", do: picking(func(p *patient) int { return p.plan().slot })},
		{name: "menu", button: bookButton, do: pressing(bookButton)},
	}
}

func (s step) is(m shown) bool {
	if s.text != "" {
		return strings.Contains(m.text, s.text)
	}
	_, ok := m.button(s.button)
	return ok
}

// answer reads the screen and decides what to do.
func (p *patient) answer(m shown) (action, error) {
	for _, s := range p.crowd.steps {
		if s.is(m) {
			do, err := s.do(p, m)
			do.step = s.name
			if err != nil {
				err = fmt.Errorf("at the step %s: %w", s.name, err)
			}
			return do, err
		}
	}
	return action{}, fmt.Errorf("a screen that is not known: %.200q %v", m.text, m.labels())
}

func pressing(label string) func(*patient, shown) (action, error) {
	return func(_ *patient, m shown) (action, error) { return m.pressed(label) }
}

func saying(what func(person) string) func(*patient, shown) (action, error) {
	return func(p *patient, _ shown) (action, error) { return action{text: what(p.who)}, nil }
}

func picking(which func(*patient) int) func(*patient, shown) (action, error) {
	return func(p *patient, m shown) (action, error) { return m.pick(which(p)) }
}

// pick presses the n-th of the things that can be had, counted around.
func (m shown) pick(n int) (action, error) {
	choices := m.choices()
	if len(choices) == 0 {
		return action{}, fmt.Errorf("nothing can be had: %.200q %v", m.text, m.labels())
	}
	return action{press: choices[n%len(choices)].data}, nil
}

// choices are the buttons that stand for a thing with a place in it.
func (m shown) choices() []button {
	var list []button
	for _, b := range m.buttons {
		if _, index, ok := b.choice(); ok && index > 0 && !containsAny(b.label, "约满", "近期无号", "页（", "看其他", "添加") {
			list = append(list, b)
		}
	}
	return list
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func (m shown) pressed(label string) (action, error) {
	b, ok := m.button(label)
	if !ok {
		return action{}, fmt.Errorf("there is no button %q: %.200q %v", label, m.text, m.labels())
	}
	return action{press: b.data}, nil
}

func (m shown) button(label string) (button, bool) {
	for _, b := range m.buttons {
		if strings.Contains(b.label, label) {
			return b, true
		}
	}
	return button{}, false
}

func (m shown) labels() []string {
	var list []string
	for _, b := range m.buttons {
		list = append(list, b.label)
	}
	return list
}

// choice reads a button of a session: the revision that it belongs to and its number, 0 being the way back.
func (b button) choice() (rev int64, index int, ok bool) {
	revision, number, found := strings.Cut(strings.TrimPrefix(b.data, "b:"), ":")
	if !found || !strings.HasPrefix(b.data, "b:") {
		return 0, 0, false
	}
	rev, err := strconv.ParseInt(revision, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	index, err = strconv.Atoi(number)
	return rev, index, err == nil
}

// rev is the revision of the session that the message's buttons belong to; 0 when it has none, as in a notice.
func (m shown) rev() int64 {
	for _, b := range m.buttons {
		if rev, _, ok := b.choice(); ok {
			return rev
		}
	}
	return 0
}
