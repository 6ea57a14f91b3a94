package handout_test

import (
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/handout"
)

// The guardian of a patient under age is in the export, and does not go abroad.
func TestExportedGuardian(t *testing.T) {
	t.Parallel()
	about := booking.Stored{Patients: []booking.Patient{
		{Name: "陈小宝", Number: "110105201501011239", Phone: "13912345678", Relation: booking.Child, Guardian: booking.Guardian{Name: "李芳", Phone: "13987654321"}},
		{Name: "陈大文", Number: "11010519491231002X", Phone: "13912345678", Relation: booking.Self},
	}}
	for _, abroad := range []bool{false, true} {
		p := handout.PersonalOf(about, "zh", abroad, time.Unix(0, 0))
		page, err := p.Page("zh")
		if err != nil {
			t.Fatal(err)
		}
		data, err := p.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{string(page), string(data)} {
			for _, secret := range []string{"李芳", "13987654321"} {
				if times := strings.Count(file, secret); (times == 1) == abroad || times > 1 {
					t.Errorf("abroad %v: %s is %d times in %s", abroad, secret, times, file)
				}
			}
		}
	}
}
