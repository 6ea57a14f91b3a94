// Package telegram is the adapter to Telegram's Bot API, on go-telegram/bot for the calls and the shapes of updates.
//
// # In
//
// [Bot.Handler] is the webhook: the secret is compared in constant time before anything is read, the body is bounded, and the
// answer is 200 only after the update was handled and its reply sent; otherwise Telegram delivers again, and the inbox knows the
// update by its id. (The SDK's own handler answers 200 at once and queues in memory.) [Bot.Poll] takes the same path by getUpdates,
// for development. read.go makes a bots.Update of Telegram's; only private chats are served.
//
// # Out
//
// A reply to a press edits the message that was pressed, so that a conversation does not scroll away; a reply to a text is a
// new message. A file (a QR code, a slip, a calendar file) is a photo or a document with the text as its caption, and neither
// can become a text again, so the step after it is a new message too. Text is plain: nothing in it is taken for Markdown or HTML.
//
// Buttons carry "b:<session revision>:<index>", or "c:<command> <argument>" for what works at any time. Whatever else comes back
// as callback data is forged or from another program, and becomes a press that fits no session.
//
// # Pace
//
// Telegram takes about 30 messages a second, one a second in a chat, and says in a 429 how long to wait. Notices wait for their
// turn; replies go at once and count. A wait of up to two seconds is waited for; a longer one is a bots.RetryError.
package telegram
