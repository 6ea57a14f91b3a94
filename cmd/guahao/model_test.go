package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// object runs a command that prints one line of JSON, and gives its keys in the order of printing and its numbers.
func (c cli) object(args ...string) (keys []string, numbers map[string]float64) {
	c.Helper()
	line := c.must("{", args...)
	if strings.Count(line, "\n") != 1 {
		c.Errorf("guahao %s prints more than a line: %q", strings.Join(args, " "), line)
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		c.Fatal(err)
	}
	in := json.NewDecoder(strings.NewReader(line))
	_, _ = in.Token()
	numbers = map[string]float64{}
	for in.More() {
		token, _ := in.Token()
		var skip json.RawMessage
		if err := in.Decode(&skip); err != nil {
			c.Fatal(err)
		}
		key := token.(string)
		keys = append(keys, key)
		if x, ok := all[key].(float64); ok {
			numbers[key] = x
		}
	}
	return keys, numbers
}

func (c cli) near(what string, got, want, tolerance float64) {
	c.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		c.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

func TestModelCommand(t *testing.T) {
	c := cli{t}
	keys, one := c.object("model", "mmc", "--lambda", "4", "--mu", "6", "--servers", "1")
	if want := []string{"rho", "p0", "p_wait", "lq", "wq", "l", "w"}; !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
	c.near("p_wait", one["p_wait"], 2.0/3, 1e-12)
	c.near("lq", one["lq"], 4.0/3, 1e-12)
	c.near("wq in minutes", one["wq"]*60, 20, 1e-9)
	_, three := c.object("model", "mmc", "--lambda", "10", "--mu", "4", "--servers", "3")
	c.near("p0", three["p0"], 4.0/89, 1e-12)
	c.near("p_wait", three["p_wait"], 125.0/178, 1e-12)
	c.near("wq in minutes", three["wq"]*60, 21.067415730, 1e-9)
	_, many := c.object("model", "mmc", "--lambda", "9950", "--mu", "1", "--servers", "10000")
	c.near("p_wait of 10,000 servers", many["p_wait"], 0.50475047, 1e-6)
	_, general := c.object("model", "mg1", "--lambda", "4", "--mean", "0.16666666666666666", "--deviation", "0")
	c.near("wq of M/D/1 in minutes", general["wq"]*60, 10, 1e-9)
	_, staff := c.object("model", "staff", "--lambda", "10", "--mu", "4", "--within", "0.3333")
	c.near("servers", staff["servers"], 4, 0)

	promises := filepath.Join(t.TempDir(), "promises.csv")
	if err := os.WriteFile(promises, []byte("day,ahead,low,median,high,real\nWang 11-25,3,10,20,30,25\nWang 11-25,2,5,12,20,22\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, report := c.object("model", "calibrate", "--csv", promises)
	c.near("the coverage", report["coverage80"], 0.5, 1e-12)
	c.near("the days", report["days"], 1, 0)

	c.refused("needs --csv", "model", "calibrate")
	c.refused("grows without end", "model", "mmc", "--lambda", "12", "--mu", "4", "--servers", "3")
	c.refused("not a number", "model", "mmc", "--lambda", "NaN", "--mu", "4", "--servers", "3")
	c.refused("negative", "model", "mmc", "--lambda", "-4", "--mu", "4", "--servers", "3")
	c.refused("another unit", "model", "mmc", "--lambda", "1e300", "--mu", "4", "--servers", "3")
	c.refused("0 servers", "model", "mmc", "--lambda", "4", "--mu", "6", "--servers", "0")
	c.refused("needs --servers", "model", "mmc", "--lambda", "4", "--mu", "6")
	c.refused("parse error", "model", "mmc", "--lambda", "four", "--mu", "6", "--servers", "1")
	c.refused("flags only", "model", "mmc", "--lambda", "4", "--mu", "6", "--servers", "1", "2")
	c.refused("say which model", "model")
	c.refused("no model", "model", "crystal-ball")
}

func TestSimulateCommand(t *testing.T) {
	c := cli{t}
	first := c.must(`"days":20`, "simulate", "day", "--days", "20", "--seed", "7")
	if again := c.must("{", "simulate", "day", "--days", "20", "--seed", "7"); again != first {
		t.Errorf("the same seed printed %s, then %s", first, again)
	}
	_, staff := c.object("simulate", "day", "--staff", "--days", "50", "--walk-in", "20", "--every", "0", "--mean", "12")
	c.near("doctors", staff["servers"], 5, 0)
	_, report := c.object("simulate", "day", "--calibrate", "--days", "5")
	c.near("the coverage", report["coverage80"], 0.8, 0.1)

	c.refused("say what to simulate", "simulate")
	c.refused("say what to simulate", "simulate", "night")
	c.refused("choose one", "simulate", "day", "--staff", "--calibrate")
	c.refused("shape", "simulate", "day", "--shape", "odd")
	c.refused("called by", "simulate", "day", "--calling", "loud")
	c.refused("-5 days", "simulate", "day", "--days", "-5")
	c.refused("not help", "simulate", "day", "--staff", "--late", "300", "--days", "5", "--most", "2")
}
