// Package handout makes what a patient takes along from the chat: a visit as an event for the calendar (calendar.go) and as a slip to show
// at the hospital (visit_slip.go).
//
// All of it is made of plain values, without a database and without a clock. What leaves the hospital's system is kept to what is needed: no
// handout has a document's number or a telephone number of a patient in it; a calendar, which people share and which clouds read, not even a name
// or a department.
package handout
