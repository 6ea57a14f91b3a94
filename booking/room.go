package booking

import "regexp"

// numberedRoom is a room as hospitals write it on the door: 3诊室, A301室, 12号诊室.
var numberedRoom = regexp.MustCompile(`^([0-9A-Za-z-]+)号?(?:诊室|诊间|诊区|室)$`)

// RoomIn gives the room in "zh" or "en". Hospitals write rooms in Chinese; what is not understood stays as it is written.
func (s Schedule) RoomIn(lang string) string {
	if lang != "en" {
		return s.Room
	}
	if m := numberedRoom.FindStringSubmatch(s.Room); m != nil {
		return "Room " + m[1]
	}
	switch s.Room {
	case "大厅", "门诊大厅":
		return "Main hall"
	case "急诊室", "急诊":
		return "Emergency room"
	}
	return s.Room
}
