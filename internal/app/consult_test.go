package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"guahao/internal/app"
	"guahao/internal/sandbox"
)

// Whoever says what triage does not understand is answered with what a configured model hears in it, and without it where the model is down.
func TestAModelIsAskedWhatAComplaintSpeaksOf(t *testing.T) {
	t.Parallel()
	var answer http.HandlerFunc
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	t.Cleanup(server.Close)
	w := newWorld(t, 1, func(_ *sandbox.PlatformOptions, cfg *app.Config) {
		cfg.Model.URL, cfg.Model.Key, cfg.Model.Name = server.URL+"/v1", "key", "small"
	})
	hears := func(id int64, want string) {
		t.Helper()
		p := w.telegram(id)
		p.say("智能导诊")
		if p.say("里面老是咯噔咯噔的，像打鼓一样不太平"); !strings.Contains(p.last(), want) {
			t.Errorf("want %q in the answer:\n%s", want, p.last())
		}
	}
	answer = func(rw http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(rw, `{"choices":[{"message":{"role":"assistant","content":"{\"symptoms\":[\"palpitations\"]}"}}]}`)
	}
	hears(1, "心血管内科")
	answer = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) }
	hears(2, "没看出")
	_, metrics := w.get("/metrics")
	for _, want := range []string{`guahao_model_questions_total{outcome="answered"} 1`, `guahao_model_questions_total{outcome="failed"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
