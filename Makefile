# `make` or `make help` lists what there is. ARGS are given on: make demo ARGS=--fresh
.DEFAULT_GOAL := help

GO ?= go
ARGS ?=
TESTFLAGS ?=
FUZZTIME ?= 10s
# Property tests draw the same cases in each run, so that a change is judged by itself; `make soak` draws others.
export RAPID_SEED ?= 1

# A tree that git cannot read (another owner, no git) still builds: it only carries no revision.
ifneq ($(shell git rev-parse HEAD >/dev/null 2>&1 && echo yes),yes)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
endif

.PHONY: help deps test-deps demo build test soak lint fuzz bench clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing to run (MariaDB)
	@tools/install-deps.sh

test-deps: ## Install what is missing to test (MariaDB, Chromium, a Chinese font, a C compiler for -race, npm)
	@tools/install-deps.sh test

demo: deps build ## Run the demo: two phones on a page, nothing to configure
	./bin/guahao demo $(ARGS)

build: ## Build bin/guahao
	$(GO) build -trimpath -o bin/guahao ./cmd/guahao

# What only reckons: a lot of numbers, and no goroutine that the race detector could watch. It would take ten times as long with it.
PURE := ./booking/allocation ./booking/forecast ./booking/waiting ./dialog/triage

test: test-deps ## Run all tests, the browser tests too, with the race detector where there is something to race
	@failed=0; \
	$(GO) test -vet=off $(TESTFLAGS) $(PURE) || failed=1; \
	$(GO) test -vet=off $(TESTFLAGS) -run Cases ./dialog || failed=1; \
	$(GO) test -vet=off -race -timeout 20m $(TESTFLAGS) $(filter-out $(PURE:./%=guahao/%),$(shell $(GO) list ./...)) || failed=1; \
	exit $$failed

soak: test-deps ## Run the property tests with cases that no run has drawn yet, more of them
	RAPID_SEED=0 RAPID_CHECKS=400 $(GO) test -count=1 -timeout 2h $(TESTFLAGS) $$(grep -rl --include=*_test.go pgregory.net/rapid . | xargs -n1 dirname | sort -u)

lint: ## Check with go vet, gofmt and staticcheck
	$(GO) vet ./...
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

fuzz: deps ## Run every fuzz target for FUZZTIME (10s)
	@tools/fuzz.sh $(FUZZTIME)

bench: deps build ## Measure bookings per second and the time of a step, one line of JSON each
	./bin/guahao bench dialog $(ARGS)
	./bin/guahao bench booking $(ARGS)

clean: ## Remove what was built
	rm -rf bin
