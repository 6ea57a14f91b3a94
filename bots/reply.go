package bots

// Reply is what a person is told in answer to an update. What is stored of it leaves out what is zero. Adapters render it within their platform's limits.
type Reply struct {
	Text    string       `json:",omitzero"` // plain text; what is too long for the platform is cut at a line with a hint, never refused
	Options []Option     `json:",omitzero"` // what may be chosen next, in order
	Rev     int64        `json:",omitzero"` // the session revision that the options belong to; set by the inbox
	Keep    bool         `json:",omitzero"` // leave the message with the pressed button as it is and write a new one, instead of editing it
	Toast   string       `json:",omitzero"` // a short line (at most 200 characters) that pops up where the platform has that (Telegram), else unseen
	Charge  string       `json:",omitzero"` // the token of a charge to be paid: the app adds a QR code or a link before the reply is sent
	Ask     bool         `json:",omitzero"` // the person says that the charge is paid: the app asks the provider before the reply is sent
	Attach  []Attachment `json:",omitzero"` // what goes along: the app makes Files of it before the reply is sent
	Files   []File       `json:"-"`         // made by the app, not by the dialog; Text is the caption of the last one
	Relay   *Relay       `json:",omitzero"` // to the staff who have taken the conversation over; nil: they have not
	Forget  bool         `json:",omitzero"` // the person's message holds personal data: delete it from the chat where the platform can
}

// Option is one thing to choose: a button on Telegram, a numbered line or a link on WeChat.
type Option struct {
	Label   string
	Index   int    `json:",omitzero"` // the number that a person may type for it: 1, 2, 3 … and 0 for back
	Row     int    `json:",omitzero"` // options of the same row stand side by side where there are buttons
	Command string `json:",omitzero"` // if set, choosing it is the command of that name: it works from any message at any time
	URL     string `json:",omitzero"` // if set, choosing it opens a page and brings no update
}

// Empty tells whether there is nothing to send.
func (r Reply) Empty() bool {
	return r.Text == "" && r.Charge == "" && len(r.Attach) == 0 && len(r.Files) == 0 && r.Toast == "" && r.Relay == nil
}
