package dialog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"guahao/booking"
	"guahao/dialog/understand"
)

// Reviews is what the conversation needs to know of what patients say about visits; *booking.Store satisfies it.
type Reviews interface {
	MayReview(ctx context.Context, user booking.UserID, id booking.AppointmentID) error
	ReviewOf(ctx context.Context, user booking.UserID, id booking.AppointmentID) (*booking.Review, error)
	Review(ctx context.Context, user booking.UserID, id booking.AppointmentID, rating int, comment string) (booking.Review, error)
	RatingOf(ctx context.Context, doctor booking.DoctorID) (booking.Rating, error)
	Comments(ctx context.Context, doctor booking.DoctorID, limit int) ([]booking.Review, error)
}

// The states of a review.
const (
	stateRating  State = "rating"
	stateComment State = "comment"
)

const (
	doReview     = "review"
	maxComment   = 300 // characters
	maxRating    = 5
	shownComment = 2 // on a doctor's card
)

// ratingRows is what a patient says about a visit.
func ratingRows() []row {
	return []row{
		{
			state: stateRating, flow: flowVisits, prompt: "rating", accepts: acceptsOptions,
			items: ratingItems, chosen: ratingChosen, typed: ratingTyped, goes: []State{stateComment},
		},
		{
			state: stateComment, flow: flowVisits, prompt: "comment", accepts: acceptsVerbatim, idle: idleAsk,
			items: commentItems, chosen: commentChosen, typed: commentTyped, goes: []State{stateVisit},
		},
	}
}

// reviewLine says what the patient has said about a visit, and what they may still do about it.
func (t *turn) reviewLine(v booking.Visit) (line string, items []item, err error) {
	r, err := t.d.Booking.ReviewOf(t.ctx, t.user(), v.Appointment.ID)
	if err != nil {
		return "", nil, err
	}
	label := key("visit.review")
	if r != nil {
		label = "visit.review_again"
		line = t.say("visit.reviewed", "rating", r.Rating)
		if r.Comment != "" {
			line = t.say("visit.reviewed_words", "rating", r.Rating, "state", t.named("review_state", string(r.Status)))
		}
	}
	switch err := t.d.Booking.MayReview(t.ctx, t.user(), v.Appointment.ID); {
	case err == nil:
		items = []item{{choice: choice{Do: doReview}, label: t.say(label), names: splitNames(t.say("visit.review_names"))}}
	case !booking.IsRefusal(err):
		return "", nil, err
	}
	return line, items, nil
}

// ratingItems are the points in their order, so that the number that is typed is the number that is meant.
func ratingItems(t *turn) (list, error) {
	v, err := t.ownVisit()
	if err != nil {
		return list{}, err
	}
	l := list{args: []any{"doctor", v.Doctor.Name, "day", t.shortDay(v.Appointment.Date)}}
	for n := 1; n <= maxRating; n++ {
		l.items = append(l.items, item{choice: choice{Do: doPick, ID: int64(n)}, label: t.named("rating_words", strconv.Itoa(n)),
			names: splitNames(t.named("rating_names", strconv.Itoa(n)))})
	}
	return l, nil
}

// ratingTyped takes "5分" and "4 stars".
func ratingTyped(t *turn, line string) (bool, error) {
	n := understand.Tight(line)
	for _, unit := range []string{"分", "星", "颗星", "points", "stars", "point", "star"} {
		for points := 1; points <= maxRating; points++ {
			if n == strconv.Itoa(points)+unit {
				return true, ratingChosen(t, choice{Do: doPick, ID: int64(points)})
			}
		}
	}
	return false, nil
}

func ratingChosen(t *turn, c choice) error {
	words := ""
	if r, err := t.d.Booking.ReviewOf(t.ctx, t.user(), t.m.Draft.Visit); err != nil {
		return t.refused(err)
	} else if r != nil {
		words = r.Comment
	}
	if _, err := t.d.Booking.Review(t.ctx, t.user(), t.m.Draft.Visit, int(c.ID), words); err != nil {
		return t.refused(err)
	}
	t.note("rating.stored", "rating", c.ID)
	return t.move(stateComment)
}

func commentItems(t *turn) (list, error) {
	return list{args: []any{"limit", maxComment}, items: []item{{choice: choice{Do: doNo}, label: t.say("comment.no"), no: true}}}, nil
}

func commentChosen(t *turn, _ choice) error {
	t.m.Draft = draft{Visit: t.m.Draft.Visit}
	return t.settle(stateVisit)
}

func commentTyped(t *turn, line string) (bool, error) {
	words := paragraphs(line)
	if understand.Tight(words) == understand.Tight(t.say("comment.no")) || t.d.reader.Word(words) == wantNo {
		return true, commentChosen(t, choice{})
	}
	r, err := t.d.Booking.ReviewOf(t.ctx, t.user(), t.m.Draft.Visit)
	if err == nil && r == nil {
		err = booking.ErrNotFound
	}
	if err == nil {
		_, err = t.d.Booking.Review(t.ctx, t.user(), t.m.Draft.Visit, r.Rating, words)
	}
	if err != nil {
		return true, t.refused(err)
	}
	t.note("comment.stored")
	return true, commentChosen(t, choice{})
}

// rated says on a doctor's card what patients have said, in lines of their own: the average with its number, and the latest comments that staff have
// let through. It is "" where nobody has said anything.
func (t *turn) rated(doctor booking.DoctorID) (string, error) {
	r, err := t.d.Booking.RatingOf(t.ctx, doctor)
	if err != nil || r.Count == 0 {
		return "", err
	}
	lines := "\n" + t.say("doctor.rating", "average", fmt.Sprintf("%.1f", r.Average()), "count", r.Count)
	said, err := t.d.Booking.Comments(t.ctx, doctor, shownComment)
	for _, c := range said {
		lines += "\n" + t.say("doctor.comment", "rating", c.Rating, "words", clip(strings.Join(strings.Fields(c.Comment), " "), 40))
	}
	return lines, err
}
