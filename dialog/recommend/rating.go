package recommend

const (
	// imagined is how many reviews the prior counts for: as many as a doctor needs before their own average weighs as much as everybody's.
	imagined = 10
	// usualPoints is what a review gives where nothing is known: "satisfied", of 1 to 5.
	usualPoints = 4.0
)

// Shrunk is the average of reviews, drawn towards a mean as if ten more had given it: (10·mean + points) / (10 + reviews).
func Shrunk(points, reviews int, mean float64) float64 {
	return (imagined*mean + float64(points)) / float64(imagined+reviews)
}
