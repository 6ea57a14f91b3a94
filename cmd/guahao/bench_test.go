package main

import (
	"strings"
	"testing"
)

func TestBenchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args []string
		want string
	}{
		"nothing":        {nil, "dialog | booking"},
		"unknown":        {[]string{"nothing"}, `no bench "nothing"`},
		"an argument":    {[]string{"booking", "fast"}, `not "fast"`},
		"no clients":     {[]string{"booking", "-clients", "0"}, "clients"},
		"no time":        {[]string{"dialog", "-seconds", "0"}, "seconds"},
		"rate elsewhere": {[]string{"booking", "-rate", "5"}, "rate"},
		"no profile":     {[]string{"dialog", "-cpuprofile", "/nonexistent/profile"}, "/nonexistent/profile"},
	}
	for name, c := range cases {
		if err := benchCommand(t.Context(), c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
