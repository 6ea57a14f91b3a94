package bots

import "time"

// Platform is a chat platform.
type Platform string

// The platforms that there are.
const (
	WeChat   Platform = "wechat"
	Telegram Platform = "telegram"
)

// AccountID is one chat identity: one person on one platform.
type AccountID int64

// UserID is the person behind one or more linked accounts. Patients and appointments belong to a user.
type UserID int64

// Account is a chat identity that has written to us or followed us.
type Account struct {
	ID         AccountID
	User       UserID
	Platform   Platform
	ExternalID string // Telegram's chat id in decimal, WeChat's OpenID
	Lang       string // "zh" or "en"
	Blocked    bool   // the person has blocked or unfollowed the bot: send nothing
}

// Kind is what an update is about.
type Kind string

// The kinds of updates. An adapter never drops what a person sends: what has no kind of its own is Other.
const (
	Text     Kind = "text"     // typed, or recognised from speech (Voice is then true)
	Press    Kind = "press"    // a button or a clickable link of one of our messages
	Command  Kind = "command"  // "/book", or a tap on the custom menu
	Follow   Kind = "follow"   // subscribed, started or unblocked the bot
	Unfollow Kind = "unfollow" // unsubscribed from or blocked the bot: no answer can be given
	Speech   Kind = "speech"   // a voice message that came without its text
	Photo    Kind = "photo"
	Location Kind = "location"
	Other    Kind = "other"   // stickers, files, contacts, dice…
	Answer   Kind = "answer"  // what staff say in a conversation that was handed over; Arg is the handover
	Release  Kind = "release" // staff give it back to the bot; Arg is the handover, or "" for whichever it is
	Timeout  Kind = "timeout" // the session's deadline has passed; made by the inbox itself
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{Text, Press, Command, Follow, Unfollow, Speech, Photo, Location, Other, Answer, Release, Timeout}
}

// byPerson tells that the person did it, rather than time or staff.
func (k Kind) byPerson() bool { return k != Timeout && k != Answer && k != Release }

// Update is one thing that a person did in the chat, free of platform detail.
type Update struct {
	Platform Platform
	Key      string // dedupe key, unique per platform: the platform sends it again under the same key
	From     string // the person's external id
	Kind     Kind
	Text     string  // for Text: what was typed, as it was typed; for Photo: its caption
	Voice    bool    // for Text: it was spoken
	Button   Button  // for Press
	Command  string  // for Command: the name without slash, in lower case: start, book, my, help, menu, cancel, lang, broadcast, stop
	Arg      string  // for Command: what followed the name
	Lat, Lng float64 // for Location, degrees of WGS-84; adapters convert what is told in another system
	Message  string  // the platform's id of the message that holds the button (Press) or of the person's own message
	Lang     string  // the platform's hint: "zh", "en" or ""
	At       time.Time

	// Hint is what InboxConfig.Consult knew, when a step wanted to know something ([Consult]); Hinted tells that it was asked. Platforms set neither.
	Hint   string
	Hinted bool
}

// Button names one option of one reply. It is what a press brings back.
type Button struct {
	Rev   int64 // the session revision that offered it
	Index int   // Option.Index
}
