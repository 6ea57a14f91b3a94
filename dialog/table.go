package dialog

import (
	"fmt"
	"slices"
	"time"

	"guahao/booking"
)

// State names a step of the conversation.
type State string

// The states. The table says what each of them is.
const (
	stateMenu     State = "menu"
	stateLanguage State = "language"
	stateResume   State = "resume"
	stateFound    State = "found"

	stateHospital     State = "hospital"
	stateGroup        State = "group"
	stateDepartment   State = "department"
	stateDoctor       State = "doctor"
	stateDay          State = "day"
	statePeriod       State = "period"
	stateTime         State = "time"
	stateAlternatives State = "alternatives"
	statePatient      State = "patient"
	stateConfirm      State = "confirm"
	statePay          State = "pay"
	stateGiveBack     State = "give_back"
	stateLapsed       State = "lapsed"

	statePeople   State = "people"
	statePerson   State = "person"
	stateRemove   State = "remove"
	stateRelation State = "relation"
	stateName     State = "name"
	stateDocument State = "document"
	stateNumber   State = "number"
	stateBirth    State = "birth"
	stateSex      State = "sex"
	statePhone    State = "phone"
	stateReview   State = "review"

	stateVisits State = "visits"
	stateVisit  State = "visit"
	stateCancel State = "cancel"

	stateStaff              State = "staff"
	stateAudience           State = "audience"
	stateAudienceDepartment State = "audience_department"
	stateAudienceDoctor     State = "audience_doctor"
	stateAudienceDate       State = "audience_date"
	stateWords              State = "words"
	statePreview            State = "preview"
	stateStopHospital       State = "stop_hospital"
	stateStopDepartment     State = "stop_department"
	stateStopDoctor         State = "stop_doctor"
	stateStopClinic         State = "stop_clinic"
	stateStopNote           State = "stop_note"
	stateStopConfirm        State = "stop_confirm"
)

// accepts says what a typed line may be in a state, besides the words that work everywhere.
type accepts string

const (
	acceptsOptions  accepts = "options"  // one of the options: its number, its label, or a word for it
	acceptsNames    accepts = "names"    // the same, or the name of a hospital, a department or a doctor
	acceptsEntry    accepts = "entry"    // what the prompt asks for; only the words for getting away come first
	acceptsVerbatim accepts = "verbatim" // any text at all; only back, cancel and the main menu come first
)

// Timeouts. After [idleAsk] a typed line is not taken for an answer to a list that was read long ago: the person is asked
// whether to go on. After [forgetAfter] the draft is forgotten.
const (
	idleAsk     = 30 * time.Minute
	forgetAfter = 24 * time.Hour
)

// row is one state of the conversation.
type row struct {
	state  State
	flow   flow
	prompt key // the message shown, unless the list has its own
	// items gives the options. It reads the database afresh each time the step is shown.
	items func(*turn) (list, error)
	// chosen takes one of the options.
	chosen func(*turn, choice) error
	// typed takes a line that is none of the options; false means that it was not understood.
	typed   func(*turn, string) (bool, error)
	accepts accepts
	// passes tells that there is nothing to ask here (it is chosen already, or there is only one) and where to go on.
	passes func(*turn) (State, error)
	// before looks at the world before anything that a person does in this state; it may move on by itself.
	before func(*turn) error
	// back replaces the return to the step before.
	back func(*turn) error
	// reach is, in what only some of the staff may do, where a member may do it.
	reach func(Member) booking.Reach
	goes  []State       // the states that the step itself may lead to
	idle  time.Duration // after which to ask whether to go on; 0: never
}

// flow groups states in the graph.
type flow string

const (
	flowAnywhere flow = "anywhere"
	flowBooking  flow = "booking"
	flowPatients flow = "patients"
	flowVisits   flow = "visits"
	flowStaff    flow = "staff"
)

// table gives all rows, in the order of the documentation.
func table() []row {
	return slices.Concat(anywhereRows(), moreRows(), carryRows(), linkRows(), triageRows(), bookingRows(), payRows(), patientRows(), guardianRows(), personRows(), visitRows(), stoppedRows(), queueRows(), waitlistRows(), drawRows(), recordRows(), ratingRows(), dataRows(), noticeRows(), staffRows())
}

// indexed checks the table and gives its rows by state.
func indexed(rows []row) (map[State]*row, error) {
	byState := make(map[State]*row, len(rows))
	for i := range rows {
		r := &rows[i]
		if byState[r.state] != nil {
			return nil, fmt.Errorf("dialog: state %q stands twice in the table", r.state)
		}
		byState[r.state] = r
	}
	for _, r := range rows {
		for _, to := range r.goes {
			if byState[to] == nil {
				return nil, fmt.Errorf("dialog: state %q leads to %q, which is not in the table", r.state, to)
			}
		}
	}
	return byState, nil
}
