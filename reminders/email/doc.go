// Package email sends notices by e-mail: plain text and HTML, and the visit as a calendar file. It is a thin layer over
// wneessen/go-mail, which speaks SMTP.
//
// What the server answers becomes what [bots.Sender] promises: a refusal for good (5xx) of the recipient is
// [bots.ErrUnreachable], one for now (4xx) and everything about the network are errors that may pass. Errors name neither
// the address nor the server's words.
package email
