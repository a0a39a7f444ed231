# Thin targets; what they do stands in the programs that they call. All of it
# works without make too: see README.md.
GO     ?= go
MODULE := github.com/diaspora-match/diaspora
# Pure functions without goroutines of their own: the race detector has nothing
# to find there, and costs a factor of ten.
PURE   := ^$(MODULE)/(domain/.*|domain|matcher/.*|matcher|internal/demo)$$
FUZZ   ?= 20s

.DEFAULT_GOAL := help
.PHONY: help demo build test check lint generate fuzz bench clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

demo: build ## Build and start a demonstration programme on this machine
	@./diaspora demo

build: ## Build the one binary, ./diaspora
	$(GO) build -o diaspora ./cmd/diaspora

test: ## Run all tests, with the race detector where it matters
	@scripts/need.sh test
	$(GO) test $$($(GO) list ./... | grep -E '$(PURE)')
	$(GO) test $$(scripts/race.sh) $$($(GO) list ./... | grep -vE '$(PURE)')

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

clean: ## Remove what was built
	rm -rf diaspora bin scripts/graphql-http/node_modules
