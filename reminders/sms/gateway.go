package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"guahao/bots"
)

// Message is what somebody is to be told.
type Message struct {
	To     string            // 11 digits of a mainland mobile number, or + and an international one
	Kind   string            // of the notice: its template is looked up by it
	Values map[string]string // of the notice's fields, by their names
}

// Gateway is a provider. It may be used from several goroutines.
type Gateway interface {
	// Send hands a message over. It returns when the provider has taken it, which does not mean that it has arrived: that is reported later, by the id that
	// Send gives ([Reporter]).
	Send(ctx context.Context, m Message) (id string, err error)
	// Knows tells whether there is a template for this kind of notice.
	Knows(kind string) bool
}

// Template is a text that the provider has approved.
type Template struct {
	ID string `json:"id"`
	// Params say what stands for what. For Aliyun: the variable's name, an equals sign, and the notice's field ("time=starts"); for
	// Tencent: the fields in the order of the template's numbers. A field alone is a variable of its own name.
	Params []string `json:"params"`
}

// Templates are by the kind of notice.
type Templates map[string]Template

// ReadTemplates reads {"stopped": {"id": "SMS_1", "params": ["hospital", "time=starts"]}}.
func ReadTemplates(text []byte) (Templates, error) {
	var t Templates
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("the templates of short messages cannot be read: %w", err)
	}
	for kind, one := range t {
		if one.ID == "" {
			return nil, fmt.Errorf("the template of short messages for %q has no id", kind)
		}
		if slices.Contains(one.Params, "") {
			return nil, fmt.Errorf("the template of short messages for %q has a parameter without a name", kind)
		}
	}
	return t, nil
}

// Knows tells whether there is a template for this kind of notice.
func (t Templates) Knows(kind string) bool { return t[kind].ID != "" }

// maxValue is how long a value may be, in characters: what is longer is refused by the providers or by the networks behind them.
const maxValue = 35

// value is one that a template takes. An empty one is refused.
func value(m Message, field string) string {
	text := strings.Join(strings.Fields(m.Values[field]), " ")
	if text == "" {
		return "-"
	}
	if r := []rune(text); len(r) > maxValue {
		return string(r[:maxValue-1]) + "…"
	}
	return text
}

// filled is a parameter with its value.
type filled struct{ name, value string }

func (t Template) fill(m Message) []filled {
	var list []filled
	for _, p := range t.Params {
		name, field, both := strings.Cut(p, "=")
		if !both {
			field = name
		}
		list = append(list, filled{name, value(m, field)})
	}
	return list
}

// of is the template of a message, or [bots.ErrUnreachable].
func (t Templates) of(m Message) (Template, error) {
	one, ok := t[m.Kind]
	if !ok || m.To == "" {
		return one, bots.ErrUnreachable
	}
	return one, nil
}

// international writes a number in E.164.
func international(number string) string {
	if strings.HasPrefix(number, "+") {
		return number
	}
	return "+86" + number
}
