package telegramtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
)

const maxRequest = maxFileBytes + 1<<20

// params are a call's parameters, whichever of the API's encodings they came in. Objects and lists are JSON text.
type params struct {
	values map[string]string
	files  map[string][]byte
	names  map[string]string // of the files
}

// errCutOff says that the program hung up in the middle of a request, as it does when it is told to stop.
var errCutOff = errors.New("the request is cut off")

// readParams accepts application/json, application/x-www-form-urlencoded and multipart/form-data bodies, and the query.
func readParams(r *http.Request) (*params, error) {
	p := &params{values: map[string]string{}, files: map[string][]byte{}, names: map[string]string{}}
	p.addForm(r.URL.Query())
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCutOff, err)
	}
	if len(body) > maxRequest {
		return nil, errors.New("request entity too large")
	}
	if len(body) == 0 {
		return p, nil
	}
	kind, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("no Content-Type of the body: %w", err)
	}
	switch kind {
	case "application/json":
		return p, p.addJSON(body)
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		p.addForm(form)
		return p, err
	case "multipart/form-data":
		return p, p.addMultipart(body, attributes["boundary"])
	}
	return nil, fmt.Errorf("a body of type %s", kind)
}

func (p *params) addForm(form url.Values) {
	for name := range form {
		p.values[name] = form.Get(name)
	}
}

func (p *params) addJSON(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return err
	}
	for name, raw := range object {
		var text string
		switch {
		case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
			p.values[name] = text
		case string(raw) != "null":
			p.values[name] = string(raw)
		}
	}
	return nil
}

func (p *params) addMultipart(body []byte, boundary string) error {
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			p.files[part.FormName()], p.names[part.FormName()] = content, part.FileName()
		} else {
			p.values[part.FormName()] = string(content)
		}
	}
}

func (p *params) has(name string) bool {
	_, value := p.values[name]
	_, file := p.files[name]
	return value || file
}

// integer is 0 for what is missing or no number.
func (p *params) integer(name string) int64 {
	n, err := strconv.ParseInt(p.values[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (p *params) boolean(name string) bool {
	v := p.values[name]
	return v == "true" || v == "True" || v == "1"
}

// strings reads a JSON list of strings; nil when it is missing.
func (p *params) strings(name string) ([]string, error) {
	if p.values[name] == "" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(p.values[name]), &list); err != nil {
		return nil, refuse("can't parse " + name)
	}
	return list, nil
}
