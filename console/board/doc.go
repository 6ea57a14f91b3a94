// Package board is the screen before a department (候诊大屏): who is called to which room, and who is next.
//
//	GET /board/{department}         the page, for a television: large type, no names but masked ones
//	GET /board/{department}/events  its news as server-sent events: the rooms anew whenever the queue changes, and the time
//	GET /board/{department}/state   the same once, for where events do not come through
//
// The page asks for nothing and needs no login: it says what is called out in the corridor anyway. Without a script it reloads itself. New calls are spoken by the
// browser where it can (speechSynthesis), in the page's language (?lang=en).
//
// A stream looks at the queue's version once a second, shared by all that look at one department, and reads the queue itself only when that has changed. So any
// replica can serve any screen, and one that loses its replica goes on with another by itself.
package board
