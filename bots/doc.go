// Package bots is what a chat is, whatever the platform: people (accounts), where their conversations stand (sessions), and what
// they did (updates), each of which has its effect once.
//
// # The parts
//
//   - [Update], [Reply], [Option], [Turn], [Result], [Notice] are the vocabulary that adapters, the dialog and the reminders share.
//   - [Stepper] is the conversation (package dialog), [Sender] a platform's way to write to someone unasked (the adapters).
//   - [Store] reads accounts.
//   - [Inbox] takes updates: Handle for those that a platform delivers, Sweep for those that time makes.
//   - [Lanes] lets one person's things happen one after another within this process.
//
// # The life of an update
//
// An adapter authenticates a request, makes an [Update] of it and calls [Inbox.Handle]. One transaction locks the session's row and looks whether
// the update was handled before, runs the step, and writes the session with its revision raised by one, and the update's row
// (platform and dedupe key are its primary key) with the reply. So:
//
//   - One person's updates are handled one after another over all replicas: they queue at the session's row.
//   - An update that comes again finds its row and gets the stored reply. While the first one is still being handled, the second
//     waits for it at the session's row.
//   - A crash before the commit leaves nothing, and the platform delivers again. A crash after it leaves a reply that is not
//     marked as answered: the next delivery sends it.
//
// The transaction is two round trips to the database, one before the step and one after it (commit.go), and updates of several people that come at the
// same moment share one (crew.go): their steps run beside each other, and one that fails does not hold up the others.
//
// After the commit, and outside all locks, InboxConfig.Finish adds what needs the network (a payment's QR code). The adapter then
// sends the reply and calls [Inbox.Answered], unless doing it again would change nothing, or the reply rides in the response to the platform: if that is
// lost, the platform delivers again.
//
// # What can fail
//
// With the database away Handle returns an error, which the adapter turns into a 5xx, so that the platform delivers again; if it
// does not, the person is asked to send it once more ([Inbox.Sweep]). A step that fails or panics for any other reason changes
// nothing, is logged with a reference, and is answered with a sentence that carries it. It is not run again.
//
// Session data and replies are encrypted in the database: they hold what people typed.
package bots
