# Lichen: `make help` lists what can be made.
#
# Every target installs the Debian packages that it misses; a second run asks the network for
# nothing. Variables: SEED= (one seed for every test that rolls dice), ONLY= (a prefix of bench
# rows), EMBEDDED=1 (demo with the device build), MIRROR= (a Debian mirror, where apt has none).

.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

swift_sources := Package.swift Sources Tests
device_programs := lichen self-test
guest_programs := guest-air
toolchain := $(dir $(realpath $(shell command -v swift)))

.PHONY: help build test demo bench arm64 amd64 guest lint format soak clean
.PHONY: host-packages device-packages guest-packages

help: ## This list.
	@echo 'make …'
	@sed -n 's/^\([a-z0-9]*\):[^#]*## \(.*\)/  \1 \2/p' $(MAKEFILE_LIST) | \
	    while read -r name text; do printf '  %-8s %s\n' "$$name" "$$text"; done

build: host-packages ## The programs for this machine, in .build/debug.
	swift build

test: device-packages lint ## All builds, then all tests. SEED=… replays one seed.
	@tools/packages.sh python
	swift build --build-tests
	@$(MAKE) amd64 arm64 guest
	@$(call run_tests)

demo: build ## Five nodes on one air, as processes. EMBEDDED=1 takes the device build.
	@$(if $(EMBEDDED),$(MAKE) amd64)
	.build/debug/lichen-sim demo --lichen $(if $(EMBEDDED),.build/amd64,.build/debug)/lichen

bench: device-packages ## The figures, also in .build/bench.json. ONLY=… takes rows by prefix.
	@tools/packages.sh bench python
	@tools/rivals.sh
	swift build -c release --product lichen-sim
	swift build -c release --product CDiskShim
	@$(MAKE) amd64 arm64
	.build/release/lichen-sim bench --json .build/bench.json $(if $(ONLY),--only '$(ONLY)')

arm64: device-packages ## The programs for the board, static and stripped, in .build/arm64.
	@$(call device_build,arm64,$(device_programs))

amd64: device-packages ## The same for a PC, in .build/amd64.
	@$(call device_build,amd64,$(device_programs))

guest: arm64 guest-packages ## The virtual arm64 board that the tests run in, in .build/guest.
	@$(call device_build,arm64,$(guest_programs))
	@tools/guest.sh

lint: host-packages ## Checks the format of the sources.
	swift format lint --strict --recursive --parallel $(wildcard $(swift_sources))

format: ## Formats the sources.
	swift format --in-place --recursive --parallel $(wildcard $(swift_sources))

soak: device-packages ## Many times the seeds (SOAK=20 unless said), and ten minutes of fuzzing.
	@tools/packages.sh python
	@$(MAKE) amd64 arm64 guest
	@export SOAK=$(or $(SOAK),20); $(call run_tests,-c release -Xswiftc -enable-testing)
	swift build -c release --product lichen-sim
	.build/release/lichen-sim fuzz --minutes 10

clean: ## Removes what was built; the packages fetched for the SDKs stay in .sdk.
	rm -rf .build .build-arm64 .build-amd64

host-packages:
	@tools/packages.sh build

device-packages:
	@tools/packages.sh build device

guest-packages:
	@tools/packages.sh guest

# Leaves out the thousands of lines that only say what has started.
define run_tests
set -o pipefail; echo 'swift test $(1)'; \
LICHEN_DEVICE=1 swift test --disable-xctest $(1) | sed -u -E '/^◇ (Suite|Test case|Test ")/d'
endef

# $(1) is the architecture, $(2) the programs. Symbols stay in NAME.debug, for llvm-symbolizer.
define device_build
tools/sdk.sh $(1) && mkdir -p .build/$(1) && for name in $(2); do \
    echo "swift build for $(1): $$name" && \
    swift build -c release --swift-sdks-path .sdk --swift-sdk lichen-$(1) \
        --scratch-path .build-$(1) --product $$name && \
    cp .build-$(1)/release/$$name .build/$(1)/$$name.debug && \
    $(toolchain)llvm-objcopy --strip-all .build/$(1)/$$name.debug .build/$(1)/$$name || exit 1; \
done
endef
