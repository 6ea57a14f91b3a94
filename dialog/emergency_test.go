package dialog_test

import (
	"os"
	"strings"
	"testing"
)

// TestEveryAlarmIsAnswered reads the list as clinicians do: each word raises an alarm by itself and in a sentence; each phrase of
// [safe] raises none, but does not hide a danger beside it.
func TestEveryAlarmIsAnswered(t *testing.T) {
	t.Parallel()
	d := newDialog(t)
	data, err := os.ReadFile("catalogue/emergency.txt")
	if err != nil {
		t.Fatal(err)
	}
	n, part := 0, ""
	for _, word := range strings.Split(string(data), "\n") {
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		if strings.HasPrefix(word, "[") {
			part = strings.Trim(word, "[]")
			continue
		}
		n++
		sentence, beside := "医生，我家老人刚才"+word+"，怎么办？", "我要去"+word+"，喘不上气了"
		if word[0] < 0x80 {
			sentence, beside = "Hello, my son has "+strings.ToUpper(word)+"!!", "Where is the "+word+"? I can't breathe"
		}
		if part == "safe" {
			if got := d.DangerIn(word); got != "" {
				t.Errorf("%q is a safe phrase and answered as an emergency of the %s", word, got)
			}
			if d.DangerIn(beside) != "body" {
				t.Errorf("%q hides the danger in %q", word, beside)
			}
			continue
		}
		want := part
		if part == "event" { // which is a danger to the body, unless it is past
			want = "body"
		}
		if d.DangerIn(word) != want {
			t.Errorf("%q of [%s] is answered as %q", word, part, d.DangerIn(word))
		}
		if d.DangerIn(sentence) == "" {
			t.Errorf("%q is not answered as an emergency", sentence)
		}
	}
	if n < 150 {
		t.Errorf("only %d words were read", n)
	}
}

func TestWhatIsDeniedIsNoAlarm(t *testing.T) {
	t.Parallel()
	d := newDialog(t)
	for line, want := range map[string]string{
		"没有胸痛":                           "",
		"老人没有出现过昏迷":                      "",
		"无明显胸痛，想复查":                      "",
		"不是中风，就是头晕":                      "",
		"没有胸痛，但是喘不上气":                    "body",
		"胸痛不是很厉害":                        "body",
		"是不是中风了":                         "body",
		"有没有胸痛都难受":                       "body",
		"不是没有胸痛，是没说":                     "body",
		"没有呼吸":                           "body",
		"没有呼吸了快来人":                       "body",
		"没有胸痛\n后来胸痛了":                    "body",
		"沒有胸痛":                           "",
		"no chest pain, just a check-up": "",
		"I don't have any chest pain":    "",
		"I don’t have chest pain":        "",
		"without shortness of breath":    "",
		"no, chest pain!":                "body",
		"not only chest pain":            "body",
		"no chest pain but he fainted":   "body",
		"can't breathe":                  "body",
		"why not come, chest pain":       "body",
		"我没想自杀":                          "mind",
		"I am not suicidal":              "mind",
		"我不想死":                           "",
		"我不想活":                           "mind",
		"胸痛中心怎么挂号":                       "",
		"胸痛中心在哪，胸痛得厉害":                   "body",
		"中风康复挂什么科":                       "",
		"breaststroke":                   "",
	} {
		if got := d.DangerIn(line); got != want {
			t.Errorf("%q is answered as %q, want %q", line, got, want)
		}
	}
}
