// Package allocation decides who gets a place when more people want one than there are: first come, first served, by lot, or by lot with weights. It is
// pure: hashes, whole numbers and probabilities.
//
// # A draw that anybody can check
//
// All values are written as lower-case hexadecimal SHA-256, all texts end lines with one \n.
//
//  1. When the window opens, the hospital draws 32 random bytes, the seed, keeps them, and publishes the commitment
//
//     commitment = SHA-256(seed)
//
//     so it can no longer choose another seed.
//
//  2. Each application gets a number, lots (1 in a lottery without weights), and a receipt, which the applicant keeps with its secret (16 random bytes):
//
//     receipt = SHA-256("guahao receipt 1\n" schedule "\n" number "\n" lots "\n" time "\n" secret "\n")
//
//     with the time as 2006-01-02T15:04:05Z. The receipt says nothing about who applied.
//
//  3. When the window closes, the list is published, and with it
//
//     list = SHA-256 of, for each application by rising number, number " " receipt " " lots "\n"
//
//  4. A beacon is mixed in: a value that nobody could know or choose while applications were taken, such as the first public random number
//     after the closing. Where it comes from is said when the window opens. Without one ([ClosingSource]: the value is that of the list itself) whoever knows the seed could try what a
//     last application of their own would do to the order; with one, nobody can.
//
//  5. The seed is revealed. The value of an application's lot k, from 1 to its number of lots, is
//
//     SHA-256("guahao lot 1\n" seed "\n" list "\n" beacon "\n" receipt "\n" k "\n")
//
//     and the application's value is the least of its lots' values. The order of the draw is that of the values, the least first (as
//     texts; of equal ones, which will not happen, the lower number first). The first have places; the others wait in the order drawn.
//
// [Record] holds all of this, [Record.Verify] computes it again and names what does not fit.
//
// # Weights
//
// Sampling without replacement with weights (P. S. Efraimidis, P. G. Spirakis, 2006) gives each a key u^(1/w) with u uniform, and takes the greatest.
// u^(1/w) is distributed as the greatest of w independent uniform numbers, where w is whole. So w lots of which the best one counts are the same
// method, exactly, in whole numbers that are equal on every machine. [Weights.Lots] says who has how many lots, and why.
//
// # The chance of a place
//
// Told before applying, from the applications so far. With equal lots it is places/applications. With weights it is a
// sum over all sets of winners for up to 12 applications ([enumerated]), and for more the integral
//
//	P = ∫₀¹ P(at most places−1 of the others have a better value | own quantile u) du,   P(other j is better) = 1 − u^(w_j/w)
//
// by Gauss and Legendre's rule, the inner probability by convolving one binomial distribution for each number of lots ([integrated]); both agree to ten digits.
// For first come, first served it is the share of past releases that still had a place that long after release, with an interval of 80 % of
// the beta distribution that H. Jeffreys' prior gives ([FirstCome]).
//
// # Reading order
//
//	digest.go    seeds, digests, receipts
//	short.go     a slip as it stands in a link; closing.go the value of a draw without a beacon
//	record.go    a draw as it is published; verify.go checks it
//	weights.go   who has how many lots
//	chance.go    the chance by lot; firstcome.go by being quick
package allocation
