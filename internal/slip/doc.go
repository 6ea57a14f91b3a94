// Package slip draws what a patient keeps: a receipt, an appointment slip, the way to a room in large type. A slip is a list of parts
// from top to bottom; the picture is a PNG, as wide as a phone and as high as its parts.
//
//	picture, err := slip.Slip{Parts: []slip.Part{
//		slip.Text{Text: "同仁医院", Size: slip.Large, Align: slip.Centre},
//		slip.Rule{},
//		slip.Field{Label: "科室", Value: "眼科"},
//		slip.Field{Label: "就诊时间", Value: "11月26日 周四 09:00–09:30", Size: slip.Huge}, // for old eyes
//		slip.Space{Height: 24},
//		slip.QR{Content: "https://guahao.example.org/v/…"},
//		slip.Text{Text: "到院后出示此码", Align: slip.Centre, Ink: slip.Grey},
//	}}.PNG()
//
// Drawing is a pure function: the same parts give the same picture on every machine. Nothing is read from the system, because a server
// has no Chinese fonts: the font is part of the program (font/README.md says which, and how it was made). It has the characters of
// GBK, so nearly every name; what it lacks is drawn as 〓, as printers do (of other Latin letters the accent is left out), and emoji are dropped, because other parts say the same.
// Long texts are broken where Chinese or Latin text may be; a slip that would become too high is refused with [ErrTooHigh].
//
// Drawing takes some milliseconds and holds about 2 MB per picture. All functions may be called from several goroutines.
package slip
