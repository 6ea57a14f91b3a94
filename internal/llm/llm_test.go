package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guahao/internal/llm"
)

const complaint = "心里咯噔咯噔的"

// ask asks a server that answers so.
func ask(t *testing.T, ctx context.Context, text string, answer http.HandlerFunc) (string, error) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	return llm.New(server.URL+"/v1/", "secret", "small", "palpitations: 心慌\n", server.Client()).Ask(ctx, text)
}

// says is a server's answer with this content.
func says(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		body, _ := json.Marshal(content)
		fmt.Fprintf(w, `{"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":%s}}]}`, body)
	}
}

func TestAskSendsTheComplaintAndTheCodes(t *testing.T) {
	t.Parallel()
	var sent string
	got, err := ask(t, t.Context(), complaint, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		says(`{"symptoms":["palpitations"]}`)(w, r)
	})
	if err != nil || got != `{"symptoms":["palpitations"]}` {
		t.Errorf("%q, %v", got, err)
	}
	for _, want := range []string{"/v1/chat/completions", "Bearer secret", complaint, "palpitations: 心慌", `"model":"small"`, "json_object"} {
		if !strings.Contains(sent, want) {
			t.Errorf("%q is not in what was sent: %s", want, sent)
		}
	}
}

// Whatever a server does, there is an error without a word of the complaint, or the answer as it is, for its user to validate.
func TestAskOfAServerThatFails(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"500 that repeats it": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.Copy(w, r.Body)
		},
		"an error that repeats it": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":{"message":%q,"type":"invalid"}}`, complaint)
		},
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>"+complaint) },
		"no choice": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices":[]}`) },
		"too long":  says(strings.Repeat("x", 5000)),
	} {
		if got, err := ask(t, t.Context(), complaint, answer); err == nil || got != "" || strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := ask(t, t.Context(), strings.Repeat("疼", 300), says("{}")); err == nil {
		t.Error("a long complaint was sent")
	}
}

func TestAskEndsInTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := ask(t, ctx, complaint, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the end of the request is seen
		<-r.Context().Done()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if llm.Timeout > 2*time.Second {
		t.Errorf("a person waits %v", llm.Timeout)
	}
}
