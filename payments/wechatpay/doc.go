// Package wechatpay is WeChat Pay (API v3, direct merchant) as a [payments.Gateway]: Native orders for QR codes, JSAPI orders for
// pages inside WeChat, queries, closes and refunds, and the handler of its notices.
//
// It runs in public-key mode: answers and notices are verified with WeChat Pay's public key from the merchant platform, and
// nothing is fetched at construction. The SDK has its host as a constant; [Config].API redirects the connection and leaves the path,
// and so the signature, as it was.
//
// What the SDK leaves to its user is done here: errors are reduced to an operation, a status and a code (the SDK's own hold
// headers and bodies), both spellings of codes mean the same, panics on malformed notices are caught, and every field that the SDK
// may leave nil is checked. The SDK verifies the signature of 2xx answers only: an error code decides nothing final, see package
// payments.
package wechatpay
