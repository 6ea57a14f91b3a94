package desk

import (
	"net/url"
	"strings"

	qrcode "github.com/skip2/go-qrcode"

	"guahao/internal/staff"
)

func accountPage() page {
	return page{path: "account", needs: staff.OwnAccount, show: showAccount, acts: []act{
		{name: "password", needs: staff.OwnAccount, do: changePassword},
	}}
}

// showAccount is what members have of their own: who they are, their password, their second factor.
func showAccount(r *request) (*view, error) {
	m := r.member
	second := cell{Text: r.say("account.totp_off"), Tone: "warn", Href: at("account/totp")}
	if m.TOTP {
		second = cell{Text: r.say("account.totp_on"), Tone: "good"}
	}
	chat := cell{Text: r.say("account.chat_none")}
	if m.Account != 0 {
		chat = cell{Text: r.say("account.chat_bound")}
	}
	return &view{Title: r.say("page.account"), Blocks: []block{
		{Facts: []fact{
			{Label: r.say("col.name"), cell: cell{Text: m.Name}},
			{Label: r.say("field.login"), cell: cell{Text: m.Login}},
			{Label: r.say("col.roles"), cell: cell{Text: r.roles(m)}},
			{Label: r.say("account.totp"), cell: second},
			{Label: r.say("account.chat"), cell: chat},
		}},
		{Title: r.say("account.password"), Forms: []form{{Action: at("account/password"), Label: "account.password_go", Tone: "primary", Fields: []field{
			{Name: "present", Label: "field.present", Kind: "password", Auto: "current-password", Required: true},
			{Name: "password", Label: "field.new_password", Kind: "password", Auto: "new-password", Required: true, Hint: r.say("password.hint", staff.MinPassword)},
			{Name: "again", Label: "field.again", Kind: "password", Auto: "new-password", Required: true},
		}}}},
	}}, nil
}

func changePassword(r *request) (string, error) {
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		return "", refuse("error.again")
	}
	if err := r.d.Staff.ChangePassword(r.ctx, r.member, r.PostForm.Get("present"), r.PostForm.Get("password"), r.d.address(r.Request)); err != nil {
		return "", err
	}
	return "", r.stay("account.password_done")
}

// stay keeps this session open after the member's others have ended.
func (r *request) stay(notice string) error {
	m, err := r.d.Staff.Member(r.ctx, r.member.ID)
	if err != nil {
		return err
	}
	if err := r.d.sessions.RenewToken(r.ctx); err != nil {
		return err
	}
	r.d.sessions.Put(r.ctx, keyEpoch, m.Epoch)
	r.notice(notice)
	return nil
}

// roles says what a member is, where.
func (r *request) roles(m staff.Member) string {
	var list []string
	for _, g := range m.Grants {
		list = append(list, r.grantWords(g))
	}
	return strings.Join(list, "; ")
}

func (r *request) grantWords(g staff.Grant) string {
	text := r.say("role." + string(g.Role))
	if g.Hospital == 0 {
		return text
	}
	if h, err := r.d.Booking.Hospital(r.ctx, g.Hospital); err == nil {
		text += " · " + r.in(h.Short)
	}
	if g.Department != 0 {
		if d, err := r.d.Booking.Department(r.ctx, g.Department); err == nil {
			text += " " + r.in(d.Name)
		}
	}
	return text
}

func totpPage() page {
	return page{path: "account/totp", needs: staff.OwnAccount, show: showTOTP, picture: totpPicture, acts: []act{
		{name: "on", needs: staff.OwnAccount, do: confirmTOTP},
	}}
}

// showTOTP leads through setting up the second factor: scan, type the first code.
func showTOTP(r *request) (*view, error) {
	v := &view{Title: r.say("account.totp"), Up: []link{{r.say("page.account"), at("account")}}}
	if r.member.TOTP {
		v.Blocks = []block{{Text: r.say("totp.already"), Tone: "good"}}
		return v, nil
	}
	secret, err := r.d.Staff.PendingTOTP(r.ctx, r.member)
	if err == nil && secret == "" {
		_, secret, err = r.d.Staff.NewTOTP(r.ctx, r.member, r.say("product"))
	}
	if err != nil {
		return nil, err
	}
	text := r.say("totp.how")
	if r.member.NeedsTOTP() {
		text = r.say("totp.must") + " " + text
	}
	v.Blocks = []block{
		{Text: text, Chart: &chart{Src: at("account/totp/qr.png"), Alt: r.say("totp.qr")}, Facts: []fact{{Label: r.say("totp.secret"), cell: cell{Text: spaced(secret), Mono: true}}}},
		{Forms: []form{{Action: at("account/totp/on"), Label: "totp.on", Tone: "primary", Fields: []field{
			{Name: "code", Label: "field.code", Kind: "text", Auto: "one-time-code", Required: true, Focus: true, Max: 12, Mono: true},
		}}}},
	}
	return v, nil
}

// spaced writes a secret in groups of four, to be typed.
func spaced(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func totpPicture(r *request) error {
	secret, err := r.d.Staff.PendingTOTP(r.ctx, r.member)
	if err != nil || secret == "" || r.PathValue("picture") != "qr.png" {
		r.fail(404, "unknown")
		return err
	}
	issuer := r.say("product")
	uri := "otpauth://totp/" + url.PathEscape(issuer+":"+r.member.Login) + "?secret=" + secret + "&issuer=" + url.QueryEscape(issuer)
	png, err := qrcode.Encode(uri, qrcode.Medium, 280)
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "image/png")
	_, err = r.w.Write(png)
	return err
}

func confirmTOTP(r *request) (string, error) {
	if err := r.d.Staff.ConfirmTOTP(r.ctx, r.member, r.PostForm.Get("code")); err != nil {
		return "", err
	}
	return "/console/", r.stay("totp.done")
}
