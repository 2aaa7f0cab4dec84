# Coverage-guided fuzzing of the readers. Included by the Makefile. Needs a nightly toolchain and Python, and half an hour
# for every three targets.
# make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS="csv xml"
.PHONY: fuzz

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?=

fuzz: release
	$(CARGO) build --release --locked --package plait-formats --example small_files
	python3 fuzz/run.py --seconds $(FUZZ_SECONDS) $(FUZZ_ARGS) $(FUZZ_TARGETS)
