// Package console has the web pages of patients: that on which they pay. The staff's are in desk, the screen before a department in board.
// Package console has the web pages of everybody: that on which patients pay, and [DrawPage], which publishes draws by lot.
//
// [PayPage] serves everything below /pay/. A patient gets there by a link from the chat; the random token in it is all
// the authority that the page asks for, and all that it shows is what the holder of the link may know: what is bought,
// when, for whom (masked), and how much.
//
//	GET  /pay/{token}          the page, in the state that the charge is in
//	POST /pay/{token}/bridge   parameters for WeChat's payment sheet (JSAPI)
//	GET  /pay/{token}/status   the state as JSON; asks WeChat Pay, at a bounded rate, while it is pending
//	GET  /pay/{token}/qr.png   the code to scan, with the provider ?by=
//	GET  /pay/{token}/alipay   to Alipay's page, for phones
//	GET  /pay/{token}/receipt  the receipt, to be printed
//
// Inside WeChat the page opens the payment sheet, for which it needs the payer's OpenID: that of the account that
// booked, or else the one that WeChat's OAuth tells. Elsewhere it shows the QR code. Links within the page are relative,
// so that it works behind any prefix. Where there are several providers the page lets the payer choose; looking at it
// changes nothing, fetching the other's code or page closes the first's order. Without JavaScript it reloads itself and the QR code still works.
//
// The merchant platform must list PublicURL + "/pay/" as a payment directory (JSAPI支付授权目录).
package console
