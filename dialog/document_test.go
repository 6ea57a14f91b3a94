package dialog_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/dialog"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	const path = "../docs/dialog.md"
	want, err := dialog.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("docs/dialog.md is out of date; go test ./dialog -run Document -update writes it anew:\n%s", diff)
	}
}
