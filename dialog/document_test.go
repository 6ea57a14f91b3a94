package dialog_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"guahao/dialog"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	page, err := dialog.Document()
	if err != nil {
		t.Fatal(err)
	}
	for state := range dialog.Edges() {
		if !strings.Contains(page, "| `"+state+"` |") {
			t.Errorf("the page does not tell of %s: is its flow among those that are drawn?", state)
		}
	}
	for path, want := range map[string]string{"../docs/dialog.md": page, "../docs/dialog.svg": dialog.SVG()} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(got), want); diff != "" {
			t.Errorf("%s is out of date; go test ./dialog -run Document -update writes it anew:\n%s", path, diff)
		}
	}
}

// The picture shows each state once, and each way between two of them, and is XML.
func TestThePictureIsWhole(t *testing.T) {
	t.Parallel()
	edges, ways := dialog.Edges(), 0
	texts, paths := map[string]int{}, 0
	decoder := xml.NewDecoder(strings.NewReader(dialog.SVG()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.CharData:
			texts[string(token)]++
		case xml.StartElement:
			for _, a := range token.Attr {
				if a.Name.Local == "marker-end" {
					paths++
				}
			}
		}
	}
	for state, to := range edges {
		ways += len(to)
		if texts[state] != 1 {
			t.Errorf("%s stands there %d times", state, texts[state])
		}
	}
	if paths != ways {
		t.Errorf("%d ways are drawn, the table has %d", paths, ways)
	}
}
