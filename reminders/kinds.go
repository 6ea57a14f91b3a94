package reminders

import "slices"

// What is special about some kinds of notices.
var (
	// urgentKinds are worth nothing when they come late: they come at night, too, and rather another way than later.
	urgentKinds = []Kind{Stopped, StopOffer, StopSilent, StopGone, Cancelled, Changed, Expired, HoldExpiring, HoursBefore, QueueSoon, QueueCalled, Offer, Extra, OfferWithdrawn, MoveExpired}
	// quietKinds can wait for the morning. What is in neither list answers what a person has just done, and comes at once.
	quietKinds = []Kind{DayBefore, Refunded, OfferOver, WaitOver, ReviewRequest, NoShow}
	// smsKinds are worth an SMS to who cannot be reached in a chat.
	smsKinds = []Kind{Stopped, StopOffer, StopSilent, StopGone, Cancelled, Changed, DayBefore, Offer, Extra, OfferWithdrawn, PaidTooLate, MoveExpired}
	// mailedKinds go by e-mail as well, to who has asked for that: what one keeps, and what changes it.
	mailedKinds = []Kind{Booked, Moved, Cancelled, Stopped, StopOffer, StopSilent, StopGone, Changed, DayBefore, PaidTooLate, Refunded}
	// calendarKinds bring the visit's calendar file along by e-mail.
	calendarKinds = []Kind{Booked, Moved, Cancelled, Stopped, Changed, DayBefore}
	// chatKinds are for a chat and not for the person who has it.
	chatKinds = []Kind{Broadcast, StaffReport, StopReport, Linked}
	// refusable kinds can be switched off. What changes an appointment of one's own cannot, nor what one waits for, nor money.
	refusable = []Kind{Booked, HoldExpiring, DayBefore, HoursBefore, QueueSoon, ReviewRequest}
)

// The kinds about a place that is not paid, about a visit that is near or over, and about a clinic that staff have changed.
const (
	HoldExpiring  Kind = "hold_expiring"  // some minutes before a place that is not paid is released
	Changed       Kind = "changed"        // another room, time or doctor: the appointment stays
	ReviewRequest Kind = "review_request" // some hours after the visit
	NoShow        Kind = "no_show"        // the patient was not seen to come
)

// NoticeKinds lists the kinds by the names that templates have.
func NoticeKinds() []string {
	var names []string
	for _, k := range Kinds() {
		if name := k.notice(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (k Kind) urgent() bool   { return slices.Contains(urgentKinds, k) }
func (k Kind) quiet() bool    { return slices.Contains(quietKinds, k) }
func (k Kind) worthSMS() bool { return slices.Contains(smsKinds, k) }
func (k Kind) mailed() bool   { return slices.Contains(mailedKinds, k) }
func (k Kind) personal() bool { return !slices.Contains(chatKinds, k) }
