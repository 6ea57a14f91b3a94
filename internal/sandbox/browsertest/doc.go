// Package browsertest drives a real, headless Chromium for tests of the pages.
//
//	p := browsertest.Open(t, url, 1440, 900)
//	p.Press("#telegram", "Start")              // the newest visible button in there with that text, by a real click
//	p.Expect("#telegram", "Choose a hospital") // waits for the words
//	p.Type("#telegram textarea", "cardiology")
//	p.PressInFrame("#wechat iframe", "#pay-button")
//	p.Screenshot("wechat.png")
//
// Everything waits for its condition, up to [Patience], and fails the test with what the page showed instead. What the
// page writes to the console as an error, an uncaught exception, a blocked request and a breach of the content security
// policy fail the test as well, at its end. Where there is no Chromium, tests fail and say what to install.
package browsertest
