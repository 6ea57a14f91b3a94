package wechattest

import (
	"errors"
	"slices"
	"time"
)

// kfAccount is the one who answers.
const kfAccount = "desk@gh_guahao"

// ToStaff lists what the user's messages to the customer-service staff say: those that the program has transferred, and all that were sent while
// one of the staff had the user's session.
func (u *User) ToStaff() []string {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.toStaff)
}

// transferred notes that the program has given a message to the staff; it needs server.mu.
func (u *User) transferred(msgID int64) error {
	at := slices.IndexFunc(u.messages, func(m Message) bool { return m.ID == msgID })
	if at < 0 {
		return errors.New("only a message can be transferred to the staff")
	}
	u.toStaff = append(u.toStaff, u.messages[at].Text)
	return nil
}

// StaffTake lets one of the staff take the session of a user who waits for them: from now on the program gets none of the user's messages.
func (u *User) StaffTake() error {
	s := u.server
	s.mu.Lock()
	waits := len(u.toStaff) > 0 && !u.withStaff
	u.withStaff = u.withStaff || waits
	s.mu.Unlock()
	if !waits {
		return errors.New("the user does not wait for the staff")
	}
	return u.event("kf_create_session", element{"KfAccount", kfAccount})
}

// StaffSay is what the staff answer.
func (u *User) StaffSay(text string) error {
	s := u.server
	s.mu.Lock()
	with := u.withStaff
	s.mu.Unlock()
	if !with {
		return errors.New("none of the staff has the user's session")
	}
	u.show(Message{From: "staff", Kind: "text", Text: text, Raw: text, Parts: []Part{{Text: text}}, At: s.now()})
	return nil
}

// StaffClose ends the session.
func (u *User) StaffClose() error {
	s := u.server
	s.mu.Lock()
	with := u.withStaff
	u.withStaff = false
	s.mu.Unlock()
	if !with {
		return errors.New("none of the staff has the user's session")
	}
	return u.event("kf_close_session", element{"KfAccount", kfAccount}, element{"CloseType", "KF"})
}

// toStaffInstead shows a message of a user whose session the staff have; it needs server.mu.
func (u *User) toStaffInstead(id int64, kind, shown, raw string, at time.Time) {
	u.messages = append(u.messages, Message{ID: id, From: "user", Kind: kind, Text: shown, Raw: raw, Parts: []Part{{Text: shown}}, At: at})
	u.toStaff = append(u.toStaff, shown)
}
