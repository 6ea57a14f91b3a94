package desk

import (
	"cmp"
	"time"

	"guahao/booking"
	"guahao/internal/hisapi"
	"guahao/internal/staff"
)

// maxTokenName is how many characters the name of a program has at most.
const maxTokenName = 100

func tokensPage() page {
	return page{path: "tokens", needs: staff.SeeTokens, nav: "system", list: tokensList, acts: []act{
		{name: "make", needs: staff.ChangeTokens, password: true, do: makeToken},
		{name: "revoke", needs: staff.ChangeTokens, password: true, do: revokeToken},
	}}
}

// tokensList is which programs of the hospitals within reach may use the interface, the newest first. What they send to get in is kept nowhere.
func tokensList(r *request) (lister, error) {
	tokens, err := r.tokens()
	if err != nil {
		return nil, err
	}
	var above []block
	if r.member.May(staff.ChangeTokens) {
		hospitals, err := r.hospitalOptions(false)
		if err != nil {
			return nil, err
		}
		above = []block{{Forms: []form{{Action: at("tokens/make"), Label: "tokens.make", Tone: "primary", Fold: true, Note: r.say("tokens.make_note"), Fields: []field{
			r.field(field{Name: "name", Label: "tokens.program", Kind: "text", Required: true, Max: maxTokenName, Hint: r.say("tokens.program_hint")}),
			r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Options: hospitals}),
			r.field(field{Name: "writes", Label: "tokens.writes", Kind: "checkbox"}),
			r.field(field{Name: "personal", Label: "tokens.personal", Kind: "checkbox"}),
		}}}}}
	}
	columns := r.tokenColumns()
	return listing[hisapi.Token]{
		Name: "tokens", Above: above, Columns: columns, Empty: "tokens.empty",
		Fetch: func(q query) ([]hisapi.Token, int, error) { return ordered(tokens, columns, q) },
	}, nil
}

// tokens are those of the hospitals that are wholly within reach, the newest first.
func (r *request) tokens() ([]hisapi.Token, error) {
	all, err := r.d.Tokens.List(r.ctx)
	var list []hisapi.Token
	for _, t := range all {
		if r.reach.Whole(t.Hospital) {
			list = append([]hisapi.Token{t}, list...)
		}
	}
	return list, err
}

func (r *request) tokenColumns() []column[hisapi.Token] {
	columns := []column[hisapi.Token]{
		{Key: "id", Cell: func(t hisapi.Token) cell { return cell{Text: itoa(t.ID)} },
			By: func(a, b hisapi.Token) int { return cmp.Compare(a.ID, b.ID) }},
		{Key: "program", Cell: func(t hisapi.Token) cell { return cell{Text: t.Name, Under: r.hospitalName(t.Hospital)} },
			By: func(a, b hisapi.Token) int { return cmp.Compare(a.Name, b.Name) }},
		{Key: "scope", Cell: r.scopeCell, By: func(a, b hisapi.Token) int { return cmp.Compare(scope(a), scope(b)) }},
		{Key: "made", Cell: func(t hisapi.Token) cell { return cell{Text: r.moment(t.CreatedAt)} },
			By: func(a, b hisapi.Token) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{Key: "used", Cell: func(t hisapi.Token) cell {
			if t.LastUsedAt == nil {
				return cell{Text: r.say("tokens.unused"), Tone: "mute"}
			}
			return cell{Text: r.moment(*t.LastUsedAt)}
		}, By: func(a, b hisapi.Token) int { return orNever(a.LastUsedAt).Compare(orNever(b.LastUsedAt)) }},
		{Key: "status", Cell: r.tokenCell, By: func(a, b hisapi.Token) int { return orNever(a.RevokedAt).Compare(orNever(b.RevokedAt)) }},
	}
	return columns
}

// orNever gives a time, and the earliest one for none.
func orNever(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// scope is how much a token may: 0 to 3.
func scope(t hisapi.Token) (n int) {
	if t.Writes {
		n++
	}
	if t.Personal {
		n += 2
	}
	return n
}

// scopeCell says what a token may.
func (r *request) scopeCell(t hisapi.Token) cell {
	return cell{Text: r.say([]string{"tokens.may_read", "tokens.may_write"}[scope(t)%2]), Under: r.say([]string{"tokens.masked", "tokens.clear"}[scope(t)/2])}
}

// tokenCell says whether a token is good, with how to end that.
func (r *request) tokenCell(t hisapi.Token) cell {
	if t.RevokedAt != nil {
		return cell{Text: r.say("tokens.revoked"), Tone: "mute", Under: r.moment(*t.RevokedAt)}
	}
	c := cell{Text: r.say("tokens.good"), Tone: "good"}
	if r.member.Reach(staff.ChangeTokens).Whole(t.Hospital) {
		c.Forms = []form{{Action: at("tokens/revoke"), Label: "tokens.revoke", Tone: "danger", Fold: true, Note: r.say("tokens.revoke_note"),
			Fields: []field{{Name: "id", Kind: "hidden", Value: itoa(t.ID)}}}}
	}
	return c
}

// makeToken lets a program in, and shows what it has to send: it cannot be read again.
func makeToken(r *request) (string, error) {
	h, err := r.d.Booking.Hospital(r.ctx, booking.HospitalID(r.number("hospital")))
	if err != nil || !r.reach.Whole(h.ID) {
		return "", refuse("tokens.no_hospital")
	}
	name := r.value("name")
	if n := len([]rune(name)); n == 0 || n > maxTokenName {
		return "", refuse("error.text", maxTokenName)
	}
	token, secret, err := r.d.Tokens.Make(r.ctx, hisapi.Token{Hospital: h.ID, Name: name, Writes: r.value("writes") != "", Personal: r.value("personal") != ""})
	if err != nil {
		return "", err
	}
	r.showOnce(name, tokensPage(), r.say("tokens.once"), []fact{
		{r.say("tokens.secret"), cell{Text: secret, Under: r.say("tokens.secret_how"), Mono: true}},
		{r.say("field.hospital"), cell{Text: r.in(h.Name)}},
		{r.say("col.scope"), r.scopeCell(token)},
	})
	return answered, nil
}

func revokeToken(r *request) (string, error) {
	tokens, err := r.tokens()
	if err != nil {
		return "", err
	}
	for _, t := range tokens {
		if t.ID != r.number("id") {
			continue
		}
		if t.RevokedAt != nil {
			return "", refuse("tokens.was_revoked")
		}
		if err := r.d.Tokens.Revoke(r.ctx, t.ID); err != nil {
			return "", err
		}
		r.notice("tokens.revoked_done", t.Name)
		return "", nil
	}
	return "", booking.ErrNotFound
}
