# make demo | make test | make check | make bench
.PHONY: help demo demo-spark test check lint unit generated portable harness python spark-tools wheel release

help:
	@echo "make demo    build, make up a borough of 20,000 children, link ten of its sources, score the result"
	@echo "make test    everything that must hold before a change is taken; installs what it needs"
	@echo "make check   the quick part of it: format, compile, arrows, generated files"
	@echo "make wheel   the Python package, in target/wheels"
	@echo "make demo-spark  a million made-up records on a cluster of this machine (needs Python and Java 17)"
	@echo "make bench   Plait beside Splink 5 on the same people (needs Python and a network)"
	@echo "make bench-quality   how good the linkage is, beside Splink 5 and goldenmatch (an hour)"
	@echo "make fuzz    random bytes at every reader, ten minutes each (needs Python and a nightly toolchain)"

CARGO ?= cargo
PLAIT = target/release/plait
WASM = wasm32-unknown-unknown

DEMO = demo/borough
demo: release
	$(PLAIT) synth borough --children 20000 --seed 1 --out $(DEMO)
	$(PLAIT) link $(DEMO)/school_census_2026_spring $(DEMO)/standard_safeguarding_dataset \
		$(DEMO)/sen2_2026 $(DEMO)/children_in_need_2026.xml $(DEMO)/ssda903_2026 \
		$(DEMO)/gp_registered_children.csv $(DEMO)/school_age_immunisation_cohort.csv \
		$(DEMO)/csds_2026_03 $(DEMO)/mhsds_2026_03 $(DEMO)/ecds_attendances_2025_26.csv \
		--truth $(DEMO)/truth/truth.csv --out demo/linked
	@echo
	@echo "demo/linked/people.xlsx is for a spreadsheet."
	@echo "What a return holds: $(PLAIT) look $(DEMO)/children_in_need_2026.xml"

release:
	$(CARGO) build --release --locked --package plait-cli

test: lint unit generated portable harness release python
	$(CARGO) run --quiet --locked --package xtask -- binary
	@echo "All tests passed."

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

unit:
	$(CARGO) test --workspace --locked --quiet

generated:
	$(CARGO) run --quiet --locked --package xtask -- check

# the core also runs in browser pages; without the target, as on a machine without a network, this is left out
portable:
	@rustup target add $(WASM) >/dev/null 2>&1 || true
	@if rustup target list --installed 2>/dev/null | grep -qx $(WASM); then \
		$(CARGO) check --locked --package plait-types --package plait-engine --target $(WASM); \
	else \
		echo "note: rustup has no target $(WASM); the check for browsers was left out"; \
	fi

# the scoring of the benchmark: with what make bench installed, or with the little of it that these tests need;
# without Python this is left out
HARNESS = target/harness
harness:
	@if [ -x .venv/bin/python ]; then python=.venv/bin/python; else python=$(HARNESS)/bin/python; \
		[ -x $$python ] || python3 -m venv $(HARNESS) >/dev/null 2>&1 || true; \
		$$python -c 'import pandas' 2>/dev/null || $$python -m pip install --quiet --disable-pip-version-check \
			$$(grep -E '^(numpy|pandas|pyarrow)==' benches/requirements.txt) >/dev/null 2>&1 || true; \
	fi; \
	if $$python -c 'import pandas' 2>/dev/null; then \
		$$python -m unittest discover --quiet --start-directory benches; \
	else \
		echo "note: no Python with pandas; the tests of the benchmark harness were left out"; \
	fi

# the Python package: built as a wheel, installed into a place of its own, and asked what the command line is asked;
# without Python, or where its tools cannot be had, this is left out
PYTHON = target/python-tests
WHEELS = target/wheels
$(PYTHON)/installed: python/requirements-test.txt
	@[ -x $(PYTHON)/bin/python ] || python3 -m venv $(PYTHON) >/dev/null 2>&1 || true
	@$(PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check -r $< >/dev/null 2>&1 && touch $@ || true

# for plait.spark: PySpark, Sail and Java; what cannot be had leaves out the tests that need it
spark-tools: $(PYTHON)/installed $(PYTHON)/spark
	@command -v java >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
		&& { apt-get install -qq -y openjdk-17-jre-headless >/dev/null 2>&1 \
			|| { apt-get update -qq >/dev/null 2>&1 && apt-get install -qq -y openjdk-17-jre-headless >/dev/null 2>&1; }; }; } \
		|| echo "note: there is no Java; the tests on a cluster of Spark were left out"

$(PYTHON)/spark: python/spark/requirements.txt $(PYTHON)/installed
	@$(PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check -r $< >/dev/null 2>&1 && touch $@ \
		|| echo "note: PySpark and Sail cannot be had; the tests of plait.spark were left out"

demo-spark: release wheel spark-tools
	$(PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall $(WHEELS)/plait-*.whl
	$(PYTHON)/bin/python python/spark/demo.py $(PLAIT) demo/spark

wheel: $(PYTHON)/installed
	rm -rf $(WHEELS)
	cd python && ../$(PYTHON)/bin/maturin build --release --locked --quiet --out ../$(WHEELS)
	@ls -l $(WHEELS)

python: release $(PYTHON)/installed spark-tools
	@if [ -e $(PYTHON)/installed ]; then \
		$(MAKE) wheel \
		&& $(PYTHON)/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall $(WHEELS)/plait-*.whl \
		&& $(PYTHON)/bin/python python/reference.py --check \
		&& PLAIT_PROGRAM=$(CURDIR)/$(PLAIT) $(PYTHON)/bin/python -m unittest discover --quiet --start-directory python/tests \
		&& $(PYTHON)/bin/mypy --strict --no-error-summary python/src-py/plait \
		&& $(PYTHON)/bin/python -m mypy.stubtest --ignore-disjoint-bases plait._plait; \
	else \
		echo "note: no Python with the tools of python/requirements-test.txt; the Python package was left out"; \
	fi

check:
	$(CARGO) fmt --all --check
	$(CARGO) check --workspace --all-targets --locked
	$(MAKE) generated

include benches/bench.mk
include fuzz/fuzz.mk
