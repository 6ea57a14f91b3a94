package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"guahao/bots/telegram/telegramtest"
	"guahao/internal/sandbox/qrscan"
)

const (
	// answerPatience is how long a person waits for an answer before it is an error.
	answerPatience = 15 * time.Second
	// payPatience is how long a person who has paid looks on before asking.
	payPatience = 3 * time.Second
	// bookingsEach is how often one person books, before another one comes to the client's chat. Their visits are all different
	// as long as it is at most half of the city's doctors times days.
	bookingsEach = 48

	firstChat = 5_000_000_000 // chat ids are larger than 32 bits nowadays
)

// patient is a client of the dialog bench: one person after another, each in a new chat.
type patient struct {
	crowd  *crowd
	client int

	generation int
	user       *telegramtest.User
	who        person
	chat       atomic.Int64
	screen     shown // what was answered last
	rev        int64
	bookings   int  // of this person
	otherDays  int  // tried because the first was refused
	paid       bool // what is on the screen
	notified   <-chan struct{}

	begun    atomic.Int64 // when the update under way went to the webhook, in ns
	messages chan shown
	record   record
}

func newPatient(c *crowd, client int) *patient {
	return &patient{crowd: c, client: client, messages: make(chan shown, 64), generation: -1}
}

// become makes the client a new person, who has never written.
func (p *patient) become() {
	p.generation++
	p.who = inventPerson(p.generation*maxClients + p.client)
	chat := chatOf(p.generation, p.client)
	p.user = p.crowd.telegram.User(chat, "zh")
	p.chat.Store(chat)
	p.screen, p.rev, p.bookings, p.otherDays, p.paid = shown{}, 0, 0, 0, false
}

// chatOf names the chat of a client's n-th person.
func chatOf(generation, client int) int64 {
	return firstChat + int64(generation)*maxClients + int64(client)
}

// live books until there is nothing more to do.
func (p *patient) live(ctx context.Context) {
	p.become()
	for {
		do, err := p.decide(ctx)
		if err == nil {
			due, more := p.crowd.pace.next(ctx)
			if !more {
				return
			}
			err = p.act(ctx, do, due)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.crowd.log.add("client %d: %v", p.client, err)
			p.become()
		}
	}
}

// decide reads the screen; a person who is new has none.
func (p *patient) decide(ctx context.Context) (action, error) {
	if p.bookings >= p.crowd.visits {
		p.become()
	}
	if p.screen.id == 0 {
		return action{step: "start", text: p.crowd.begins}, nil
	}
	do, err := p.answer(p.screen)
	if err == nil && p.paid && p.notified != nil {
		p.awaitNotice(ctx)
	}
	return do, err
}

// act does it and waits for the answer. due is when it should have been done, if there is a schedule.
func (p *patient) act(ctx context.Context, do action, due time.Time) error {
	p.begun.Store(0)
	pressed := 0
	if do.press != "" {
		pressed = p.screen.id
		if err := p.user.Press(pressed, do.press); err != nil {
			return fmt.Errorf("at the step %s: %w", do.step, err)
		}
	} else {
		p.user.Say(do.text)
	}
	m, err := p.await(ctx, pressed)
	if err != nil {
		return fmt.Errorf("at the step %s: %w", do.step, err)
	}
	start := due
	if start.IsZero() {
		start = time.Unix(0, p.begun.Load())
	}
	p.screen, p.rev = m, max(p.rev, m.rev())
	name := do.step
	if m.photo {
		name += " + QR code"
	}
	p.record.update(name, start, m.at)
	if steps := p.crowd.steps; steps[0].is(m) && do.step != steps[0].name {
		p.record.booking(m.at)
	}
	return nil
}

// await waits for the answer among the messages that come: a change of the message that was pressed, or a new reply.
func (p *patient) await(ctx context.Context, pressed int) (shown, error) {
	timer := time.NewTimer(answerPatience)
	defer timer.Stop()
	for {
		select {
		case m := <-p.messages:
			if m.changed && m.id == pressed || !m.changed && p.isReply(m) {
				return m, nil
			}
		case <-timer.C:
			return shown{}, fmt.Errorf("no answer within %v", answerPatience)
		case <-ctx.Done():
			return shown{}, ctx.Err()
		}
	}
}

// isReply tells a new message that is a reply from a notice: it has buttons of a newer session than the last one, or it is the menu,
// whose buttons are of none. To somebody new only replies are sent.
func (p *patient) isReply(m shown) bool {
	_, menu := m.button(bookButton)
	return m.rev() > p.rev || menu || p.screen.id == 0
}

// visit is what a person books next.
type visit struct{ hospital, group, department, doctor, day, slot int }

// plan makes each of a person's visits another one: free of charge and not in turn, or of the many departments of one hospital.
func (p *patient) plan() visit {
	n := p.bookings + p.client*7
	if !p.crowd.o.Newcomers {
		return visit{department: n, day: n/16 + p.generation + p.otherDays, doctor: n / 4, slot: p.client + n}
	}
	v := visit{department: n % 2, day: n/2 + p.otherDays, doctor: n / 2 / 8, slot: p.client + n}
	v.group, v.hospital = n/2/8/4, p.client+p.generation
	return v
}

// leave goes back from the card to the menu: a booking is complete.
func (p *patient) leave(m shown) (action, error) {
	p.bookings++
	p.otherDays, p.paid, p.notified = 0, false, nil
	return m.pressed("主菜单")
}

func (p *patient) pickFirst(m shown) (action, error) { return m.pick(0) }

// pickAlternative takes the nearest place, or looks at another doctor when there is none.
func (p *patient) pickAlternative(m shown) (action, error) {
	if len(m.choices()) > 0 {
		return m.pick(0)
	}
	return m.pressed("看其他医生")
}

// confirm confirms, unless the hospital has just refused that: then it looks for another day.
func (p *patient) confirm(m shown) (action, error) {
	if containsAny(m.text, "可以改时间") {
		p.otherDays++
		return m.pressed("改日期")
	}
	return m.pressed("确认预约")
}

// pay scans the code and pays, once; then, and whenever the money has not been seen yet, it says so to the bot.
func (p *patient) pay(m shown) (action, error) {
	if p.paid {
		return m.pressed("我已支付")
	}
	if !m.photo {
		return action{}, errors.New("there is no code to scan")
	}
	code, err := qrscan.Decode(p.picture(m.id))
	if err != nil {
		return action{}, fmt.Errorf("scan the code: %w", err)
	}
	if p.notified, err = p.crowd.till.pay(code, fmt.Sprintf("payer-%d", p.chat.Load())); err != nil {
		return action{}, fmt.Errorf("pay: %w", err)
	}
	p.paid = true
	return m.pressed("我已支付")
}

func (p *patient) picture(id int) []byte {
	for _, m := range p.user.Messages() {
		if m.ID == id {
			return m.Photo
		}
	}
	return nil
}

// awaitNotice waits until WeChat Pay has told the program of the payment.
func (p *patient) awaitNotice(ctx context.Context) {
	timer := time.NewTimer(payPatience)
	defer timer.Stop()
	select {
	case <-p.notified:
	case <-timer.C:
	case <-ctx.Done():
	}
}
