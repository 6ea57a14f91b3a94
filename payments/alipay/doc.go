// Package alipay is Alipay (open platform, key mode with RSA2) as a [payments.PageGateway]: precreate for QR codes, the WAP page for
// phones, queries, closes, refunds and bills, and the handler of its asynchronous notices.
//
// What is different from WeChat Pay:
//
//   - A precreated order is no trade yet: it becomes one when somebody scans the code or opens the page. Until then Alipay knows no
//     such order, cannot close it, and the code works until it expires. Package payments gives back what is paid with a code that was
//     replaced.
//   - TRADE_CLOSED is said of an order that can no longer be paid, and of one that was paid and given back in full. The time of
//     payment tells which.
//   - A refund is done when the call is answered, or it is not: there is no notice of its end, and asking needs the order's number,
//     which a refund's number begins with.
//   - A bill is a zip of GBK text, says nothing about which application a trade was for, and lists refunds on the day on which they were
//     done. "No such bill" is said also while it is being made.
//   - An error is an answer with HTTP status 200 and, where Alipay is sure of the caller, a signature.
//
// What the SDK leaves to its user is done here: it is used in a mode in which it never downloads a key that a notice names; errors
// are reduced to an operation and a code (the SDK's own hold sentences); an unsigned answer is an error whatever it says; an answer
// of JSON null does not panic.
package alipay
