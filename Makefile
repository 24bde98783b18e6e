# Targets with a ## comment are listed by `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Arguments for the program behind a target: make run ARGS="--http off"
ARGS ?=
SWIFT_FOLDERS := $(wildcard Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Tests)

.PHONY: run
run: build ## Build and start the broker on its default ports (ARGS="--data DIR ...")
	exec .build/release/roost serve $(ARGS)

.PHONY: build
build: ## Build the release binary, .build/release/roost
	scripts/install build
	swift build -c release --product roost

.PHONY: test
test: ## Run all tests: Swift Testing, then real clients against the built binary
	scripts/install test
	scripts/test

.PHONY: unit
unit: ## Run the Swift tests only (ARGS="--filter NAME")
	scripts/install build
	swift build -c release --build-tests
	swift test -c release --skip-build --disable-xctest $(ARGS)

.PHONY: e2e
e2e: build ## Run the end-to-end tests only, with boto3 and the aws cli (ARGS="-k NAME")
	scripts/install test
	scripts/e2e $(ARGS)

.PHONY: valkey-suite
valkey-suite: build ## Run units of the Valkey test suite against the Redis port (ARGS="unit/type/list --suite DIR")
	scripts/install valkey
	scripts/valkey-suite $(ARGS)

.PHONY: kill-test
kill-test: build ## Kill the broker 100 times under load and check that nothing is lost
	scripts/install test
	scripts/e2e Tests/EndToEnd/test_kill.py --kills 100 $(ARGS)

.PHONY: simulate
simulate: build ## Crash, break and damage the engine in memory (ARGS="--seed N --runs R"); default: all scripts, 2000 seeds
	.build/release/roost simulate $(ARGS)

.PHONY: chaos
chaos: build ## Kill the broker 300 times under load, at chosen moments too, and check everything (ARGS="--seed N")
	scripts/install test
	scripts/chaos $(ARGS)

.PHONY: fuzz
fuzz: ## Feed libFuzzer's inputs to every decoder (ARGS="log image --seconds 300"; default: all, 20 s in all)
	scripts/install build
	scripts/fuzz $(ARGS)

.PHONY: tsan
tsan: ## Run the Swift tests of engine and log with the thread sanitizer
	scripts/install build
	scripts/tsan $(ARGS)

.PHONY: bench
bench: build ## Measure, side by side with bare yardsticks and redis-server
	scripts/install bench
	scripts/bench $(ARGS)

.PHONY: lint
lint: ## Check formatting and syntax
	scripts/install lint
	scripts/lint

.PHONY: format
format: ## Format all Swift code in place
	swift format --in-place --recursive --parallel $(SWIFT_FOLDERS)

.PHONY: install
install: ## Install what build, tests and benchmarks need (apt; nothing else is touched)
	scripts/install

.PHONY: clean
clean: ## Remove what was built; messages in roost-data stay
	rm -rf .build .build-tsan .build-valkey-suite .venv .venv-query .venv-redis5 .venv-celery .venv-jobs
	rm -rf Benchmarks/.build Fuzz/.build

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
