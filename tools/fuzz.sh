#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the module for TIME, one after another; stops at the first that finds something.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10s}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz PACKAGE TARGET. When the time is up, the fuzzing engine now and then takes its own deadline for a failure of the target
# (go.dev/issue/75804, mended in Go 1.27): a run that ends so and wrote no failing input found nothing.
fuzz() {
	echo "== $1 $2"
	if go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" "$1" >"$work/out" 2>&1; then
		tail -n 1 "$work/out"
		return
	fi
	if grep -q '^ *context deadline exceeded$' "$work/out" && ! grep -q 'Failing input written' "$work/out"; then
		echo "ok  	$1	(stopped by its deadline)"
		return
	fi
	cat "$work/out"
	return 1
}

go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./... >"$work/packages"
while read -r package dir; do
	grep -hos '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' >"$work/targets" || true
	while read -r target; do
		fuzz "$package" "$target"
	done <"$work/targets"
done <"$work/packages"
