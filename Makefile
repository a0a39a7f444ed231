# Thin targets; what they do stands in the programs that they call. All of it
# works without make too: see README.md.
GO     ?= go
MODULE := github.com/diaspora-match/diaspora
# Where the race detector has nothing to find and costs a factor of ten: pure
# functions without goroutines, and programs that look at the tree or run it whole.
PLAIN  := ^$(MODULE)/(domain(/.*)?|matcher/.*|bench(/.*)?|scripts/.*|internal/(demo|demo/seed|docgen|docrun|rules|sim))$$
FUZZ   ?= 20s

.DEFAULT_GOAL := help
.PHONY: help demo build test conformance check lint generate fuzz bench bench-matcher clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

demo: build ## Build and start a demonstration programme on this machine
	@./diaspora demo

build: ## Build the one binary, ./diaspora
	$(GO) build -o diaspora ./cmd/diaspora

test: ## Run all tests, with the race detector where it matters
	@scripts/need.sh test
	$(GO) test $$($(GO) list ./... | grep -E '$(PLAIN)')
	$(GO) test $$(scripts/race.sh) $$($(GO) list ./... | grep -vE '$(PLAIN)')

conformance: ## Let the suites of KurrentDB, hallgren and Event Horizon judge the event store
	cd conformance && $(GO) test ./...

check: ## Everything that CI runs
	@.ci/run

lint: ## Formatting, vet and staticcheck
	@scripts/lint.sh

generate: ## Write the generated code and the generated pages of docs/
	$(GO) generate ./...

fuzz: ## Fuzz each fuzz test for FUZZ=20s
	@scripts/fuzz.sh $(FUZZ)

bench: ## Benchmarks beside their peers (PostgreSQL, a raw file, Node)
	@scripts/need.sh bench
	$(GO) run ./bench/cmd/bench

bench-matcher: ## The matching engine beside its peers (a scan, PostgreSQL, SciPy, LEMON)
	@scripts/need.sh bench
	$(GO) run ./bench/cmd/matcher

clean: ## Remove what was built
	rm -rf diaspora bin scripts/graphql-http/node_modules
