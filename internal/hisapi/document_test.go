package hisapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"guahao/internal/hisapi"
)

// document is the interface as it is described.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema map[string]any }
		}
		Parameters []struct{ Name string }
		Security   *[]any
	}
	compiler *jsonschema.Compiler
}

func readDocument(t *testing.T) *document {
	t.Helper()
	content, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(content, d); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	return d
}

// check holds an answer against the schema of its address and status.
func (d *document) check(t *testing.T, method, path string, a answer) {
	t.Helper()
	described, ok := d.Paths[path][strings.ToLower(method)]
	kind := a.header.Get("Content-Type")
	pointer := fmt.Sprintf("#/paths/%s/%s/responses/%d/content/%s/schema", strings.ReplaceAll(path, "/", "~1"), strings.ToLower(method), a.status, strings.ReplaceAll(kind, "/", "~1"))
	if !ok { // an address that there is not is refused with a problem too
		pointer = "#/components/schemas/Problem"
	} else if _, ok := described.Responses[fmt.Sprint(a.status)].Content[kind]; !ok {
		t.Errorf("%s %s answers %d, %s, which the document does not have: %s", method, path, a.status, kind, a.body)
		return
	}
	schema, err := d.compiler.Compile("openapi.json" + pointer)
	if err != nil {
		t.Errorf("%s: %v", pointer, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s %s: %v in %s", method, path, err, a.body)
	}
}

// TestDocument: the document has each route of the handlers and no others, with what they need.
func TestDocument(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	routes := map[string]bool{}
	for _, r := range hisapi.Routes() {
		routes[r.Method+" "+r.Path] = true
		described, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not in the document", r.Method, r.Path)
			continue
		}
		key := slices.ContainsFunc(described.Parameters, func(p struct{ Name string }) bool { return p.Name == "Idempotency-Key" })
		if key != r.Writes || (described.Security != nil) != r.Open {
			t.Errorf("%s %s needs another key or token than the document says", r.Method, r.Path)
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if !routes[strings.ToUpper(method)+" "+path] {
				t.Errorf("the document has %s %s, which nothing serves", method, path)
			}
		}
	}
}

// TestDocumentFindsAWrongAnswer is the control of what each answer is held against.
func TestDocumentFindsAWrongAnswer(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	schema, err := d.compiler.Compile("openapi.json#/components/schemas/Patient")
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{`{"id":1,"name":"*a"}`: true, `{"id":"1","name":"*a"}`: false, `{"id":1}`: false, `{"id":1,"name":"a","more":1}`: false} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil || (schema.Validate(value) == nil) != good {
			t.Errorf("%s is good: %t", text, !good)
		}
	}
}
