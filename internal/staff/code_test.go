package staff_test

import (
	"strings"
	"testing"

	"guahao/internal/staff"
)

func TestFindCode(t *testing.T) {
	t.Parallel()
	const want = "BIND-7KQ2MXWB"
	tests := []struct {
		name, typed, want string
	}{
		{"as printed", "BIND-7KQ2MXWB", want},
		{"lower case", "bind-7kq2mxwb", want},
		{"spaces", "  bind 7kq2 mxwb ", want},
		{"no dash", "BIND7KQ2MXWB", want},
		{"dashes of a keyboard that corrects", "BIND—7KQ2–MXWB", want},
		{"full width", "ＢＩＮＤ－７ｋｑ２ＭＸＷＢ", want},
		{"words around it", "您好，我的绑定码是BIND-7KQ2MXWB，谢谢", want},
		{"an English sentence", "my code: bind-7kq2mxwb.", want},
		{"a second try in the same line", "BIND-7K no: BIND-7KQ2MXWB", want},
		{"too short", "BIND-7KQ2MXW", ""},
		{"too long", "BIND-7KQ2MXWBB", ""},
		{"a letter that codes do not have", "BIND-7KQ2MXW0", ""},
		{"part of a word", "REBIND-7KQ2MXWB", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := staff.FindCode(tt.typed); got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, tt.want)
			}
		})
	}
}

func FuzzFindCode(f *testing.F) {
	f.Add("bind-7kq2mxwb")
	f.Add("ＢＩＮＤ－７ｋｑ２ＭＸＷＢ\xff")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := staff.FindCode(typed)
		if !ok {
			if code != "" {
				t.Fatalf("%q and not found", code)
			}
			return
		}
		if again, ok := staff.FindCode(code); !ok || again != code || len(code) != len("BIND-XXXXXXXX") || strings.ContainsAny(code[5:], "01IO") {
			t.Fatalf("%q is found as %q and then as %q", typed, code, again)
		}
	})
}
