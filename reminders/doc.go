// Package reminders decides what to tell whom and when, and sees to it that it is told: notices about appointments, reminders,
// broadcasts of staff and their reports. It also runs the program's jobs at their times.
//
// # From a change to a message
//
// [Store.Appointment] is called in the transaction that changes an appointment, and writes a row per notice into the outbox (table
// notices): what is to be told commits with what happened, or not at all. It touches no other table. The unique key (appointment,
// kind, version) makes a repeated call harmless. [Store.Refunded] and [Store.PaidTooLate] do the same for money.
//
// [Store.Send] works the outbox off; a job calls it every few seconds, on any number of replicas:
//
//  1. read what is due, 250 at most, in turn with the other replicas ([Store.Take]); broadcasts wait until nothing else is;
//
//  2. claim them: one conditional UPDATE each, on the epoch that was read. Who loses leaves the row alone;
//
//  3. for each, just before it is sent: renew the lease (if the epoch is still ours), read the visit and compare its version and
//     status with the notice's, read the account, write the message in its language, and give it to the platform's [bots.Sender];
//
//  4. note the end. Each row ends as sent, blocked, unreachable, failed or obsolete; of a broadcast also
//     as declined (the person wants none) or withdrawn (it was cancelled).
//
//     queued ──claim──▶ claimed ──▶ sent · blocked · unreachable · failed · obsolete
//     ▲                 │
//     └─ asked to wait, error that may pass, not due yet, sender died (lease over)
//
// Nobody is told twice, except what was being sent at the moment of a crash: then the lease (two minutes) ends and it is sent
// again. Neither can it be known whether a platform took a message whose answer was lost; that one is sent again too.
//
// A platform's request to wait is kept in table notice_pauses, for one chat or for the whole platform, and holds over restarts
// and for all replicas. Other errors are tried again after 30 seconds, doubling to half an hour, eight times in all. What a platform
// answered is kept and logged as a class (platform, asked_to_wait, platform_off, unreadable, not_found, not_arrived) and never in its words.
//
// # Which way
//
// [Store.Ways] lists how a person can be reached: their chat, their other chat, a WeChat template, SMS, e-mail. A notice takes the first that
// has it; what is urgent does not wait for a platform that fails (ways.go, kinds.go). What a provider of short messages has taken and not delivered goes on
// to the next way when it says so ([Store.NoteReceipts]). Who has proved an e-mail address gets a copy of what one keeps
// ([Store.AskEmail]): a row of its own under the same key (appointment, kind, version) and the way. What a person does not want, and
// quiet hours, are looked at just before sending (wishes.go); what changes their appointment is told at any hour.
//
// # When reminders are due
//
// Two hours before the visit, and at 18:00 of the day before in the hospital's zone; neither if that has passed when the visit is
// booked. Where the hospital lies is remembered from the last Send, because a transaction full of locks has no connection to ask for
// it. While it is not known, the row of the latter is queued for 31 hours before the visit, which is never too late in any zone, and the
// exact instant is found out when the row is first claimed.
//
// # What notices say
//
// The messages are templates in catalogue/, Chinese and English. On Telegram, which leaves the country, they carry no patient's
// name, no department and no place; on WeChat the patient's name is masked. Options are commands (my, book, menu), because a notice
// can arrive in the middle of a conversation. For a WeChat template message the kinds and fields are:
//
//	kind         fields
//	booked       hospital department doctor title time starts number patient place fee text
//	reminder     the same
//	cancelled    hospital department doctor title time starts number patient place fee amount note text
//	stopped      the same
//	stop_offer   the same; text says what is held instead
//	stop_silent  the same
//	stop_gone    the same; text says what can still be chosen
//	hold_expiring, changed, review_request, no_show  as booked
//	expired      hospital department doctor title time starts number patient place fee text
//	refunded     the same and amount
//	paid_late    the same and amount
//	offer        the same (no number); also of a place that staff added, and of one that was won in a draw
//	offer_over, offer_withdrawn, move_expired  the same
//	wait_over    time text; also for who applied for a place that was drawn and won none
//	linked       text
//	queue_soon, queue_called  as booked
//	broadcast    note text
//	report       note text
//	stop_report  note text
//
// amount is the money that goes back, in yuan with its sign (¥50); time is 7月3日 周五 08:30–09:00, for a keyword of type
// thing; starts is 2026年7月3日 08:30, for one of type time; text is the whole message.
// A field that has nothing to say is left out.
//
// # Broadcasts
//
// [Store.StartBroadcast] writes one row. When its time has come, Send reads its audience in pages and queues a notice per account, the unique
// key (broadcast, account) keeping one for each; how far it has read moves in the same transaction, so that a crash repeats and loses
// nobody, and memory does not grow with the audience. People who refuse broadcasts ([Store.RefuseBroadcasts]) are left out then, and once more just
// before they would be written to.
//
// The notices wait for lanes, one for each platform (lane.go, letter.go, lane_ends.go): a lane takes a page of 60 in turns from the broadcasts that may go on, behind
// whatever is urgent, and its 16 writers send at the platform's pace. What was sent is noted by one commit for all writers, before any of them goes on. While
// replicas are replaced, one of before migration 45 may read an audience without the platforms: it is read again (reread.go).
//
//	expanding ──audience read──▶ sending ──everybody at an end──▶ finished
//	    └──────[Store.Cancel]─────────┴──▶ withdrawing ──nobody waits──▶ finished (cancelled)
//
// [Store.Pause] and [Store.Resume] set and clear a mark that lanes look at, as they look at the clock: by night they write nothing that was not said
// to be for the night too. A text may have placeholders (wording.go), which each recipient reads with what is theirs.
//
// When the last notice has reached an end, the counts are kept and the author gets a report as a notice. [Store.ReportStop] watches over the
// notices of a stopped clinic in the same way. Who could be told by no way at all has to be phoned: the transaction that ends such a notice tells
// [Stops], which keeps the list.
//
// # Jobs
//
// [Jobs] names functions and cron specs. Cron only ticks; which tick is a job's latest is computed from the program's clock, and it
// is run by who inserts (job, scheduled_at). So a missed tick is made up for, once, when the program is back or its clock was moved
// ([Jobs.Tick]); a failed one, or one whose replica died, is tried again; and of many replicas one runs it.
package reminders
