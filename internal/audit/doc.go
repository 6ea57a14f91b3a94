// Package audit keeps the log of what the hospital's people change: who, when, from where, what it was before and what it is now.
//
// A change and its row are one transaction: a package that changes something on somebody's behalf calls [Recorder].Record with
// its own transaction (through [Write], which does nothing where there is no recorder). Who acts travels in the context ([As]).
//
// Each row has the hash of the one before it and a hash of its own, an HMAC with the program's key: who has only the database
// can change, remove or move rows, but cannot make the chain fit again. [Log.Verify] finds it. A tail that was cut off together
// with the head that names it is found by who noted an earlier head down: [Log.Head]. What was changed is sealed.
package audit
