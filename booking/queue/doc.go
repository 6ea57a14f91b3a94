// Package queue decides who is called next (排队叫号). It is a pure state with functions: [Queue] in, Queue out, the time passed in. Nothing here
// speaks, prints or stores; whoever stores a Queue writes it only if its Version is still the one that was read, so that of two nurses who call
// at the same moment one gets the next patient and the other the one after.
//
// # Who is next
//
// By number within classes. The classes of a department are a list, the most urgent first ([Rules]). The first of them, the urgent ones, always go first.
// In the others people grow older: whoever has waited AgeMinutes rises by one class, and once more after each further AgeMinutes, up to the highest that is
// not urgent. There the number decides. So nobody starves: who has waited (class − urgent classes)·AgeMinutes is passed from then on only by urgent cases and
// by people with a lower number, of whom there are finitely many.
//
// # Late, skipped, returned
//
// Who comes late joins Behind places behind: so many others are called first (fewer when there are not so many: no room stands idle for
// the rule's sake), then the own number counts again. Who is called and does not come is skipped (过号) and may return, Behind places behind as well, MostSkips times.
// An urgent case is never put behind.
//
// # States
//
//	waiting → called → with the doctor → done
//	          called → skipped → waiting         Skip, Return
//	waiting, called, skipped → left → waiting    Leave, Return
//	done → waiting                               ComeBack
//
// A person waits for any room of the queue or for one of them. Transfer changes that, and keeps the place. A room calls nobody while
// it is paused or somebody is called to it or in it.
//
// # Reading order
//
//	rules.go      a department's settings
//	queue.go      the state, and what may be asked of it
//	order.go      who is next
//	changes.go    joining, returning, leaving, going elsewhere
//	calls.go      calling, calling again, skipping, finishing; rooms
package queue
