// Package wechatpaytest is a simulator of WeChat Pay (API v3, direct merchant, public-key mode) for tests and the demo.
//
// [New] makes a [Server] for one merchant. Its ServeHTTP answers what api.mch.weixin.qq.com answers under /v3/: Native and JSAPI
// prepay, query by either number, close, refund, refund query, and the trade bill with its download. It is at least as strict as the real one: it checks the
// Authorization header over the raw bytes with the merchant's key, refuses a nonce that it has seen, checks lengths and alphabets,
// and signs every 2xx, the empty 204 too. What the program got wrong also stands in [Server.Violations], which tests assert empty.
//
// The program's configuration comes from [Server.Credentials]; keys are made once in a process. The user's side, WeChat on the
// patient's phone, is [Server.Scan] and [Server.ScanPay] for a QR code, and [Server.Open] and [Server.BridgePay] for the payment
// sheet of a page in WeChat, whose paySign is verified.
//
// Notices are encrypted, signed and queued. [Server.Start] delivers them in a goroutine with the platform's schedule of retries,
// [Server.Deliver] at once. [Server.Faults] loses, delays, repeats and reorders them, and makes calls fail in the ways that
// matter; [Server.Forge] sends what a stranger, or a confused platform, might send.
//
// Business time (expiry, retries, the end of a refund) is Options.Now, so a moved clock moves them; timestamps of signatures
// are real time, since the SDK compares them with real time.
package wechatpaytest
