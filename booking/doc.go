// Package booking is the domain: who sees patients where and when, who the patients are, and who has which number.
//
// # What it is made of
//
// A [Hospital] has [Department]s in two levels, and [Doctor]s in those of the second. A doctor's usual week becomes, day by day, [Schedule]s (a
// half-day) with [Slot]s (a stretch of minutes with a number of places): [Store.Roll]. A [Patient] is in the list of a user. An
// [Appointment] takes one number (序号, Seq) of a slot; a [Visit] is an appointment with all that a card says about it. The names
// are HL7 FHIR's where it has one. Nothing here knows of chats or of payments: whoever must act on a change is a [Follower].
//
// # Reading order
//
//	types.go, date.go        the vocabulary
//	status.go                the one table of what may happen to an appointment
//	policy.go, rules.go      the rules of a hospital: pure functions over plain values; policy_check.go what makes sense
//	admission.go, standing.go  ages and sexes of a department; no-shows and users who give back too often: pure too
//	facts.go                 what these look at, read for a whole batch
//	numbers.go, session.go   which number is next; how a half-day becomes slots: pure too
//	document.go, person.go   identity documents, names and phones that people type; mask.go how they are shown
//	store.go, directory.go   the Store; the small tables in memory; search.go finds in them what people type
//	calendar.go              what is free
//	patient.go               the encrypted patients
//	change.go                locks, the compare-and-swap, the trail
//	combine.go               who waits for a place at the same moment is taken together: combine_prepare.go what is read
//	                         before, combine_take.go the transaction, combine_place.go its slots, combine_write.go its rows
//	hold.go confirm.go cancel.go expire.go   each a way of an appointment
//	stop.go                  a clinic that is stopped (停诊): stop_case.go what it means for each appointment, stop_offer.go the places that are
//	                         held instead, stop_answer.go what patients choose, stop_report.go who knows and who has chosen what
//	attendance.go            checking in, being seen, not coming; record.go what that does to a person, and appeals
//	queue_day.go             the day's queue of a department: queue_rules.go its settings, queue_join.go who comes in, queue_call.go and queue_people.go what
//	                         staff do, queue_save.go what is written, queue_turn.go and queue_pace.go what who waits is told, queue_view.go and queue_board.go what is shown
//	returns.go, overbook.go  places that come back, and places that staff add (加号)
//	reschedule.go            moving a visit; reschedule_confirm.go when the difference of the fees is paid
//	waitlist_rules.go        who may wait for what, and how long an offer stands: pure
//	lottery.go               places that are drawn by lot: lottery_rules.go pure rules; lottery_open.go, lottery_apply.go, lottery_draw.go,
//	                         lottery_settle.go the stages of a draw; priority.go what staff state about a person
//	waitlist.go              joining and leaving; waitlist_offer.go returned places on their way to who waits; waitlist_answer.go yes and no
//	visit.go, audience.go    what is read about appointments; thread.go a visit through its moves; checkin_code.go what its slip holds
//	review.go                what patients say about visits
//	demand.go                how many came to a department and will come; when clinics sold out
//	city.go, seed.go         the directory from files; directory_edit.go what staff change of it
//	week.go, week_store.go   usual weeks, the calendar, leaves; roll.go the half-days that they make
//	halfday.go               a half-day as change sets see it: which places fit where; pure
//	board*.go                working out what changes of schedules do: pure, but for board_load.go which reads
//	change_set*.go           change sets: drafted, applied, undone
//
// # The day's queue
//
// Who is checked in joins the queue of the department's day, in the transaction of the check-in, by whatever way. The order is package queue's, which knows no database: a change locks the queue's
// row, reads its state, applies the pure function, and writes the difference, an event with who did it, and the calls that begin or end. The queue's lock comes after the appointment's.
// A press names who was called when its nurse looked; if that has changed, nothing is done. The consultations that estimates rest on are the calls that ended as finished.
//
// # Rules
//
// One pure function, [Policy.CheckHold], says whether somebody may have a place, by all rules of the hospital that are about
// booking: it is asked under the locks, where its answer counts, and before, where a menu wants to know. What it looks at is
// in a [Claim]: plain values, read by loadFacts. What a person has missed is not kept as a state: [StandingOf] goes through
// the no-shows and what staff forgave each time, each no-show by the policy of its appointment. So whatever is taken back is as if it
// had never been.
//
// # Locks
//
// Every transaction takes its row locks in one order: patient, schedule, slot, appointment. The slot, which everybody wants
// when numbers are released, is locked last before the appointment is written. All decisions that depend on what others do are made
// under the locks: whether the schedule is open, the window of days, the person's limits, the places. Isolation is READ
// COMMITTED: what is read after a lock was taken is what the lock protects. An appointment's status changes by compare-and-swap
// only, so a change that needs no place (the payment of a hold) takes no lock but its row's.
//
// Behind the locks stand unique keys: a number of a slot (and of a schedule) is in one active appointment; a patient has one active appointment with a
// doctor in a half-day; a request key has one appointment; a version of an appointment has one event.
//
// taken in slots and schedules is the count of their active appointments: it is changed in the transactions that change those,
// and refuses to go beyond the capacity.
//
// Limits are per person: patients with the same document in the lists of several users count together.
//
// # A rush
//
// When places are released, everybody taps at once. One transaction for each would be a queue before one row. [Store.Hold] lets those
// who wait in this process at the same moment share one: the locks are taken once, each request is decided in the order in which they
// came, with what the earlier ones got, and the rows of all are inserted by one statement each. Who comes alone is taken
// alone and at once. When a batch fails, its requests are taken one by one, so that only the one that is to blame fails. Other
// replicas do the same; between them the row locks decide, as ever. A batch locks its persons in the order of their documents,
// then its schedules in theirs, so batches wait for each other but not in a circle; what meets them in another order is a
// deadlock that the database ends, and is tried again.
//
// # Waiting
//
// A place that is returned while somebody waits for it never is free: the transaction that returns it takes it again, for the first in
// line who may have it by the rules of a hold, as an appointment of the status offered. Only what was free before anybody waited, and what
// was returned while somebody was joining, is matched later, by ServeWaitlist. The people at the head of a line are locked before the
// place, as everybody locks; those behind them after it, which at worst is a deadlock and a second try.
//
// A visit is moved by a new appointment that takes the new place, and the end of the old one, in one transaction. Where the new place costs more,
// it is held first, and both happens when the difference is paid; until then the old appointment is untouched.
//
// # Stopping a clinic
//
// A stop writes a case for each appointment in the transaction that stops the schedule; after that nobody can be lost. Each case then goes
// forward by single transactions: new → offered (two places are held as appointments of the status offered, and the notice is queued, in
// one) → done, when the patient has taken one of them, wanted the money, or said nothing until the offers ran out. The visit itself stays
// booked until then, so that its payment can move along; nothing reminds of it, nobody can be checked in to it, and it never counts as missed. A step is a
// compare-and-swap of the case: whoever is cut off is gone on with by ServeStops, and whoever comes second does nothing. The rules that ration places
// do not count for what the hospital offers; those of [Policy.OfferUntil] say how long it is held.
// # Drawing
//
// While a half-day's places are given by lot ([Allocation.ByLot]) nobody can hold, be offered or wait for one: [Policy.CheckHold] refuses, and the locked rows say it again. Applying locks the
// person and then the draw, whose list is closed under the same lock, so no application is half in it. What follows is a step at a time, each a transaction that finds out
// under its locks whether it was done: close, draw, one decision for each application in the order drawn, the end. A decision and its place (or its place in the waitlist) are one transaction, and
// behind it stand the unique keys of requests: a process that dies between two of them has lost nobody and served nobody twice.
//
// # Time
//
// Instants are UTC, in microseconds; days and times of day are those of the hospital's zone. The clock is New's.
package booking
