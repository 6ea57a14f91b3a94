package dialog

import (
	"cmp"
	"math"
	"slices"

	"guahao/booking"
	"guahao/bots"
)

// place is where a person said they are, in degrees of WGS-84 like the hospitals, to about 100 m. It is remembered only while they choose a hospital: with the
// booking, the main menu or the end of the session it is forgotten.
type place struct {
	Lat float64 `json:"lat,omitzero"`
	Lng float64 `json:"lng,omitzero"`
}

// placeOf reads a location that was sent; the zero place where it cannot be one. (0, 0) lies in the sea, and is what phones send
// that do not know.
func placeOf(u bots.Update) place {
	if !(math.Abs(u.Lat) <= 90 && math.Abs(u.Lng) <= 180) {
		return place{}
	}
	return place{Lat: math.Round(u.Lat*1000) / 1000, Lng: math.Round(u.Lng*1000) / 1000}
}

func (p place) known() bool { return p != place{} }

const earthRadius = 6371.0 // km

// to gives the distance to a hospital as the crow flies, in km; false where one of the two is not known.
func (p place) to(h booking.Hospital) (float64, bool) {
	there := place{h.Lat, h.Lng}
	if !p.known() || !there.known() {
		return 0, false
	}
	const degree = math.Pi / 180
	lat, lng := (there.Lat-p.Lat)*degree/2, (there.Lng-p.Lng)*degree/2
	a := math.Pow(math.Sin(lat), 2) + math.Cos(p.Lat*degree)*math.Cos(there.Lat*degree)*math.Pow(math.Sin(lng), 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(a, 1))), true
}

// sort brings the nearest hospital to the front; those whose place is not known come last.
func (p place) sort(hospitals []booking.Hospital) {
	slices.SortStableFunc(hospitals, func(a, b booking.Hospital) int { return cmp.Compare(p.far(a), p.far(b)) })
}

// far is the distance to a hospital; infinite where it is not known.
func (p place) far(h booking.Hospital) float64 {
	km, ok := p.to(h)
	if !ok {
		return math.Inf(1)
	}
	return km
}

// distance tells how far a hospital is, to stand after its address; "" where that is not known.
func (t *turn) distance(from place, h booking.Hospital) string {
	km, ok := from.to(h)
	switch {
	case !ok:
		return ""
	case km < 1:
		return t.say("place.near")
	case km < 10:
		return t.say("place.distance", "km", math.Round(km*10)/10)
	}
	return t.say("place.distance", "km", math.Round(km))
}

// located takes a location: after a word of danger it finds the nearest emergency department, at the choice of a hospital it puts the
// nearest first, and later it tells how far the chosen one is.
func (t *turn) located() error {
	here := placeOf(t.in.Update)
	switch {
	case !here.known():
		t.missed = true
		t.note("place.unknown")
		return nil
	case t.wasAlarmed:
		t.m.Alarmed = true
		t.notes = append(t.notes, t.say("emergency.call")+t.emergencyDepartments())
		return nil
	case t.state == stateWhere:
		t.m.Place, t.m.Page = here, 0
		t.note("place.sorted")
		return nil
	case t.row().flow != flowBooking && t.row().flow != flowPatients:
		if done, err := t.isHere(); done || err != nil {
			return err
		}
		if t.state != stateMenu && t.state != stateFound {
			t.note("place.elsewhere")
			return nil
		}
		t.m.Place = here
		if err := t.begins(stateHospital); err != nil {
			return err
		}
	case t.row().flow == flowBooking && t.m.Draft.Visit == 0:
		t.m.Place = here
	default:
		t.note("place.elsewhere")
		return nil
	}
	if t.state == stateHospital {
		t.m.Page = 0
		t.note("place.sorted")
		return nil
	}
	h, err := t.hospital(t.m.Draft.Hospital)
	if err != nil {
		return t.refused(err)
	}
	if how := t.distance(here, h); how != "" {
		t.note("place.chosen", "hospital", shortName(h, t.lang), "distance", how)
		return nil
	}
	t.note("place.unknown_hospital", "hospital", shortName(h, t.lang))
	return nil
}
