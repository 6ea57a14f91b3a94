package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"guahao/booking"
	"guahao/internal/money"
)

// policyChanges says what is different between two versions of rules, rule by rule, in words where the catalogue has some.
func (r *request) policyChanges(before, after booking.Policy) ([]change, error) {
	old, err := flattened(before)
	if err != nil {
		return nil, err
	}
	next, err := flattened(after)
	if err != nil {
		return nil, err
	}
	var list []change
	for _, key := range keysOf(old, next) {
		if old[key] != next[key] {
			list = append(list, change{Label: r.ruleName(key), Before: r.ruleValue(key, old[key]), After: r.ruleValue(key, next[key])})
		}
	}
	return list, nil
}

// flattened writes rules as path → value: limits.per_day → 2.
func flattened(p booking.Policy) (map[string]string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("write the rules: %w", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	flat := map[string]string{}
	flatten(flat, "", tree)
	return flat, nil
}

func flatten(to map[string]string, path string, value any) {
	below := func(key string, v any) {
		if path != "" {
			key = path + "." + key
		}
		flatten(to, key, v)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			below(key, inner)
		}
	case []any:
		for i, inner := range v {
			below(strconv.Itoa(i+1), inner)
		}
	case float64:
		to[path] = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		to[path] = fmt.Sprint(v)
	}
}

// keysOf are the paths of both, in order; numbers count as numbers.
func keysOf(maps ...map[string]string) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// ruleName says a path in words: its parts one after the other, numbers as they are.
func (r *request) ruleName(path string) string {
	var words []string
	for part := range strings.SplitSeq(path, ".") {
		key := "rule." + part
		if text := r.say(key); text != key {
			part = text
		} else if _, err := strconv.Atoi(part); err == nil {
			part = "#" + part
		}
		words = append(words, part)
	}
	return strings.Join(words, " › ")
}

func (r *request) ruleValue(path, value string) string {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && (strings.HasSuffix(path, "_fen") || strings.HasSuffix(path, ".fee")) {
		return yuan(money.Fen(n))
	}
	if text := r.say("rule.value." + value); text != "rule.value."+value {
		return text
	}
	return value
}
