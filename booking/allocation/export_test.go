package allocation

// Integrated shows the integral to the test that compares it with the enumeration.
func Integrated(own int, others map[int]int, places int) float64 {
	return integrated(own, others, places)
}
