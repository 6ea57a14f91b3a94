// Package alipaytest is a simulator of Alipay's open platform (gateway.do, key mode with RSA2) for tests and the demo.
//
// [New] makes a [Server] for one application. Its ServeHTTP answers what openapi.alipay.com answers at /gateway.do: precreate, the
// WAP page, query, close, refund, refund query and bills. It is at least as strict as the real one: it verifies the signature over all
// parameters with the application's key, checks lengths, alphabets and the timestamp, refuses an order's number with other
// parameters, and signs what it answers. What the program got wrong also stands in [Server.Violations], which tests assert empty.
//
// As on the real platform a precreated order is no trade: it becomes one when [Server.Scan], [Server.ScanPay] or [Server.PagePay]
// opens it, and before that it can neither be asked about nor closed, and its code works. [Server.Credentials] has what the program
// is configured with; keys are made once in a process.
//
// Notices are signed forms. [Server.Deliver] delivers them at once; [Server.Start] delivers them in a goroutine with the platform's
// schedule of retries, until the program answers "success". [Server.Faults] loses, delays and repeats them, and makes calls fail in
// the ways that matter; [Server.Forge] sends what a stranger, or a confused platform, might send.
//
// Business time (expiry, retries) is Options.Now, so a moved clock moves it; the timestamps of requests are real time, since the SDK
// writes real time into them.
package alipaytest
