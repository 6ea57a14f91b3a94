#!/bin/sh
# fuzz.sh TIME: runs every fuzz target of the module for TIME, one after another; stops at the first that finds something.
set -eu
cd "$(dirname "$0")/.."
time=${1:-10s}

found=$(mktemp)
trap 'rm -f "$found"' EXIT
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -hos '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' >"$found" || true
	while read -r target; do
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
	done <"$found"
done
