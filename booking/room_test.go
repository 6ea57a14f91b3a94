package booking_test

import (
	"testing"

	"guahao/booking"
)

func TestRoomIn(t *testing.T) {
	t.Parallel()
	for room, want := range map[string]string{
		"3诊室": "Room 3", "A301室": "Room A301", "12号诊室": "Room 12", "大厅": "Main hall", "305": "305", "": "", "东侧小楼": "东侧小楼",
	} {
		s := booking.Schedule{Room: room}
		if got := s.RoomIn("en"); got != want {
			t.Errorf("%s in English is %q, want %q", room, got, want)
		}
		if got := s.RoomIn("zh"); got != room {
			t.Errorf("%s in Chinese is %q", room, got)
		}
	}
}
