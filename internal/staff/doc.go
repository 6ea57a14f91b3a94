// Package staff knows which chat accounts belong to the hospital's people, who may broadcast and stop clinics from their phones.
//
// An administrator adds a person on the command line ([Store.Add]) and gets a one-time code, BIND- and eight characters, to hand
// over. The person sends it to the bot, whose dialog finds it in whatever was typed ([FindCode]) and calls [Store.Bind]. From then
// on [Store.ByAccount] says who is writing.
//
// A code is 40 random bits and is good for 24 hours and for one account. The database has only its digest. An account may try five
// codes an hour, right or wrong; that count and the use of a code are decided under row locks, so that any number of replicas
// and of simultaneous tries change nothing of it. Names are sealed (internal/vault).
package staff
