package dialog

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// flows in the order of the documentation, with their headings.
var flows = []struct {
	flow  flow
	title string
	about string
}{
	{flowAnywhere, "Anywhere", "The main menu, what a typed name may mean, and the question whether to go on."},
	{flowBooking, "Booking", "Each step passes on what is chosen already or what there is only one of. A name typed at any menu fills the draft and enters at `hospital`."},
	{flowPatients, "Patients", "The list, and adding somebody: from the list, or on the way to an appointment."},
	{flowVisits, "Appointments", "What is booked, and cancelling it."},
	{flowDraws, "Places by lot", "Where the places of a half-day are drawn: applying, with the chance told before, and what becomes of it."},
	{flowWaitlist, "Waitlist", "Where everything is taken: what to wait for, and who waits for what. An answer to an offer comes as a command that names it."},
	{flowTriage, "Triage", "What hurts, up to three questions, and the departments that see it."},
	{flowLink, "Linking", "Making one person of two chat accounts, by a one-time code, and two of one again."},
	{flowRecord, "My record", "Missed visits, and what a patient has to say about them."},
	{flowStaff, "Staff", "Broadcasts and stopped clinics, only for accounts that are bound to a member of staff."},
}

// Graph draws the table as a Mermaid state diagram.
func Graph() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> menu\n")
	for _, f := range flows {
		fmt.Fprintf(&b, "    state \"%s\" as flow_%s {\n", f.title, f.flow)
		for _, r := range table() {
			if r.flow == f.flow {
				fmt.Fprintf(&b, "        %s\n", r.state)
			}
		}
		b.WriteString("    }\n")
	}
	for _, r := range table() {
		for _, to := range r.goes {
			fmt.Fprintf(&b, "    %s --> %s\n", r.state, to)
		}
	}
	return b.String()
}

// Document is the page docs/dialog.md, made from the table and the catalogue.
func Document() (string, error) {
	messages, err := loadCatalogue()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# The conversation\n\n" +
		"Generated from the table in `dialog`; `go test ./dialog -run Document -update` writes it anew.\n\n" +
		"From every state the words 返回 (back), 取消 (cancel), 主菜单 (menu), 帮助 (help), 人工 (a human), English/中文 and 到哪了 (progress) work; from every menu also\n" +
		"预约挂号 (book), 我的预约 (my appointments) and 就诊人 (patients), and at the steps that accept *names* any hospital, department or doctor. These moves\n" +
		"are not drawn. Going back restores the step before as it was.\n\n")
	fmt.Fprintf(&b, "After %s without an answer, a typed line at a step marked *asks* is answered with “go on or start over?”; after %s what was begun is\nforgotten.\n",
		spell(idleAsk), spell(forgetAfter))
	fmt.Fprintf(&b, "\nThe same as a picture: [dialog.svg](dialog.svg). `guahao dialog graph -format mermaid|svg` prints either.\n\n```mermaid\n%s```\n", Graph())
	for _, f := range flows {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| state | asks | accepts | when idle | leads to |\n|---|---|---|---|---|\n", f.title, f.about)
		for _, r := range table() {
			if r.flow == f.flow {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.state, question(messages, r), r.accepts, idleWord(r), leads(r))
			}
		}
	}
	return b.String(), nil
}

// question is the prompt's last line, which is where the question stands.
func question(messages catalogue, r row) string {
	if r.prompt == "" {
		return "*a card*"
	}
	text := strings.TrimSpace(messages.say("en", r.prompt))
	return strings.ReplaceAll(text[strings.LastIndex(text, "\n")+1:], "|", "\\|")
}

func idleWord(r row) string {
	if r.idle > 0 {
		return "asks"
	}
	return "stays"
}

func leads(r row) string {
	if len(r.goes) == 0 {
		return "–"
	}
	names := make([]string, 0, len(r.goes))
	for _, to := range slices.Sorted(slices.Values(r.goes)) {
		names = append(names, "`"+string(to)+"`")
	}
	return strings.Join(names, ", ")
}

func spell(d time.Duration) string {
	if d >= time.Hour {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
