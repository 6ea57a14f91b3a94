// Package sms sends short messages through providers of mainland China. They carry only texts that the operator had approved
// beforehand: a message is a template's number and the values for it. So a deployment says which template stands for which kind of
// notice (a JSON file, as for WeChat's templates), and a kind without one is not sent.
//
// [Aliyun] and [Tencent] are [Gateway]s on the providers' own SDKs. What they answer becomes what [bots.Sender] promises:
// nil when the provider has taken the message, [bots.ErrBlocked] when the number wants none, [bots.ErrUnreachable] when
// it cannot be sent to this number or there is no template, a [bots.RetryError] when it is too much for now, and any other
// error when it may pass. Errors name a code of the provider and neither number, text nor key.
//
// That a provider has taken a message does not mean that it has arrived. Both call a URL of ours with what became of it (receipts.go): neither signs
// the call, so its path has a secret in it.
//
// smstest is a simulator of both over HTTP, which checks their signatures.
package sms
