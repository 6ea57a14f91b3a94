// Package payments takes money for a reference (an appointment, to this package a string) and gives it back.
//
// Read it in this order:
//
//   - charge.go, refund.go: the two things there are, and the one table of transitions of each; states.go draws both
//     (docs/payment-states.md).
//   - gateway.go: what a provider must be able to do; gateways.go: what only some can, and choosing among several. wechatpay and alipay
//     are two; a further one is a further folder, and paymentstest.Run tells whether it does.
//   - store.go: [Store], [Follower], creating and finding charges.
//   - prepare.go: from a charge to a QR code or the parameters of a payment sheet.
//   - switching.go: from one order to another, with the same provider or another; what is paid under a number left behind is given
//     back.
//   - desk.go: what the hospital's cashier takes and hands out.
//   - receipt.go: a number for what was paid.
//   - settle.go: a verified trade becomes a payment, exactly once, with all that follows from it in the same transaction.
//   - closing.go, refunding.go: giving up, and giving back.
//   - work.go: the job that asks about open charges, closes the abandoned ones and works refunds off; any replica may run it at any
//     time.
//   - alarm.go: who is called when a refund takes too long.
//   - ledger.go, ledgercheck.go: the books in double entry, written where charges and refunds change; statement.go: a day of a payee,
//     for its accountant.
//   - bill.go, reconcile.go: each day's bill of the provider against what stands here; reconcile_match.go finds the differences,
//     reconcile_heal.go settles those that a signed answer can settle, reconcile_differences.go hands the rest to people.
//   - story.go: all about one payment, for whoever has to find out.
//   - notice.go, incident.go: which notices were handled, and what a person has to look into.
//
// # Rules that hold everywhere
//
// A change of status is a compare-and-swap on the row's version and writes a charge_events row in the same transaction; that a charge was created stands in its own row. No call
// to a provider is made in a transaction. Rows of the caller's domain are locked before the charge's row: Settle asks the
// Follower first, and only then swaps the charge; a lost swap rolls all of it back.
//
// A charge has at most one open order at the provider at any time. Showing the same charge in another way (a QR code after a
// payment sheet, another person's sheet) first closes the open order there, and only a closed order's number is replaced; so
// nobody can pay twice. Where a provider cannot close what nobody has opened yet (Alipay), the number left behind is remembered, and
// a payment under it becomes a charge of its own that is refunded in full. A number that may exist at the provider is used again after a failure, never replaced on one.
//
// An error of a provider is not signed, so it decides nothing that cannot be taken back: "closed" and "paid" are believed after
// a signed query only.
package payments
