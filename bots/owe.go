package bots

// Owe notes that a person waits for an answer to an update that an adapter could not even hand over, because what it has to
// check first is in the database too. It is like an update that Handle failed for: Sweep apologises for it later.
func (i *Inbox) Owe(u Update) { i.debts.owe(u, i.now()) }
