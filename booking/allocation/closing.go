package allocation

// ClosingSource is the beacon source of a draw for which no public beacon is configured: [ClosingBeacon] of its own list. It is fixed when the window
// closes, and anybody can compute it; but unlike a public beacon it adds nothing that the list has not said.
const ClosingSource = "closing value: SHA-256 over the closed list"

// ClosingBeacon is the value of ClosingSource:
//
//	SHA-256("guahao closing 1\n" list "\n")
func ClosingBeacon(list Digest) string {
	return string(digestOf("guahao closing 1\n" + string(list) + "\n"))
}
