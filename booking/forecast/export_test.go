package forecast

// Ridge shows the regression to its test.
func Ridge(rows [][]float64, y []float64, penalty float64) (predict func([]float64) float64, deviation float64, err error) {
	x, centre, scale := standardised(rows)
	r, err := solveRidge(x, y, penalty)
	r.centre, r.scale = centre, scale
	return r.predict, r.deviation, err
}

// BestRidge is Ridge with the penalty that is found.
func BestRidge(rows [][]float64, y []float64) (predict func([]float64) float64, penalty float64, err error) {
	r, err := fitRidge(rows, y)
	return r.predict, r.penalty, err
}
