// Package dialog is the conversation: what a person is told, and what becomes of what they answer.
//
// It knows no platform, no SQL and no clock. A [Dialog] is a [bots.Stepper]: [Dialog.Step] takes one update with the session
// as it was, and gives the session and the reply that follow. Everything it needs of the world comes through the small
// interfaces of ports.go.
//
// # How to read it
//
// table.go says what a state is: one row with its prompt, its options, what it accepts and where it leads. The rows stand
// with their flows:
//
//	anywhere.go   the main menu, and the words that work everywhere: back, cancel, help, a human, the language
//	book.go       hospital, departments, doctor          times.go    day, half-day, time, and what to offer when it is full
//	confirm.go    the patient and the card               pay.go      paying, giving back, and the time running out
//	people.go     patients, and adding one               visits.go   my appointments, and cancelling one
//	afterwards.go slip, calendar, past visits, the same doctor again
//	rating.go     what a patient says about a visit      more.go     what the main menu has no room for
//	draws.go      applying for places that are drawn by lot; drawn.go what became of it
//	record.go     missed visits, and appeals
//	poster.go     what a scanned code opens              place.go    a location, and how far hospitals are
//	link.go       WeChat and Telegram of one person      carry.go    going on here with what was begun there
//	handover.go   a person instead of the bot            emergency.go  words of danger, before anything else
//	large.go      large type                             keep.go     another doctor at the same time
//	staff.go      who is staff                           broadcast.go, broadcast_how.go, stop.go  what staff do
//	sent.go       what became of broadcasts              today.go    how the day stands, for staff
//	silence.go    no more broadcasts, please            advise.go    who is suggested first, and why
//	outlook.go    the chance of a place                 starts.go    a next visit that is due
//
// docs/dialog.md draws the table. A move that the table does not have is an error, so the drawing cannot lie.
//
// The machinery below the flows: input.go decides in which order an update is understood; menu.go pages, numbers and matches
// options for every state alike; turn.go moves between states; memory.go is what is remembered. What people type is read by the
// package understand: sentence.go fills in what a sentence says, asked.go is what of that later steps take up, search.go finds parts of
// names, wish.go reads a wish for the waitlist, personal.go what looks like somebody's number. catalogue.go reads the messages from the
// files in catalogue/.
//
// # Rules that hold everywhere
//
//   - What a number means is remembered from the reply in which it was read. A button of any earlier reply never acts.
//   - What costs money or a place, or cannot be undone, takes a button or a whole word ([choice].Explicit), never a mere number.
//   - Going back restores the step as it was. A place that is held is given back only when the person says so.
//   - A step passes on what is chosen already, so a flow that is entered with a draft asks only for what is missing.
//   - Effects carry a key of account and session revision: a step that is run again has the same effect, once.
//   - Where messages leave the country (Telegram), no message has a patient's name or number in it.
//   - A refusal ([booking.Error]) becomes a sentence and the same step again. Only a failing database becomes an error.
package dialog
