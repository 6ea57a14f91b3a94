package staff_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/internal/staff"
)

var update = flag.Bool("update", false, "write the document anew")

func TestPermissionsDocument(t *testing.T) {
	t.Parallel()
	const file = "../../docs/permissions.md"
	want := staff.PermissionsDocument()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/permissions.md is out of date: go test ./internal/staff -run Document -update\n%s", diff)
	}
}

// TestTableIsWhole: every permission stands once, has somebody who may, and an administrator among them.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[staff.Permission]bool{}
	for _, p := range staff.Permissions() {
		if seen[p] || !staff.Admin.Allows(p) {
			t.Errorf("%s stands twice, or administrators may not", p)
		}
		seen[p] = true
		if change := p == staff.ChangePolicies || p == staff.ChangeStaff; change && (staff.Scheduler.Allows(p) || staff.Cashier.Allows(p) || staff.Nurse.Allows(p)) {
			t.Errorf("%s is for administrators only", p)
		}
	}
	for _, p := range []staff.Permission{staff.AttendAppointments, staff.CancelAppointments, staff.AddPlaces, staff.DecideRecords, staff.UnmaskPatients, staff.RefundPayments, staff.SettleBooks,
		staff.ChangePolicies, staff.ChangeWaitlist, staff.SendBroadcasts, staff.StopClinics, staff.ChangeStaff} {
		if staff.Auditor.Allows(p) {
			t.Errorf("an auditor may %s", p)
		}
	}
	if staff.Role("").Allows(staff.SeeToday) || staff.Admin.Allows("") || staff.Admin.Allows("no.such") {
		t.Error("what is not in the table is allowed")
	}
}
