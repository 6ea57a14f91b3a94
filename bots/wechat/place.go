package wechat

import "math"

// The ellipsoid of Krasovsky 1940, on which GCJ-02 is defined.
const (
	semiMajor    = 6378245.0 // m
	eccentricity = 0.00669342162296594323
)

// wgs gives where on earth (WGS-84, the system of phones, of Telegram and of the directory) a place is that WeChat tells in GCJ-02, the
// system of Chinese maps: in China the two are up to 700 m apart, elsewhere they are the same. There is no formula for this direction:
// a few steps of trying come within a millimetre.
func wgs(lat, lng float64) (float64, float64) {
	if !(lng >= 72.004 && lng <= 137.8347 && lat >= 0.8293 && lat <= 55.8271) {
		return lat, lng
	}
	fromLat, fromLng := lat, lng
	for range 5 {
		toLat, toLng := gcj(fromLat, fromLng)
		fromLat, fromLng = fromLat-(toLat-lat), fromLng-(toLng-lng)
	}
	return fromLat, fromLng
}

// gcj gives a place in China, told in WGS-84, in GCJ-02.
func gcj(lat, lng float64) (float64, float64) {
	x, y := lng-105, lat-35
	waves := func(v, first, second, third float64, over float64) float64 {
		return (first*math.Sin(v*math.Pi) + second*math.Sin(v/3*math.Pi) + third*math.Sin(v/12*math.Pi) + over*math.Sin(v/30*math.Pi)) * 2 / 3
	}
	common := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + common + waves(y, 20, 40, 160, 320)
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + common + waves(x, 20, 40, 150, 300)
	radians := lat / 180 * math.Pi
	magic := 1 - eccentricity*math.Pow(math.Sin(radians), 2)
	north = north * 180 / (semiMajor * (1 - eccentricity) / (magic * math.Sqrt(magic)) * math.Pi)
	east = east * 180 / (semiMajor / math.Sqrt(magic) * math.Cos(radians) * math.Pi)
	return lat + north, lng + east
}
