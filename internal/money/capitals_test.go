package money_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guahao/internal/money"
)

func TestCapitals(t *testing.T) {
	t.Parallel()
	for fen, want := range map[money.Fen]string{
		0: "零元整", 1: "壹分", 5: "伍分", 10: "壹角整", 55: "伍角伍分", 100: "壹元整", 105: "壹元零伍分", 150: "壹元伍角整", 155: "壹元伍角伍分",
		1000: "壹拾元整", 1100: "壹拾壹元整", 5000: "伍拾元整", 10000: "壹佰元整", 10001: "壹佰元零壹分", 10010: "壹佰元壹角整", 10100: "壹佰零壹元整",
		11000: "壹佰壹拾元整", 100500: "壹仟零伍元整", 101000: "壹仟零壹拾元整", 110000: "壹仟壹佰元整", 168032: "壹仟陆佰捌拾元叁角贰分",
		10700053: "壹拾万柒仟元伍角叁分", 1000000: "壹万元整", 1000100: "壹万零壹元整", 1010000: "壹万零壹佰元整", 1100000: "壹万壹仟元整",
		10000000: "壹拾万元整", 100000100: "壹佰万零壹元整", 100100000: "壹佰万壹仟元整", 100010000: "壹佰万零壹佰元整", 1010000000: "壹仟零壹拾万元整",
		10000000000: "壹亿元整", 10000000100: "壹亿零壹元整", 10001000000: "壹亿零壹万元整", 10010010000: "壹亿零壹拾万零壹佰元整",
		12345678901: "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分", -5000: "负伍拾元整",
	} {
		if got := fen.Capitals(); got != want {
			t.Errorf("%s yuan are %s, want %s", fen, got, want)
		}
	}
}

// readCapitals reads an amount back, by adding up what its signs stand for.
func readCapitals(t *rapid.T, text string) money.Fen {
	text, negative := strings.CutPrefix(text, "负")
	text = strings.TrimSuffix(text, "整")
	var fen, total, group, digit int64
	for _, sign := range text {
		if i := strings.IndexRune("零壹贰叁肆伍陆柒捌玖", sign); i >= 0 {
			digit = int64(i / len("零"))
			continue
		}
		switch sign {
		case '仟', '佰', '拾':
			group += digit * map[rune]int64{'仟': 1000, '佰': 100, '拾': 10}[sign]
		case '万':
			total += (group + digit) * 10_000
			group = 0
		case '亿':
			total = (total + group + digit) * 100_000_000
			group = 0
		case '元':
			fen, group = (total+group+digit)*100, 0
		case '角':
			fen += digit * 10
		case '分':
			fen += digit
		default:
			t.Fatalf("%q in %s", sign, text)
		}
		digit = 0
	}
	if negative {
		fen = -fen
	}
	return money.Fen(fen)
}

func TestCapitalsSayTheAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(1, 56).Draw(t, "bits")
		fen := money.Fen(rapid.Int64Range(0, 1<<bits).Draw(t, "fen"))
		if rapid.IntRange(0, 3).Draw(t, "round") == 0 { // round sums have the zeros
			fen = fen / 1000 * 1000
		}
		text := fen.Capitals()
		if got := readCapitals(t, text); got != fen {
			t.Fatalf("%s yuan are written %s, which is %s", fen, text, got)
		}
		for _, wrong := range []string{"零零", "零元整整", "零万", "零亿", "零角", "零分", "零仟", "零佰", "零拾"} {
			if strings.Contains(text, wrong) {
				t.Fatalf("%s yuan are written %s", fen, text)
			}
		}
		if fen%100 == 0 != strings.HasSuffix(text, "元整") || fen >= 100 && strings.Contains(text, "零元") {
			t.Fatalf("%s yuan are written %s", fen, text)
		}
	})
}

func TestCapitalsOfTheExtremes(t *testing.T) {
	t.Parallel()
	for _, fen := range []money.Fen{math.MaxInt64, math.MinInt64} {
		if text := fen.Capitals(); strings.Contains(text, "零零") || text == "" {
			t.Errorf("%d: %s", fen, text)
		}
	}
}
