package telegram_test

import (
	"slices"
	"sync"
	"testing"
)

// methods counts calls that came in a response.
type methods struct {
	mu   sync.Mutex
	list []string
}

func (m *methods) note(method string, _ any, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		method += ": " + err.Error()
	}
	m.list = append(m.list, method)
}

func (m *methods) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.list
	m.list = nil
	return list
}

func TestOneCallRidesInTheResponse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	if got := w.rode.take(); !slices.Equal(got, []string{"sendMessage"}) || len(shown(u)) != 2 {
		t.Errorf("%v rode, and the chat is %q", got, shown(u))
	}
	press(t, w, u, u.Last().ID, "内科")
	if got := w.rode.take(); !slices.Equal(got, []string{"answerCallbackQuery"}) || u.Last().Text != "选了内科" {
		t.Errorf("%v rode, and the chat is %q", got, shown(u))
	}
	u.Say("at once") // more than one message a second: its refusal would have to be heard
	w.flush(t)
	if got := w.rode.take(); len(got) != 0 || len(shown(u)) != 4 {
		t.Errorf("%v rode, and the chat is %q", got, shown(u))
	}
	w.strict(t)
}

// What rode in a response that got lost goes out with the next delivery, once.
func TestLostResponseWithACall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	u := w.sim.User(1001, "zh")
	w.sim.Faults.LoseAcknowledgement(2)
	u.Say("hello")
	w.flush(t)
	if got := shown(u); len(got) != 2 || len(w.steps.Updates()) != 1 {
		t.Errorf("the chat is %q after %d steps, and %v rode", got, len(w.steps.Updates()), w.rode.take())
	}
	w.sim.Faults.LoseAcknowledgement(2)
	w.rode.take()
	press(t, w, u, u.Last().ID, "内科")
	if got := w.rode.take(); !slices.Equal(got, []string{"answerCallbackQuery"}) || u.Last().Text != "选了内科" || len(w.steps.Updates()) != 2 {
		t.Errorf("%v rode, and the chat is %q", got, shown(u))
	}
	w.strict(t)
}

func TestNothingRidesWhileTelegramRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, clinic)
	w.bot.Doubt()
	u := w.sim.User(1001, "zh")
	u.Say("hello")
	w.flush(t)
	if got := w.rode.take(); len(got) != 0 || len(shown(u)) != 2 {
		t.Errorf("%v rode, and the chat is %q", got, shown(u))
	}
	w.strict(t)
}
