package allocation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"guahao/booking/allocation"
)

const seed42 = allocation.Seed("000000000000000000000000000000000000000000000000000000000000002a")

// clinic7 is a draw for one place among numbers 1, 2, 4 and 5 with 1, 3, 1 and 2 lots.
func clinic7(t testing.TB) allocation.Record {
	t.Helper()
	return record(t, seed42, []int{1, 2, 4, 5}, []int{1, 3, 1, 2})
}

func record(t testing.TB, seed allocation.Seed, numbers, lots []int) allocation.Record {
	t.Helper()
	commitment, err := seed.Commit()
	if err != nil {
		t.Fatal(err)
	}
	r := allocation.Record{Schedule: "clinic 7", Places: 1, Commitment: commitment, BeaconSource: "SSE Composite at the close of the day", Beacon: "SSE 3921.08", Seed: seed}
	for i, n := range numbers {
		r.Applications = append(r.Applications, allocation.Application{Number: n, Receipt: slip(t, n, lots[i]).Receipt(), Lots: lots[i]})
	}
	r, err = r.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func slip(t testing.TB, number, lots int) allocation.Slip {
	t.Helper()
	s, err := allocation.NewSlip("clinic 7", number, lots, time.Date(2026, 11, 25, 8, 0, number, 0, time.UTC), fmt.Sprintf("%032x", number))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The digests and the order were computed by another program from the text of the package's documentation alone.
func TestAgainstAnotherProgram(t *testing.T) {
	t.Parallel()
	r := clinic7(t)
	if r.Commitment != "0a28e9ffef0073f9a6a674cf57ee77307f38f0f1bebb087888d9011ed0eeefdf" {
		t.Errorf("the commitment is %s", r.Commitment)
	}
	if r.List != "ec3aeed80543b0f133cc5b7335b2a0fb671d39108f39ac2733bc8b6f2cf04824" {
		t.Errorf("the list's digest is %s", r.List)
	}
	if r.Applications[0].Receipt != "4257a19ce0e86e6ddb9a0b86bac2b2f93af9f0e627be77e8adc016e1339dd65c" {
		t.Errorf("the first receipt is %s", r.Applications[0].Receipt)
	}
	if !slices.Equal(r.Order, []int{2, 1, 5, 4}) {
		t.Errorf("the order is %v", r.Order)
	}
	if r.Rank(5) != 3 || r.Rank(3) != 0 || !r.Won(1) || r.Won(2) || r.Won(0) {
		t.Errorf("ranks %d, %d", r.Rank(5), r.Rank(3))
	}
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
}

func TestARecordSurvivesPublishing(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(clinic7(t))
	if err != nil {
		t.Fatal(err)
	}
	read, err := allocation.ReadRecord(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(clinic7(t), read); diff != "" {
		t.Error(diff)
	}
	if err := read.Verify(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "{", "[]", `{"schedule":7}`, `{"places":1} {"places":2}`, `{"winner":1}`, string(text) + "x"} {
		if _, err := allocation.ReadRecord(strings.NewReader(bad)); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%.30q: %v", bad, err)
		}
	}
}

// Whatever is changed in a published draw, somebody finds it.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	other, _ := allocation.Seed("11" + string(seed42)[2:]).Commit()
	for name, c := range map[string]struct {
		tamper func(*allocation.Record)
		says   string
	}{
		"another seed":       {func(r *allocation.Record) { r.Seed = "11" + r.Seed[2:] }, "not the seed that was committed to"},
		"another commitment": {func(r *allocation.Record) { r.Commitment = other }, "not the seed that was committed to"},
		"another beacon":     {func(r *allocation.Record) { r.Beacon = "SSE 3921.12" }, "at rank"},
		"a swap":             {func(r *allocation.Record) { r.Order[0], r.Order[1] = r.Order[1], r.Order[0] }, "at rank 1 stands application 1, and it should be 2"},
		"one is gone":        {func(r *allocation.Record) { r.Applications = r.Applications[1:] }, "digest of the list"},
		"one more": {func(r *allocation.Record) {
			r.Applications = append(r.Applications, allocation.Application{Number: 9, Receipt: other, Lots: 1})
		}, "digest of the list"},
		"more lots":           {func(r *allocation.Record) { r.Applications[0].Lots = 5 }, "digest of the list"},
		"another receipt":     {func(r *allocation.Record) { r.Applications[0].Receipt = other }, "digest of the list"},
		"the order cut":       {func(r *allocation.Record) { r.Order = r.Order[:3] }, "an order of 3"},
		"a number twice":      {func(r *allocation.Record) { r.Applications[1].Number = 1 }, "twice"},
		"a receipt twice":     {func(r *allocation.Record) { r.Applications[1].Receipt = r.Applications[0].Receipt }, "the same receipt"},
		"no seed yet":         {func(r *allocation.Record) { r.Seed = "" }, "not finished"},
		"no beacon":           {func(r *allocation.Record) { r.Beacon = "" }, "not finished"},
		"no list":             {func(r *allocation.Record) { r.List = "" }, "not finished"},
		"a beacon of two":     {func(r *allocation.Record) { r.Beacon = "a\nb" }, "one line"},
		"a short seed":        {func(r *allocation.Record) { r.Seed = "00ff" }, "32 bytes"},
		"a seed in capitals":  {func(r *allocation.Record) { r.Seed = allocation.Seed(strings.ToUpper(string(r.Seed))) }, "lower-case"},
		"no lots":             {func(r *allocation.Record) { r.Applications[0].Lots = 0 }, "has 0 lots"},
		"lots without end":    {func(r *allocation.Record) { r.Applications[0].Lots = 1 << 30 }, "between 1 and 1000"},
		"a receipt in prose":  {func(r *allocation.Record) { r.Applications[0].Receipt = "yes" }, "no SHA-256"},
		"places below 0":      {func(r *allocation.Record) { r.Places = -1 }, "-1 places"},
		"a number below 1":    {func(r *allocation.Record) { r.Applications[0].Number = 0 }, "number 0"},
		"a schedule of lines": {func(r *allocation.Record) { r.Schedule = "a\nb" }, "one line"},
	} {
		r := clinic7(t)
		r.Applications, r.Order = slices.Clone(r.Applications), slices.Clone(r.Order)
		c.tamper(&r)
		if err := r.Verify(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestSlips(t *testing.T) {
	t.Parallel()
	r := clinic7(t)
	if err := r.VerifySlip(slip(t, 2, 3)); err != nil {
		t.Error(err)
	}
	forged := slip(t, 2, 3)
	forged.Lots = 4
	elsewhere := slip(t, 2, 3)
	elsewhere.Schedule = "clinic 8"
	for name, s := range map[string]allocation.Slip{"other lots": forged, "another clinic": elsewhere, "not in the list": slip(t, 3, 1), "not mine": slip(t, 1, 2)} {
		if err := r.VerifySlip(s); err == nil {
			t.Errorf("%s: a slip that is not right passes", name)
		}
	}
	at := time.Now()
	for name, make := range map[string]func() error{
		"no schedule":  func() error { _, err := allocation.NewSlip("", 1, 1, at, fmt.Sprintf("%032x", 1)); return err },
		"two lines":    func() error { _, err := allocation.NewSlip("a\nb", 1, 1, at, fmt.Sprintf("%032x", 1)); return err },
		"number 0":     func() error { _, err := allocation.NewSlip("a", 0, 1, at, fmt.Sprintf("%032x", 1)); return err },
		"no lots":      func() error { _, err := allocation.NewSlip("a", 1, 0, at, fmt.Sprintf("%032x", 1)); return err },
		"a bad secret": func() error { _, err := allocation.NewSlip("a", 1, 1, at, "secret"); return err },
	} {
		if err := make(); !errors.Is(err, allocation.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSeedsComeFromTheSource(t *testing.T) {
	t.Parallel()
	seed, err := allocation.NewSeed(bytes.NewReader(bytes.Repeat([]byte{0xab}, 32)))
	if err != nil || string(seed) != strings.Repeat("ab", 32) {
		t.Errorf("%q, %v", string(seed), err)
	}
	if _, err := allocation.NewSeed(strings.NewReader("short")); err == nil {
		t.Error("a source that runs dry gives a seed")
	}
	if secret, err := allocation.NewSecret(bytes.NewReader(make([]byte, 16))); err != nil || secret != strings.Repeat("00", 16) {
		t.Errorf("%q, %v", secret, err)
	}
	if text := fmt.Sprintf("%v %s", seed, seed); strings.Contains(text, "ab") {
		t.Errorf("a seed is printed: %s", text)
	}
}

// The order is a permutation, does not depend on how the list is sorted, and every part of the draw matters to it.
func TestTheOrderIsAFunctionOfTheDraw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(rt, "n")
		var numbers, lots []int
		for i := range n {
			numbers, lots = append(numbers, i*2+1), append(lots, rapid.IntRange(1, 5).Draw(rt, "lots"))
		}
		r := record(t, seed42, numbers, lots)
		sorted := slices.Sorted(slices.Values(r.Order))
		if n > 0 && !slices.Equal(sorted, numbers) {
			rt.Fatalf("%v is no order of %v", r.Order, numbers)
		}
		shuffled := r
		shuffled.Applications = rapid.Permutation(r.Applications).Draw(rt, "shuffled")
		again, err := shuffled.Draw()
		if err != nil || !slices.Equal(again.Order, r.Order) || again.List != r.List {
			rt.Fatalf("another sorting gives %v, not %v (%v)", again.Order, r.Order, err)
		}
		if err := r.Verify(); err != nil {
			rt.Fatal(err)
		}
	})
	same := 0
	for range 20 {
		r := record(t, seed42, []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{1, 1, 1, 1, 1, 1, 1, 1})
		other := r
		other.Beacon = fmt.Sprintf("SSE %d", same)
		other, _ = other.Draw()
		if slices.Equal(other.Order, r.Order) {
			same++
		}
	}
	if same > 0 {
		t.Error("the beacon does not matter")
	}
}

// FuzzReadRecord: whatever is published, it is read or refused, and what verifies is a whole order.
func FuzzReadRecord(f *testing.F) {
	good, _ := json.Marshal(clinic7(f))
	f.Add(string(good))
	f.Add(`{"schedule":"a","applications":[{"number":1}]}`)
	f.Add(strings.Replace(string(good), `"places":1`, `"places":-5`, 1))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := allocation.ReadRecord(strings.NewReader(text))
		if err != nil || r.Verify() != nil {
			return
		}
		if len(r.Order) != len(r.Applications) {
			t.Fatalf("%d applications, %d ranks", len(r.Applications), len(r.Order))
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	var numbers, lots []int
	for i := range 1000 {
		numbers, lots = append(numbers, i+1), append(lots, 10+i%5)
	}
	for b.Loop() {
		record(b, seed42, numbers, lots)
	}
}

// A slip in a link comes back as it was; what somebody has changed in it is refused or is another slip.
func FuzzParseShort(f *testing.F) {
	slip, err := allocation.NewSlip("clinic 7", 4, 14, time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), strings.Repeat("0a", 16))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slip.Short())
	for _, odd := range []string{"", "1-1-1", "1-1-1-00", "-1-1-1-" + slip.Secret, "1-1-99999999999999999999-" + slip.Secret, "0-1-1-" + slip.Secret, "1-9999-1-" + slip.Secret} {
		f.Add(odd)
		if got, err := allocation.ParseShort("clinic 7", odd); err == nil {
			f.Errorf("%q is a slip: %+v", odd, got)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := allocation.ParseShort("clinic 7", text)
		if err != nil {
			return
		}
		if again, err := allocation.ParseShort("clinic 7", got.Short()); err != nil || again != got {
			t.Errorf("%q is %+v, and again %+v, %v", text, got, again, err)
		}
	})
}
