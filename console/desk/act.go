package desk

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// showPage shows a page, with the reason why an action was not done where there is one.
func (d *Desk) showPage(r *request, p page) error {
	var v *view
	var err error
	if p.list != nil {
		v, err = d.showList(r, p)
	} else {
		v, err = p.show(r)
	}
	if err != nil {
		return err
	}
	v.page = p
	status := http.StatusOK
	if r.wrong != "" {
		status = http.StatusUnprocessableEntity
		v.Blocks = append(append([]block{{Text: r.wrong, Tone: "bad", Role: "alert"}}, r.also...), v.Blocks...)
	}
	r.render(status, v)
	return nil
}

// act does an action and leads on. What was refused is said on the page, which keeps what was typed.
func (d *Desk) act(r *request, p page, a act) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	r.path = strings.TrimSuffix(r.URL.Path, "/"+a.name)
	if a.password {
		if done, err := d.confirm(r); err != nil || !done {
			return err
		}
	}
	next, err := a.do(r)
	if err != nil {
		text, ok := r.sentence(err)
		if !ok {
			return err
		}
		r.wrong, r.reach = text, r.member.Reach(p.needs)
		if r.reach.Nowhere() { // who may do it, and may not see the page
			return err
		}
		return d.showPage(r, p)
	}
	if next == "" {
		next = r.path
	}
	if next != answered {
		http.Redirect(r.w, r.Request, next, http.StatusSeeOther)
	}
	return nil
}

// answered is where an action leads that has written its answer by itself.
const answered = "-"

// confirm asks for the password where it was not given within the last five minutes. Meanwhile the form's fields wait on that page: nothing has
// to be typed again. It tells whether to go on; if not, it has answered.
func (d *Desk) confirm(r *request) (bool, error) {
	given := time.Unix(d.sessions.GetInt64(r.ctx, keyConfirmed), 0)
	if since := time.Since(given); since >= 0 && since < confirmed {
		return true, nil
	}
	wrong := ""
	if password := r.PostForm.Get("confirm_password"); password != "" {
		err := d.Staff.Confirm(r.ctx, r.member, password, d.address(r.Request))
		if err == nil {
			d.sessions.Put(r.ctx, keyConfirmed, time.Now().Unix())
			return true, nil
		}
		text, ok := r.sentence(err)
		if !ok {
			return false, err
		}
		wrong = text
	}
	f := form{Action: r.URL.Path, Label: "confirm.go", Tone: "primary", Note: r.say("confirm.why")}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			if name != "confirm_password" {
				f.Fields = append(f.Fields, field{Name: name, Kind: "hidden", Value: value})
			}
		}
	}
	f.Fields = append(f.Fields, field{Name: "confirm_password", Label: "field.password", Kind: "password", Auto: "current-password", Required: true, Focus: true})
	v := &view{Title: r.say("confirm")}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusUnprocessableEntity
		v.Blocks = append(v.Blocks, block{Text: wrong, Tone: "bad", Role: "alert"})
	}
	v.Blocks = append(v.Blocks, block{Forms: []form{f}})
	r.render(status, v)
	return false, nil
}
