# SPDX-License-Identifier: GPL-2.0-only
# Verbs only: each is a line or two; the work is in CMake and in .ci/.
SETUP ?= .ci/setup
PREFIX ?= /usr/local

# Reach the recipes as environment variables: nothing of the user's is pasted into a command line.
export PREFIX SCENARIO ARGS

# Verbs share build/; ninja and ctest use the processors.
.NOTPARALLEL:
.DEFAULT_GOAL := build
.PHONY: help setup build run test unit vm meta kernel mutants bench lint format asan install new clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## install missing packages (the plan is shown first, nothing is removed)
	@$(SETUP) build run

# setup runs each time and costs milliseconds when nothing is missing.
build/build.ninja: | setup
	cmake --preset default

build: build/build.ninja ## build everything; the program is build/bioscope
	cmake --build --preset default

run: build/build.ninja ## run the default scenarios on Debian's stock kernel; ARGS='...' adds options
	cmake --build --preset default --target bioscope
	set -f; build/bioscope run $$ARGS

test: build ## run all tests
	.ci/test

unit vm meta kernel mutants: build
	.ci/test $@

unit: ## run the tests that need nothing
vm: ## run the tests that boot a guest
meta: ## run the tests that prove the verdicts by real causes
kernel: ## run the tests that build a kernel
mutants: ## run every mutant of patches/ (hours)

bench: build/build.ninja ## measure; writes build/bench.json
	@$(SETUP) bench
	cmake --build --preset default --target bench

lint: setup ## check format, code, include directions, scripts
	@$(SETUP) lint
	.ci/lint

format: ## format every tracked source
	@$(SETUP) lint
	.ci/format

asan: setup ## unit tests under ASan and UBSan
	cmake --preset asan
	cmake --build --preset asan
	.ci/test -B build-asan unit

install: build ## install below PREFIX (DESTDIR is obeyed)
	cmake --install build --strip --prefix "$$PREFIX"

new: ## write a skeleton: make new SCENARIO=suite/property
	@.ci/new "$$SCENARIO"

clean: ## remove what was built; results stay
	rm -rf build build-asan build-lint
