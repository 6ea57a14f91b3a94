// Package bench measures the program: how fast it gives places away, and how fast it answers people who chat with it. It
// is behind `guahao bench`, and its small runs are tests.
//
// What is measured is what is deployed: the program as internal/app puts it together, on a database that keeps what it
// commits ([Options.DSN] chooses another one), with the simulators as its platforms. Only the bench's own people,
// hospitals and clinics are special: there are enough places, and limits that the bench's people do not reach (clinic.go, person.go).
//
//   - [Booking] takes places without a chat, three ways on one database, which take turns (booking_tournament.go): the
//     program; a naive program that books one by one, as well as that can be written (booking_naive.go); and a bare UPDATE that counts
//     and does nothing else (booking_raw.go). In a rush all clients want the same half-day; when it is sold out, as within a second
//     of a release, all of them want the next one. In a stroll each goes its own way. All rules of a hospital are on. After each turn the places
//     that were sold twice are counted from the appointments alone (oversold.go), and those that somebody was told of and
//     does not have (booking_people.go).
//   - [Dialog] is a crowd of people on the Telegram simulator (patient.go) who read what is on their screen (screen.go) and press its buttons.
//     They are known, have one patient, and book what is free of charge in seven updates (regulars.go); with [Options.Newcomers] the program has never seen
//     them: they add themselves as patients once, scan QR codes and pay. With [Options.Command] the program is a process of its own, on a
//     processor of its own (apart.go, cores_linux.go), and what an update costs each side is told (usage.go).
//
// # When an update is answered
//
// An update's time begins when the simulator posts it to the webhook, and ends when it has put the answer into the chat (wire.go). With [Options.Rate] updates begin on a
// schedule that does not wait for answers, and their time begins at the scheduled moment, so that a slow program cannot
// hide its delay by slowing its users down (pace.go).
//
// # A database of one's own
//
// A DSN must name an empty database, or one that an earlier bench filled and marked (database.go): that one is emptied.
// Any other is refused, untouched.
package bench
