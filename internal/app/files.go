package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guahao/booking"
	"guahao/bots"
	"guahao/internal/vault"
)

// filing makes what messages bring along. Telegram is handed the file; WeChat, whose accounts can send no documents, a link that
// nobody can guess and that dies after a while, under which the file is made anew each time (filelink.go).
type filing struct {
	makers    map[string]maker
	accounts  *bots.Store
	keys      *vault.Keys
	publicURL string
	now       func() time.Time
}

// maker makes one kind of file.
type maker struct {
	name  string        // the file's: "visit.ics"
	label booking.Text  // what it is called in the chat
	life  time.Duration // of a link to it

	// make makes the file for the person whose account it is. It is errGone when there is no such thing or it is not theirs.
	make func(ctx context.Context, to bots.Account, of int64) ([]byte, error)
}

// errGone says that there is nothing to be fetched here (any more).
var errGone = errors.New("there is no such file any more")

// attach makes files of what a message shall bring along. Those that can be made are returned even with an error.
func (f *filing) attach(ctx context.Context, to bots.Account, wanted []bots.Attachment) ([]bots.File, error) {
	var files []bots.File
	var failed error
	for _, w := range wanted {
		file, err := f.one(ctx, to, w)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("a file of the kind %q: %w", w.Kind, err))
			continue
		}
		files = append(files, file)
	}
	return files, failed
}

func (f *filing) one(ctx context.Context, to bots.Account, w bots.Attachment) (bots.File, error) {
	m, ok := f.makers[w.Kind]
	if !ok {
		return bots.File{}, errors.New("nobody makes it")
	}
	file := bots.File{Name: m.name, Label: m.label.In(to.Lang)}
	var err error
	if to.Platform == bots.Telegram {
		file.Data, err = m.make(ctx, to, w.Of)
	} else {
		file.URL, err = f.link(to, w, m)
	}
	return file, err
}

// sender gives notices their files on the way to a platform. A notice whose file cannot be made goes without it.
type filingSender struct {
	bots.Sender
	app *App
}

func (s filingSender) Send(ctx context.Context, to bots.Account, n bots.Notice) error {
	return s.Sender.Send(ctx, to, s.filed(ctx, to, n))
}

func (s filingSender) filed(ctx context.Context, to bots.Account, n bots.Notice) bots.Notice {
	if len(n.Attach) > 0 {
		var err error
		if n.Files, err = s.app.filing.attach(ctx, to, n.Attach); err != nil {
			s.app.cfg.Log.ErrorContext(ctx, "a notice goes without a file", "account", to.ID, "error", err)
		}
	}
	return n
}

// filingTemplates is the same for a platform that has templates; a template brings no file along.
type filingTemplates struct {
	filingSender
	templates bots.TemplateSender
}

func (s filingTemplates) SendInChat(ctx context.Context, to bots.Account, n bots.Notice) error {
	return s.templates.SendInChat(ctx, to, s.filed(ctx, to, n))
}

func (s filingTemplates) SendTemplate(ctx context.Context, to bots.Account, n bots.Notice) error {
	return s.templates.SendTemplate(ctx, to, n)
}
