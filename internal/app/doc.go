// Package app is the only place where everything meets: it makes, from a [Config], the program that `guahao serve` runs,
// that `guahao demo` runs against simulators, and that the end-to-end tests run in twos on one database.
//
// What the capability packages may not know of each other is tied here:
//
//   - follow.go: what follows a change of an appointment (a charge, a refund, a notice) and what follows a payment (a
//     confirmed booking), each inside the transaction of its cause;
//   - finish.go: what a reply needs from the network before it is sent (the QR code of a charge), after the commit;
//   - http.go: the paths of the public contract, health and readiness;
//   - jobs.go: what the cron ticks do.
package app
