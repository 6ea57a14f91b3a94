// Package sandbox is the demo: one page with two patients' phones and a staff member's on it, and a clock that can be
// moved. Behind the phones are the simulators that the tests use too; between them and the program is nothing but the
// platforms' protocols. The program does not know that it is in a demo.
//
//   - [Clock] is the time that everybody in the demo goes by.
//   - [Config] and [New]: what is glued together. [Sandbox] is the page's [http.Handler].
//   - live.go: the page shows parts (each phone, the clock, the guide); a stream sends a part whenever it has changed.
//   - wechat.go and telegram.go: what is on a phone, and what a person can do there.
//   - money.go: the payment sheet, from a page inside WeChat or from a scanned picture (package qrscan).
//   - browser.go: the browser inside a phone, which shows the program's real pages.
//   - timelapse.go: moving the clock, with the jobs that fall due on the way.
//   - guide.go: what there is to try, and what has been done.
//   - guard.go: only the page itself may talk to the sandbox.
//   - page/: HTML, CSS and JavaScript modules, without a framework and without anything from elsewhere.
package sandbox
