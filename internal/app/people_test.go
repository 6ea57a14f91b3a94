package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/bots/telegram/telegramtest"
	"guahao/bots/wechat/wechattest"
	"guahao/internal/mysql"
	"guahao/internal/sandbox/qrscan"
	"guahao/payments/wechatpay/wechatpaytest"
)

// chatter is a person with a phone, on either platform.
type chatter interface {
	say(text string)  // types and waits for the answer
	tap(label string) // a button or link whose label holds the text, of the newest message that has it
	last() string     // the newest message of the bot, with what can be tapped
	heard() []string  // all that the bot has said
}

type telegramPerson struct {
	w *world
	*telegramtest.User
}

func (w *world) telegram(id int64) telegramPerson {
	return telegramPerson{w, w.platforms.Telegram.User(id, "zh")}
}

func (p telegramPerson) say(text string) {
	p.w.Helper()
	p.Say(text)
	p.w.must(p.WaitIdle(p.w.ctx))
}

func (p telegramPerson) tap(label string) {
	p.w.Helper()
	m := p.Last()
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.Contains(b.Text, label) && b.URL == "" {
				p.w.must(p.Press(m.ID, b.Text))
				p.w.must(p.WaitIdle(p.w.ctx))
				return
			}
		}
	}
	p.w.Fatalf("there is no button %q under:\n%s", label, p.last())
}

func (p telegramPerson) last() string { return telegramText(p.Last()) }

func telegramText(m telegramtest.Message) string {
	var text strings.Builder
	if len(m.Photo) > 0 {
		text.WriteString("[photo]\n")
	}
	text.WriteString(m.Text + "\n")
	for _, row := range m.Buttons {
		for _, b := range row {
			text.WriteString("[" + b.Text + "] ")
		}
		text.WriteString("\n")
	}
	return text.String()
}

type wechatPerson struct {
	w *world
	*wechattest.User
}

func (w *world) wechat(openID string) wechatPerson {
	return wechatPerson{w, w.platforms.WeChat.User(openID)}
}

func (p wechatPerson) say(text string) {
	p.w.Helper()
	p.w.must(p.Say(text))
	p.w.must(p.w.platforms.WeChat.Flush(p.w.ctx))
}

func (p wechatPerson) tap(label string) {
	p.w.Helper()
	if _, err := p.Tap(label); err != nil {
		p.w.Fatalf("%v; the last message is:\n%s", err, p.last())
	}
	p.w.must(p.w.platforms.WeChat.Flush(p.w.ctx))
}

func (p wechatPerson) last() string { return p.Last().Text + "\n" }

// person is the nth person on a platform. In WeChat they follow the account first.
func (w *world) person(platform string, n int) chatter {
	w.Helper()
	if platform == "telegram" {
		return w.telegram(int64(1000 + n))
	}
	p := w.wechat(fmt.Sprintf("oPatient%020d", n))
	w.must(p.Subscribe())
	w.flush()
	return p
}

// codeOf reads the QR code in the newest photo, as a scanner does.
func codeOf(w *world, p telegramPerson) string {
	w.Helper()
	for _, m := range slices.Backward(p.Messages()) {
		if m.From == "bot" && len(m.Photo) > 0 {
			code, err := qrscan.Decode(m.Photo)
			w.must(err)
			return code
		}
	}
	w.Fatal("there is no photo in the chat")
	return ""
}

// payInWeChat opens the pay page by its link, takes the parameters that its script would give to WeChat, and pays.
func payInWeChat(w *world, p wechatPerson) {
	w.Helper()
	link, err := p.Tap("去支付")
	w.must(err)
	w.must(w.platforms.Pay.BridgePay(w.bridge(link.URL, http.StatusOK), p.OpenID))
}

// bridge asks the pay page for the payment sheet's parameters.
func (w *world) bridge(page string, want int) wechatpaytest.Bridge {
	w.Helper()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, page+"/bridge", nil)
	w.must(err)
	request.Header.Set("User-Agent", "Mozilla/5.0 MicroMessenger/8.0.50")
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	w.must(err)
	if response.StatusCode != want {
		w.Fatalf("the bridge answers %d: %s", response.StatusCode, body)
	}
	var answer struct{ Bridge wechatpaytest.Bridge }
	w.must(json.Unmarshal(body, &answer))
	return answer.Bridge
}

// statuses reads what became of all appointments, oldest first.
func (w *world) statuses() (list []booking.Status) {
	w.Helper()
	w.query(&list, "SELECT status FROM appointments ORDER BY id")
	return list
}

// visits reads when the appointments are.
func (w *world) visits() (list []time.Time) {
	w.Helper()
	w.query(&list, "SELECT starts_at FROM appointments ORDER BY id")
	return list
}

// query looks into the database beside the program.
func (w *world) query(to any, query string, args ...any) {
	w.Helper()
	db, err := mysql.Open(w.ctx, w.cfg.DSN)
	w.must(err)
	defer db.Close()
	w.must(db.SelectContext(w.ctx, to, query, args...))
}

// told counts the bot's messages that say something.
func told(w *world, p chatter, what string) (n int) {
	w.Helper()
	for _, text := range p.heard() {
		if strings.Contains(text, what) {
			n++
		}
	}
	return n
}

func (p telegramPerson) heard() (texts []string) {
	for _, m := range p.Messages() {
		if m.From == "bot" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (p wechatPerson) heard() (texts []string) {
	for _, m := range p.Messages() {
		if m.From == "bot" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// prepay lets a person look at how to pay, so that WeChat Pay knows the order. On Telegram the code is there already.
func (w *world) prepay(p chatter) {
	w.Helper()
	if person, ok := p.(wechatPerson); ok {
		link, err := person.Tap("去支付")
		w.must(err)
		w.bridge(link.URL, http.StatusOK)
	}
}

// sellOut lets others have all places of the first appointment's slot.
func (w *world) sellOut() {
	w.Helper()
	w.exec("UPDATE slots SET capacity = taken WHERE id = (SELECT slot_id FROM appointments ORDER BY id LIMIT 1)")
}

// exec changes the database beside the program.
func (w *world) exec(statement string, args ...any) {
	w.Helper()
	db, err := mysql.Open(w.ctx, w.cfg.DSN)
	w.must(err)
	defer db.Close()
	_, err = db.ExecContext(w.ctx, statement, args...)
	w.must(err)
}

// slotsOf lists a doctor's slots from tomorrow on.
func slotsOf(w *world, doctorName string) (slots []booking.Slot) {
	w.Helper()
	store := w.app().Booking
	schedules, err := store.Schedules(w.ctx, bookingtest.Called(w, store, doctorName).Doctor, booking.DateOf(monday, monday.Location()).Add(1))
	w.must(err)
	for _, s := range schedules {
		more, err := store.Slots(w.ctx, s.ID)
		w.must(err)
		slots = append(slots, more...)
	}
	return slots
}
