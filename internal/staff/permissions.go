package staff

import (
	"slices"
)

// Role is what somebody of the staff is.
type Role string

// The roles.
const (
	Admin     Role = "admin"
	Scheduler Role = "scheduler" // a clinic secretary: appointments, clinics, what patients are told
	Cashier   Role = "cashier"
	Nurse     Role = "nurse"   // at the desk of a department: who is here, who is next
	Auditor   Role = "auditor" // sees, and changes nothing
)

// Roles lists them, the mightiest first.
func Roles() []Role { return []Role{Admin, Scheduler, Cashier, Nurse, Auditor} }

// Permission is one thing that may be done, in the console and in the chat alike.
type Permission string

// The permissions. What is not among them is not possible; who has none of a page's does not see it.
const (
	SeeToday           Permission = "today.see"
	SeeAppointments    Permission = "appointments.see"
	AttendAppointments Permission = "appointments.attend" // check in, mark as seen
	SeeQueue           Permission = "queue.see"           // the day's queue, and how it does
	CallQueue          Permission = "queue.call"          // call, pass over, send elsewhere, say how urgent somebody is
	CancelAppointments Permission = "appointments.cancel"
	AddPlaces          Permission = "appointments.extra" // 加号
	SeeRecords         Permission = "records.see"        // missed visits and appeals
	DecideRecords      Permission = "records.decide"     // appeals, reinstating a no-show
	SeePatients        Permission = "patients.see"       // masked
	UnmaskPatients     Permission = "patients.unmask"
	SeePayments        Permission = "payments.see"
	RefundPayments     Permission = "payments.refund" // cancel with a refund, try a refund again
	SettleAtDesk       Permission = "payments.desk"   // take money at the cashier's desk, and hand out what is given back there
	SeeBooks           Permission = "reconciliation.see"
	SettleBooks        Permission = "reconciliation.settle"
	SeePolicies        Permission = "policies.see"
	ChangePolicies     Permission = "policies.change"
	SeeWaitlist        Permission = "waitlist.see"
	ChangeWaitlist     Permission = "waitlist.change"
	SeeDirectory       Permission = "directory.see"    // schedules too
	ChangeDirectory    Permission = "directory.change" // names, titles, floors
	ChangeSchedules    Permission = "schedules.change" // usual weeks, holidays, leaves, places; undoing such changes
	SeeDemand          Permission = "demand.see"       // forecasts, and what to do about capacity
	SeeBroadcasts      Permission = "broadcasts.see"
	SendBroadcasts     Permission = "broadcasts.send"
	StopClinics        Permission = "clinics.stop"
	TakeHandovers      Permission = "handovers.take" // conversations of patients who asked for a person
	SeeReviews         Permission = "reviews.see"
	ModerateReviews    Permission = "reviews.moderate" // show or hide what patients say of visits
	SeeStaff           Permission = "staff.see"
	ChangeStaff        Permission = "staff.change"
	SeeTokens          Permission = "tokens.see"    // which programs may use the interface
	ChangeTokens       Permission = "tokens.change" // let a program in, and end that
	SeeAudit           Permission = "audit.see"
	ExportLists        Permission = "lists.export"
	OwnAccount         Permission = "account.own" // the own password and second factor
)

// line is a row of the table of permissions.
type line struct {
	Permission
	roles []Role
}

// table is the one table of who may do what.
func table() []line {
	everybody := Roles()
	return []line{
		{OwnAccount, everybody},
		{SeeToday, everybody},
		{SeeAppointments, everybody},
		{AttendAppointments, []Role{Admin, Scheduler, Nurse}},
		{SeeQueue, []Role{Admin, Scheduler, Nurse, Auditor}},
		{CallQueue, []Role{Admin, Scheduler, Nurse}},
		{CancelAppointments, []Role{Admin, Scheduler, Cashier}},
		{AddPlaces, []Role{Admin, Scheduler}},
		{SeeRecords, []Role{Admin, Scheduler, Nurse, Auditor}},
		{DecideRecords, []Role{Admin, Scheduler}},
		{SeePatients, everybody},
		{UnmaskPatients, []Role{Admin, Scheduler, Cashier, Nurse}},
		{SeePayments, []Role{Admin, Cashier, Auditor}},
		{RefundPayments, []Role{Admin, Cashier}},
		{SettleAtDesk, []Role{Admin, Cashier}},
		{SeeBooks, []Role{Admin, Cashier, Auditor}},
		{SettleBooks, []Role{Admin, Cashier}},
		{SeePolicies, []Role{Admin, Scheduler, Auditor}},
		{ChangePolicies, []Role{Admin}},
		{SeeWaitlist, []Role{Admin, Scheduler, Nurse, Auditor}},
		{ChangeWaitlist, []Role{Admin, Scheduler}},
		{SeeDirectory, everybody},
		{SeeDemand, []Role{Admin, Scheduler, Auditor}},
		{ChangeDirectory, []Role{Admin}},
		{ChangeSchedules, []Role{Admin, Scheduler}},
		{SeeBroadcasts, []Role{Admin, Scheduler, Auditor}},
		{SendBroadcasts, []Role{Admin, Scheduler}},
		{StopClinics, []Role{Admin, Scheduler}},
		{TakeHandovers, []Role{Admin, Scheduler}},
		{SeeReviews, []Role{Admin, Scheduler, Auditor}},
		{ModerateReviews, []Role{Admin, Scheduler}},
		{SeeStaff, []Role{Admin, Auditor}},
		{ChangeStaff, []Role{Admin}},
		{SeeTokens, []Role{Admin, Auditor}},
		{ChangeTokens, []Role{Admin}},
		{SeeAudit, []Role{Admin, Auditor}},
		{ExportLists, []Role{Admin, Scheduler, Cashier, Auditor}},
	}
}

// Permissions lists all of them in the order of the table.
func Permissions() []Permission {
	var list []Permission
	for _, l := range table() {
		list = append(list, l.Permission)
	}
	return list
}

// Allows tells whether a role has a permission. Unknown roles and permissions have nothing.
func (r Role) Allows(p Permission) bool {
	for _, l := range table() {
		if l.Permission == p {
			return slices.Contains(l.roles, r)
		}
	}
	return false
}

// wholeHospital tells whether a role is about things that a department has no share of: money, rules, the staff itself.
func (r Role) wholeHospital() bool { return r == Admin || r == Cashier || r == Auditor }
