package booking

import (
	"fmt"
	"slices"
	"time"
)

// checkAdmission compares the patient's document with whom the department treats.
func (p Policy) checkAdmission(c Claim) error {
	for _, rule := range p.Admissions {
		if !slices.Contains(c.Departments, rule.Department) {
			continue
		}
		if rule.Sex != "" && (c.Sex == Male || c.Sex == Female) && c.Sex != rule.Sex {
			zh, en := "女性", "women"
			if rule.Sex == Male {
				zh, en = "男性", "men"
			}
			return refusef(CodeNotAdmitted, "这个科室只接诊%[1]s患者，按就诊人的证件不能预约。请换一个科室，或换一位就诊人。",
				"This department treats %[2]s only, and the patient's document says otherwise. Please choose another department or patient.", zh, en).by("admissions.sex")
		}
		age, known := ageOn(c.BirthDate, c.Schedule.Date)
		if known && (age < rule.MinAge || (rule.MaxAge > 0 && age > rule.MaxAge)) {
			zh, en := rule.ages()
			return refusef(CodeNotAdmitted, "这个科室只接诊%[1]s的患者，就诊人到就诊那天 %[3]d 岁。请换一个科室，或换一位就诊人。",
				"This department treats patients %[2]s, and the patient will be %[3]d on that day. Please choose another department or patient.", zh, en, age).by("admissions.age")
		}
	}
	return nil
}

// ages says the range of an admission.
func (a Admission) ages() (zh, en string) {
	switch {
	case a.MaxAge == 0:
		return fmt.Sprintf("%d 岁及以上", a.MinAge), fmt.Sprintf("aged %d or more", a.MinAge)
	case a.MinAge == 0:
		return fmt.Sprintf("%d 岁及以下", a.MaxAge), fmt.Sprintf("aged %d or less", a.MaxAge)
	}
	return fmt.Sprintf("%d 到 %d 岁", a.MinAge, a.MaxAge), fmt.Sprintf("aged %d to %d", a.MinAge, a.MaxAge)
}

// AgeOn is the age in whole years on a day; false when the birth date is not known.
func AgeOn(birth, day Date) (years int, known bool) { return ageOn(birth, day) }

// ageOn is the age in whole years on a day; false when the birth date is not known. Who was born on 29 February is a year older on 1 March
// of a year without that day.
func ageOn(birth, day Date) (int, bool) {
	born, on := birth.In(time.UTC), day.In(time.UTC)
	if birth == "" || born.IsZero() {
		return 0, false
	}
	age := on.Year() - born.Year()
	if on.Month() < born.Month() || (on.Month() == born.Month() && on.Day() < born.Day()) {
		age--
	}
	return age, true
}
