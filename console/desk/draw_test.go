package desk_test

import (
	"fmt"
	"net/http"
	"testing"

	"guahao/booking"
	"guahao/internal/staff"
)

// Staff change how the places of a half-day are given before they are released, see how far its draw has got, and state what counts in it, each as far as they may.
func TestDraws(t *testing.T) {
	t.Parallel()
	w, v := oneVisit(t)
	var later, released booking.ScheduleID
	w.must(w.db.Get(&released, "SELECT id FROM schedules WHERE doctor_id = ? AND visit_date > '2026-11-23' ORDER BY visit_date LIMIT 1", v.Doctor.ID))
	w.must(w.db.Get(&later, "SELECT id FROM schedules WHERE hospital_id = ? ORDER BY visit_date DESC, id LIMIT 1", v.Hospital.ID))
	admin, nurse := w.as("admin", staff.Grant{Role: staff.Admin}), w.as("nurse", staff.Grant{Role: staff.Nurse})
	path := fmt.Sprintf("/console/clinics/%d", later)
	admin.get(path).says(t, "先到先得", "改分配方式")
	if a := nurse.post(path+"/allocate", "mode", "lottery"); a.status != http.StatusForbidden {
		t.Errorf("a nurse changes how places are given: %d", a.status)
	}
	admin.post(path+"/allocate", "mode", "luck").says(t, "请选择一种分配方式")
	admin.post(path+"/allocate", "mode", "weighted").says(t, "已修改", "加权抽签", "报名")
	admin.post(fmt.Sprintf("/console/clinics/%d/allocate", released), "mode", "lottery").says(t, "已经放号")
	if row := w.written(fmt.Sprintf("schedule:%d", later)); row.Action != "clinic.allocate" {
		t.Errorf("written is %+v", row)
	}
	for _, column := range []string{"", "date", "-doctor", "department", "-window", "applied", "status", "places"} {
		admin.get("/console/draws?sort="+column).says(t, "加权抽签", fmt.Sprintf("/lottery/%d", later))
	}

	patient := fmt.Sprintf("/console/patients/%d", v.Patient.ID)
	department := fmt.Sprint(v.Department.ID)
	nurse.post(patient+"/state", "ground", "urgent", "department", department, "until", "2026-11-30").says(t, "请写明依据")
	nurse.post(patient+"/state", "ground", "urgent", "department", department, "until", "2026-11-30", "why", "胸痛待查").says(t, "已添加", "病情急", "2026-11-30")
	if row := w.written(fmt.Sprintf("patient:%d", v.Patient.ID)); row.Action != "patient.priority" || row.Note != "胸痛待查" {
		t.Errorf("written is %+v", row)
	}
	stated, err := w.app.Booking.Priorities(w.ctx, v.Patient.ID)
	w.must(err)
	if len(stated) != 1 {
		t.Fatalf("stated is %v", stated)
	}
	id := fmt.Sprint(stated[0].ID)
	nurse.post(patient+"/unstate", "id", id).says(t, `role="alert"`)
	nurse.post(patient+"/unstate", "id", "999", "why", "x").says(t, `role="alert"`)
	nurse.post(patient+"/unstate", "id", id, "why", "写错了").says(t, "已撤回")
	if stated, err := w.app.Booking.Priorities(w.ctx, v.Patient.ID); err != nil || len(stated) != 0 {
		t.Errorf("still stated is %v, %v", stated, err)
	}
	elsewhere := w.as("elsewhere", staff.Grant{Role: staff.Nurse, Hospital: 2})
	if a := elsewhere.post(patient+"/state", "ground", "urgent", "department", department, "until", "2026-11-30", "why", "x"); a.status != http.StatusNotFound {
		t.Errorf("another hospital states a need: %d", a.status)
	}
}
