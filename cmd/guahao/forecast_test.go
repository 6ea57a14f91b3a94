package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestForecastCommand(t *testing.T) {
	c := cli{t}
	file := filepath.Join(t.TempDir(), "visits.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("10\n14\n8\n25\n16\n22\n14\n28\n15\n24\n15\n30\n")
	keys, given := c.object("forecast", "--csv", file, "--season", "4", "--horizon", "6", "--method", "hw-add", "--alpha", "0.3", "--beta", "0.1", "--gamma", "0.4")
	if want := []string{"method", "alpha", "beta", "gamma", "l0", "b0", "sse", "forecast", "lower80", "upper80"}; !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
	for key, want := range map[string]float64{"alpha": 0.3, "beta": 0.1, "gamma": 0.4, "l0": 14.25, "b0": 1.4375, "sse": 107.80325620701356} {
		c.near(key, given[key], want, 1e-9)
	}
	_, fitted := c.object("forecast", "--csv", file, "--season", "4", "--horizon", "6", "--method", "hw-add")
	c.near("the least sse", fitted["sse"], 92.36896327360127, 1e-5)
	_, half := c.object("forecast", "--csv", file, "--season", "4", "--horizon", "6", "--method", "hw-add", "--gamma", "0")
	c.near("gamma, given as 0", half["gamma"], 0, 0)
	for _, method := range []string{"naive", "auto", "hw-mul"} {
		line := c.must(`"forecast":[`, "forecast", "--csv", file, "--season", "4", "--horizon", "5", "--method", method)
		var f struct{ Forecast, Lower80, Upper80 []float64 }
		if err := json.Unmarshal([]byte(line), &f); err != nil || len(f.Forecast) != 5 || len(f.Lower80) != 5 || len(f.Upper80) != 5 {
			t.Errorf("%s: %v, %s", method, err, line)
		}
	}
	c.must(`"alpha":null`, "forecast", "--csv", file, "--season", "4", "--horizon", "5", "--method", "naive")
	c.must(`"coverage80"`, "forecast", "--csv", file, "--season", "4", "--horizon", "2", "--compare")

	c.refused("longer than half", "forecast", "--csv", file, "--season", "7", "--horizon", "1")
	c.refused("alpha is 2", "forecast", "--csv", file, "--season", "4", "--alpha", "2")
	c.refused("alpha is NaN", "forecast", "--csv", file, "--season", "4", "--alpha", "NaN")
	c.refused("no method", "forecast", "--csv", file, "--season", "4", "--method", "guess")
	c.refused("a horizon of -1", "forecast", "--csv", file, "--season", "4", "--horizon", "-1")
	c.refused("name the file", "forecast")
	c.refused("no such file", "forecast", "--csv", file+".missing")
	write("10\n14\nmany\n25\n")
	c.refused("line 3", "forecast", "--csv", file, "--season", "2")
	write("10\n14\n\n25\n")
	c.refused("line 3", "forecast", "--csv", file, "--season", "2")
	write(strings.Repeat("10\n", 7) + "1e999\n")
	c.refused("line 8", "forecast", "--csv", file, "--season", "2")
}
