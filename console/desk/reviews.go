package desk

import (
	"strconv"
	"strings"

	"guahao/booking"
	"guahao/internal/staff"
)

func reviewsPage() page {
	return page{path: "reviews", needs: staff.SeeReviews, nav: "talk", list: reviewsList}
}

func reviewPage() page {
	return page{path: "reviews/{id}", needs: staff.SeeReviews, show: showReview, acts: []act{
		{name: "show", needs: staff.ModerateReviews, do: moderating(booking.ReviewShown, "review.is_shown")},
		{name: "hide", needs: staff.ModerateReviews, do: moderating(booking.ReviewHidden, "review.is_hidden")},
	}}
}

// reviewsList is what patients say of visits, those first that wait for somebody to read them.
func reviewsList(r *request) (lister, error) {
	status := booking.ReviewStatus(r.value("status"))
	if !r.URL.Query().Has("status") {
		status = booking.ReviewWaiting
	}
	states := []option{{Label: r.say("anything")}}
	for _, s := range []booking.ReviewStatus{booking.ReviewWaiting, booking.ReviewShown, booking.ReviewHidden} {
		states = append(states, option{Value: string(s), Label: r.say("review." + string(s))})
	}
	ratings := []option{{Value: "0", Label: r.say("anything")}}
	for n := 1; n <= 5; n++ {
		ratings = append(ratings, option{Value: strconv.Itoa(n), Label: stars(n)})
	}
	hospitals, err := r.hospitalOptions(true)
	if err != nil {
		return nil, err
	}
	filters := []field{
		r.field(field{Name: "status", Label: "col.status", Kind: "select", Value: string(status), Options: states}),
		r.field(field{Name: "rating", Label: "col.rating", Kind: "select", Value: itoa(r.number("rating")), Options: ratings}),
	}
	if len(hospitals) > 2 {
		filters = append(filters, r.field(field{Name: "hospital", Label: "field.hospital", Kind: "select", Value: itoa(r.number("hospital")), Options: hospitals}))
	}
	return listing[booking.Review]{
		Name: "reviews", Filters: filters, Empty: "reviews.empty", Note: r.say("reviews.note"),
		Columns: []column[booking.Review]{
			{Key: "id", Cell: func(v booking.Review) cell { return cell{Text: itoa(v.ID), Href: at("reviews/" + itoa(v.ID))} }},
			{Key: "created", Sort: true, Cell: func(v booking.Review) cell { return cell{Text: r.moment(v.CreatedAt)} }},
			{Key: "doctor", Cell: func(v booking.Review) cell {
				return cell{Text: r.doctorName(v.Doctor), Under: r.hospitalName(v.Hospital)}
			}},
			{Key: "rating", Sort: true, Cell: func(v booking.Review) cell { return cell{Text: stars(v.Rating)} }},
			{Key: "comment", Cell: func(v booking.Review) cell { return cell{Text: v.Comment} }},
			{Key: "status", Cell: r.reviewState},
		},
		Fetch: func(q query) ([]booking.Review, int, error) {
			return r.d.Booking.BrowseReviews(r.ctx, booking.ReviewQuery{
				Reach: r.reach, Hospital: booking.HospitalID(r.number("hospital")), Status: status, Rating: int(r.number("rating")),
				Sort: q.Sort, Desc: q.Desc, Offset: q.Offset, Limit: q.Limit,
			})
		},
	}, nil
}

// stars are a rating that is seen at once; its number is read out.
func stars(n int) string {
	return strconv.Itoa(n) + " " + strings.Repeat("★", n) + strings.Repeat("☆", max(0, 5-n))
}

func (r *request) reviewState(v booking.Review) cell {
	tone := map[booking.ReviewStatus]string{booking.ReviewWaiting: "warn", booking.ReviewShown: "good", booking.ReviewHidden: "mute"}[v.Status]
	return cell{Text: r.say("review." + string(v.Status)), Tone: tone, Under: v.Note}
}

func (r *request) review() (booking.Review, error) {
	id, err := r.id()
	if err != nil {
		return booking.Review{}, err
	}
	return r.d.Booking.ReviewWithin(r.ctx, r.reach, booking.ReviewID(id))
}

// showReview is one review with what can be decided about it.
func showReview(r *request) (*view, error) {
	v, err := r.review()
	if err != nil {
		return nil, err
	}
	facts := []fact{
		{r.say("col.doctor"), cell{Text: r.doctorName(v.Doctor), Under: r.hospitalName(v.Hospital)}},
		{r.say("col.rating"), cell{Text: stars(v.Rating)}},
		{r.say("col.created"), cell{Text: r.moment(v.CreatedAt)}},
		{r.say("col.visit"), cell{Text: "#" + itoa(v.Appointment), Href: at("appointments/" + itoa(v.Appointment))}},
		{r.say("col.status"), r.reviewState(v)},
	}
	text := v.Comment
	if text == "" {
		text = r.say("review.no_words")
	}
	b := block{Title: r.say("col.comment"), Pre: text}
	if r.mayModerate(v) {
		b.Forms = r.reviewForms(v)
	}
	return &view{Title: r.say("review.one", v.ID), Up: []link{{r.say("page.reviews"), at("reviews")}}, Blocks: []block{{Facts: facts}, b}}, nil
}

func (r *request) mayModerate(v booking.Review) bool {
	_, err := r.d.Booking.ReviewWithin(r.ctx, r.member.Reach(staff.ModerateReviews), v.ID)
	return err == nil
}

// reviewForms show or hide a review. They carry the version that was read: what the patient has changed meanwhile is read again first.
func (r *request) reviewForms(v booking.Review) []form {
	path, version := "reviews/"+itoa(v.ID), field{Name: "version", Kind: "hidden", Value: strconv.Itoa(v.Version)}
	var list []form
	if v.Status != booking.ReviewShown {
		list = append(list, form{Action: at(path + "/show"), Label: "review.show", Tone: "primary", Fields: []field{version}})
	}
	if v.Status != booking.ReviewHidden {
		list = append(list, form{Action: at(path + "/hide"), Label: "review.hide", Tone: "danger", Fold: true, Note: r.say("review.hide_note"), Fields: []field{
			version, r.field(field{Name: "reason", Label: "field.reason", Kind: "text", Required: true, Max: 200}),
		}})
	}
	return list
}

// moderating decides about a review, and leads on to the next that waits.
func moderating(status booking.ReviewStatus, said string) func(*request) (string, error) {
	return func(r *request) (string, error) {
		v, err := r.review()
		if err != nil {
			return "", err
		}
		if _, err := r.d.Booking.ModerateReview(r.ctx, r.member.ID, v.ID, int(r.number("version")), status, r.value("reason")); err != nil {
			return "", err
		}
		r.notice(said, v.ID)
		next, _, err := r.d.Booking.BrowseReviews(r.ctx, booking.ReviewQuery{Reach: r.reach, Status: booking.ReviewWaiting, Limit: 1})
		if err != nil || len(next) == 0 {
			return at("reviews"), err
		}
		return at("reviews/" + itoa(next[0].ID)), nil
	}
}
