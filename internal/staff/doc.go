// Package staff knows the hospital's people: what they may do and where, which chat account is whose, and how they sign in to the console.
//
// # Permissions
//
// There is one table of who may do what (permissions.go), for the console and the chat alike. A [Member] has grants: a role at all
// hospitals, at one, or in one department. [Member.Reach] tells where a permission holds; nowhere means that it does not. An administrator
// can change only people and roles within the own reach, and the last administrator of all hospitals stays.
//
// # The chat
//
// Whoever is taken in ([Store.Add]) gets a one-time code, BIND- and eight characters. The person sends it to the bot, whose dialog finds it in
// whatever was typed ([FindCode]) and calls [Store.Bind]. From then on [Store.ByAccount] says who is writing. A code is 40 random bits and is good for 24 hours and for
// one account. The database has only its digest. An account may try five codes an hour, right or wrong.
//
// # The console
//
// A one-time link ([Store.UseLink]) sets the password, which is kept as argon2id. Administrators need a second factor (TOTP), of which no code is good twice.
// Five wrong passwords for a login name, or thirty from an address, close it for a quarter of an hour; codes are counted apart, so that the right
// password gives no new tries for them. Sessions are in the database, by the digest of their token ([Sessions]); a member's epoch is raised by whatever
// must end them.
//
// Counts and the use of codes and links are decided under row locks, so that any number of replicas and of simultaneous tries change nothing of it. Names and TOTP secrets are
// sealed (internal/vault). Every change is in the audit log, in its transaction.
package staff
