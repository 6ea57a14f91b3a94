// Package torture tries to make the program sell a place twice, and shows that it does not. It is behind `guahao torture`, and its
// short run is a test.
//
// Several replicas of the program run as processes of their own (replica.go, fleet.go) on one database with full durability. Clients
// hold, pay, cancel, reschedule, wait and look through whichever replica is up (client.go; operations.go is the table of what they do), while a
// nemesis (nemesis.go) kills replicas and the database, cuts connections in the middle of COMMIT (proxy.go), and repeats, delays,
// reorders and loses the notices of payments. The replicas' clocks disagree, and run faster than real time, so that holds run out
// within seconds (clock.go).
//
// # What is checked
//
// Every operation is recorded with its start and its end. When all is quiet again (settle.go), two judges look at the run:
//
//   - porcupine: is there, for each schedule, one order of the operations that explains every answer? The model (model.go) is a
//     schedule as the set of its holders. history.go makes the histories: what clients did, what the program did by itself (a hold
//     that ran out, a late payment that found its place still free), and a last look at the rows.
//   - SQL (audit.go): counts and numbers agree with the appointments, nobody is beyond a limit, and each payment that WeChat Pay
//     has captured belongs to a booked visit or was given back.
//
// An operation without an answer may or may not have happened. Where its trail is found in the database, it did, at some time
// after its start; where none is found, it did not. One exception is the database's, not ours: for a moment before it is killed,
// others can read what was committed and is not yet on the disk, and will be lost; nobody was promised it. So what was only read
// within a second before a kill binds nobody (history.go).
//
// Of what the program does by itself the trail says who did it, by the last digits of the time that it bears, and so within
// which call it must have become true (trail.go).
//
// A history without such an order is cut down to what still shows it (shrink.go), and drawn.
package torture
