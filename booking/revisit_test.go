package booking_test

import (
	"context"
	"testing"

	"guahao/booking"
)

// After how many days patients come back is a rule of the hospital; it goes with the history. Whether somebody wants hints is theirs: exported and forgotten with them.
func TestRevisits(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	policy, err := w.Policy(ctx, w.hosp)
	must(t, err)
	dep, err := w.Department(ctx, w.dept)
	must(t, err)
	for name, rules := range map[string][]booking.RevisitRule{
		"no department": {{Days: 30}}, "twice": {{Department: dep.Code, Days: 30}, {Department: dep.Code, Days: 60}}, "never": {{Department: dep.Code}}, "too long": {{Department: dep.Code, Days: 401}},
		"a department that is not there": {{Department: "NOPE", Days: 30}},
	} {
		policy.Revisits = rules
		if _, err := w.SetPolicy(ctx, w.hosp, policy); !booking.IsRefusal(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	policy.Revisits = []booking.RevisitRule{{Department: dep.Code, Days: 30}}
	_, err = w.SetPolicy(ctx, w.hosp, policy)
	must(t, err)
	_, slots := w.clinic(0, 1, 1)
	a := w.mustHold(slots[0].ID, 1).Appointment
	if list, err := w.History(ctx, a.User); err != nil || len(list) != 1 || list[0].Revisit != 30 {
		t.Errorf("%+v, %v", list, err)
	}

	const user booking.UserID = 77 // who has no visit to come
	for _, refuse := range []bool{true, true, false, true} {
		must(t, w.RefuseStarts(ctx, user, refuse))
		about, err := w.StoredAbout(ctx, user)
		must(t, err)
		if about.NoStarts != refuse {
			t.Errorf("stored is %v, want %v", about.NoStarts, refuse)
		}
	}
	must(t, w.ForgetUser(ctx, user, "forget"))
	if refuses, err := w.RefusesStarts(ctx, user); err != nil || refuses {
		t.Errorf("after being forgotten: %v, %v", refuses, err)
	}
}
