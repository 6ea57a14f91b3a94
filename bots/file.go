package bots

import "strings"

// Attachment names what a message brings along: a picture or a document that is made only when the message goes out, outside all
// locks, and is stored nowhere. Which kinds there are, the app knows.
type Attachment struct {
	Kind string // "slip", "calendar", …
	Of   int64  // what it is of: an appointment's number, say; 0 where the person is enough
}

// File is an attachment that was made. A platform that carries files gets Data, one that does not gets URL and shows a link.
type File struct {
	Name  string // "visit.ics"; its ending tells what it is
	Label string // what it is called in the chat
	Data  []byte
	URL   string
}

// Picture tells whether it is shown as a picture rather than offered as a document.
func (f File) Picture() bool { return strings.HasSuffix(f.Name, ".png") }

// Linked puts links to files before a message's other options, for platforms that carry no files.
func Linked(files []File, options []Option) []Option {
	var all []Option
	for _, f := range files {
		if f.URL != "" {
			all = append(all, Option{Label: f.Label, URL: f.URL})
		}
	}
	return append(all, options...)
}
