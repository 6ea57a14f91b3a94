package drand_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/internal/drand"
)

const chain = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"

// The round that is named is the first one at a minute after the instant: round 27946612 is that of 2026-04-20 00:00:00 UTC.
func TestSource(t *testing.T) {
	t.Parallel()
	b := drand.New("http://127.0.0.1:1", nil)
	midnight := time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)
	for after, round := range map[time.Duration]int{-time.Minute: 27946612, 0: 27946632, time.Second: 27946633, 2 * time.Second: 27946633, 3 * time.Second: 27946633, 4 * time.Second: 27946634} {
		if got, want := b.Source(midnight.Add(after)), fmt.Sprintf("drand %s round %d", chain, round); got != want {
			t.Errorf("%s after midnight: %s, want %s", after, got, want)
		}
	}
	if got := b.Source(time.Unix(0, 0)); !strings.HasSuffix(got, " round 1") {
		t.Errorf("before the network began: %s", got)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	signature := strings.Repeat("ab", 48)
	raw, _ := hex.DecodeString(signature)
	sum := sha256.Sum256(raw)
	number := hex.EncodeToString(sum[:])
	status, answer := http.StatusOK, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := "/" + chain + "/public/7"; r.URL.Path != want {
			t.Errorf("asked for %s, want %s", r.URL.Path, want)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	b, source := drand.New(server.URL+"/", server.Client()), "drand "+chain+" round 7"
	ask := func(code int, text string) (string, error) {
		status, answer = code, text
		return b.Value(t.Context(), source)
	}
	right := fmt.Sprintf(`{"round":7,"randomness":%q,"signature":%q}`, number, signature)
	if got, err := ask(http.StatusOK, right); err != nil || got != number {
		t.Errorf("the number is %s, %v", got, err)
	}
	for _, code := range []int{http.StatusNotFound, http.StatusTooEarly} {
		if _, err := ask(code, ""); !errors.Is(err, booking.ErrBeaconEarly) {
			t.Errorf("%d: %v", code, err)
		}
	}
	for name, text := range map[string]string{
		"nonsense": "odd", "another round": strings.Replace(right, `"round":7`, `"round":8`, 1), "another number": strings.Replace(right, number, strings.Repeat("0", 64), 1),
		"no signature": `{"round":7}`, "nothing": "",
	} {
		if got, err := ask(http.StatusOK, text); err == nil {
			t.Errorf("%s gives %s", name, got)
		}
	}
	if _, err := ask(http.StatusBadGateway, ""); err == nil || errors.Is(err, booking.ErrBeaconEarly) {
		t.Errorf("a failing server: %v", err)
	}
	for _, odd := range []string{"", "drand", source + "x", "drand other round 7", "drand " + chain + " round -7"} {
		if _, err := b.Value(context.Background(), odd); err == nil {
			t.Errorf("%q names a number", odd)
		}
	}
}
