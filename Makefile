# What can be done here. `make` alone prints this list.

CARGO ?= cargo
TARGET = $(abspath $(or $(CARGO_TARGET_DIR),target))
# Seconds for each fuzz target; a long run is `make fuzz FUZZ_SEC=36000`.
FUZZ_SEC ?= 20
# How much `make bench` measures on; `make bench BENCH_SIZE=` takes a sixth, in a few minutes.
BENCH_SIZE ?= --full
SIP_PACKAGES = kamailio kamailio-lua-modules sip-tester
MODULE_PACKAGES = kamailio gcc libc6-dev
BENCH_PACKAGES = $(SIP_PACKAGES) $(MODULE_PACKAGES) kamailio-python3-modules postgresql
TEST_PACKAGES = $(SIP_PACKAGES) $(MODULE_PACKAGES) kamailio-python3-modules kamailio-ruby-modules kamailio-postgres-modules postgresql python3 valgrind

.DEFAULT_GOAL := help
.PHONY: help demo test bench module header reasons format lint unit bare docs fuzz mutants models tsan need-cargo need-sip need-test need-bench need-module

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: need-cargo need-sip ## Real calls through Kamailio to three carriers, each shown and checked against the plan
	$(CARGO) run --release --package tandem-tests --bin demo

test: need-cargo need-test format lint unit bare docs fuzz ## Everything that CI runs: format, lints, unit, property, database, end-to-end
	@echo "make test: all passed"

bench: need-cargo need-bench ## Benches and comparisons, on 9.85M rows (10 GB, half an hour); the last line is one JSON object of figures
	$(CARGO) bench --package tandem-benches
	$(CARGO) build --release --package tandem-benches --bins
	@$(CARGO) run --release --quiet --package tandem-benches --bin figures -- $(BENCH_SIZE) --sql --kamailio

module: need-cargo need-module ## The native Kamailio module, target/module/tandem.so, for the Kamailio that is installed
	$(CARGO) build --release --package kamailio-ffi
	@$(MAKE) --no-print-directory --directory kamailio-ffi/module LIB=$(TARGET)/release OUT=$(TARGET)/module
	@echo "$(TARGET)/module/tandem.so: loadmodule it from there, or copy it with libtandem.so into one directory"

header: need-cargo ## Write kamailio-ffi/include/tandem.h anew from the source
	TANDEM_WRITE_HEADER=1 $(CARGO) test --package kamailio-ffi --test header

reasons: need-cargo ## Write docs/REASONS.md anew from the table of reasons
	TANDEM_WRITE_REASONS=1 $(CARGO) test --package tandem-tests --test reasons

format: need-cargo ## Is the source formatted?
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check

lint: need-cargo ## Clippy, warnings are errors
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

unit: need-cargo need-test ## All tests of the workspace
	$(CARGO) test --workspace --no-fail-fast

bare: need-cargo ## Does `decide` link without std, allocator and panics?
	tests/bare/check.sh

docs: need-cargo ## Does the documentation build, and is everything there that it names?
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	$(CARGO) test --quiet --package tandem-tests --test docs

fuzz: need-cargo ## Fuzz targets, 20 s each, and whether they find a planted bug; see docs/FUZZING.md
	CARGO=$(CARGO) fuzz/find-planted
	CARGO=$(CARGO) fuzz/run $(FUZZ_SEC)

mutants: need-cargo ## Deliberate faults in core: does the differential run find each? See docs/PROOFS.md
	$(CARGO) run --quiet --package tandem-tests --bin mutants

models: need-cargo ## Protocols in shared memory, every order of their steps tried by loom; see docs/SHM_LAYOUT.md
	CARGO_TARGET_DIR=target/loom RUSTFLAGS="--cfg loom" $(CARGO) test --package rating-node --lib models

tsan: need-cargo ## ThreadSanitizer over the protocols in shared memory, and whether it finds a planted race
	CARGO=$(CARGO) scripts/tsan

need-cargo:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust (https://rustup.rs), then try again" >&2; exit 1; }

need-sip:
	@scripts/need-packages $(SIP_PACKAGES)

need-module:
	@scripts/need-packages $(MODULE_PACKAGES)

need-bench:
	@scripts/need-packages $(BENCH_PACKAGES)

need-test:
	@scripts/need-packages $(TEST_PACKAGES)
