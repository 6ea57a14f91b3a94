package wechat

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPlacesAreWGS84(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ lat, lng, wantLat, wantLng float64 }{
		"Beijing":   {39.91640428150164, 116.41024449916938, 39.915, 116.404},
		"Sydney":    {-33.8688, 151.2093, -33.8688, 151.2093},
		"Berlin":    {52.52, 13.405, 52.52, 13.405},
		"no number": {math.NaN(), 116, math.NaN(), 116},
	} {
		lat, lng := wgs(c.lat, c.lng)
		if apart(lat, c.wantLat) || apart(lng, c.wantLng) {
			t.Errorf("%s: %.8f, %.8f", name, lat, lng)
		}
	}
}

func apart(got, want float64) bool {
	return math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-7
}

// In China a place moves less than a kilometre, and there and back is where it was.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lng := rapid.Float64Range(18, 53).Draw(t, "lat"), rapid.Float64Range(74, 134).Draw(t, "lng")
		thereLat, thereLng := gcj(lat, lng)
		if moved := 111.2 * math.Hypot(thereLat-lat, (thereLng-lng)*math.Cos(lat*math.Pi/180)); moved > 1 {
			t.Fatalf("%f, %f moves by %.3f km", lat, lng, moved)
		}
		if backLat, backLng := wgs(thereLat, thereLng); apart(backLat, lat) || apart(backLng, lng) {
			t.Fatalf("%f, %f comes back as %f, %f", lat, lng, backLat, backLng)
		}
	})
}
