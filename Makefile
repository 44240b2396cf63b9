# Two commands do everything: `make demo` runs the main job on real input, `make test` passes the tests.
# Both install what a bare Debian 12 with a Swift toolchain lacks, and say what they install.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test setup build release benchmark reports format clean help

BUILD_FLAGS ?=
OUTPUT ?= out
RIDGELINE = .build/release/ridgeline

help: ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: release ## install, build, run MiniLM and GPT-2 on this CPU, replay them on modelled GPUs, write a report
	@scripts/demo.sh $(RIDGELINE) $(OUTPUT)

test: setup ## install, build, run every test
	@scripts/setup.sh --demo
	@scripts/fetch-minilm.sh >/dev/null || echo "test: all-MiniLM-L6-v2 cannot be fetched; its tests are skipped" >&2
	python3 -m unittest discover --quiet Benchmarks/gpu
	swift build --build-tests $(BUILD_FLAGS)
	SWIFT_BACKTRACE=enable=no swift test --skip-build --parallel $(BUILD_FLAGS)

setup: ## install the Debian packages that the build needs
	@scripts/setup.sh

build: setup ## build for debugging
	swift build $(BUILD_FLAGS)

release: setup ## build for use
	swift build -c release --product ridgeline $(BUILD_FLAGS)

benchmark: release ## print speeds next to a baseline taken in the same run
	swift run -c release benchmarks

format: ## format the Swift sources in place
	swift format --in-place --recursive --parallel Sources Tests Package.swift

clean: ## remove what builds and demos leave
	rm -rf .build .cache $(OUTPUT)
