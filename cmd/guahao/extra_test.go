package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guahao/booking"
	"guahao/booking/bookingtest"
	"guahao/internal/mariadb/mariadbtest"
	"guahao/internal/vault/vaulttest"
)

// typed lets the standard input have a line.
func typed(t *testing.T, line string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "typed")
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = in
	t.Cleanup(func() { os.Stdin = before; _ = in.Close() })
}

// Staff add a place for the person before them, by the document, as many as the rules allow; it is counted apart.
func TestExtraCommand(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	keys, dsn := vaulttest.Keys(t), mariadbtest.DSN(t)
	keyFile := filepath.Join(dir, "keys")
	if err := keys.Save(keyFile); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GUAHAO_DSN", dsn)
	t.Setenv("GUAHAO_KEY_FILE", keyFile)
	store := booking.New(mariadbtest.Open(t, dsn), keys, time.Now, nil)
	if err := store.Seed(ctx); err != nil {
		t.Fatal(err)
	}
	found, err := store.Directory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	doctor := found.Doctors[0]
	h, err := store.Hospital(ctx, doctor.Hospital)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := bookingtest.Clinic(t, store, doctor.ID, booking.DateOf(time.Now(), h.Location()).Add(1), 0, 1, 1)
	mine, stranger := bookingtest.Patient(t, store, 1, 1), bookingtest.Patient(t, store, 2, 2)
	bookingtest.Patient(t, store, 3, 2) // the same person in another list
	half := fmt.Sprint(c.ID)
	for _, tt := range []struct {
		document string
		args     []string
		want     string // in the error; "" when it is done
	}{
		{mine.Number, []string{"add", half}, ""},
		{mine.Number, []string{"add", half}, "already has an appointment"},
		{stranger.Number, []string{"add", half}, "lists of several people"},
		{stranger.Number, []string{"add", half, fmt.Sprint(stranger.ID)}, ""},
		{bookingtest.NewPatient(9).Number, []string{"add", half}, "nobody has this patient"},
		{"hello", []string{"add", half}, "document number is not valid"},
		{mine.Number, []string{"add", "tomorrow"}, "not the number of a half-day"},
		{mine.Number, []string{"add", "999999"}, "Not found"},
		{"", []string{"add"}, "say what to do"},
		{"", []string{"list", h.Code, doctor.Code}, ""},
		{"", []string{"list", h.Code, "nobody"}, "has no doctor"},
		{"", []string{"list"}, "say what to do"},
		{"", []string{"what"}, "say what to do"},
		{"", nil, "say what to do"},
	} {
		typed(t, tt.document)
		err := run(ctx, append([]string{"extra"}, tt.args...))
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("extra %v: %v, want %q", tt.args, err, tt.want)
		}
	}
	if n, err := store.Extras(ctx, c.ID); err != nil || n != 2 {
		t.Errorf("%d places were added: %v", n, err)
	}
	if now, err := store.Schedule(ctx, c.ID); err != nil || now.Free() != 1 {
		t.Errorf("the clinic's own places: %+v, %v", now, err)
	}
}
