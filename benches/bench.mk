# Benchmarks beside Splink 5. Included by the Makefile.
# BENCH_ARGS goes to benches/run.py, for instance: make bench BENCH_ARGS="--quick --runs 5"
# QUALITY_ARGS goes to benches/quality/run.py: make bench-quality QUALITY_ARGS="--tools Plait --data borough_20k"
# BOROUGHS is how many are simulated; 0 leaves the simulation out.
.PHONY: bench bench-quick bench-quality bench-weights
BOROUGHS ?= 200

bench:
	cargo build --release --locked --package plait-cli
	benches/setup.sh
	.venv/bin/python -m unittest discover --quiet --start-directory benches
	.venv/bin/python benches/run.py $(BENCH_ARGS)

bench-quick:
	$(MAKE) bench BENCH_ARGS="--quick $(BENCH_ARGS)"

bench-quality:
	cargo build --release --locked --package plait-cli
	benches/setup.sh
	.venv/bin/python -m unittest discover --quiet --start-directory benches
	[ $(BOROUGHS) -eq 0 ] || .venv/bin/python benches/quality/simulate.py --boroughs $(BOROUGHS) --report
	.venv/bin/python benches/quality/run.py --results $(QUALITY_ARGS)

# the Python package weighs 100,000 pairs as Splink does; make python installs it
bench-weights:
	benches/setup.sh
	.venv/bin/python benches/splink_weights.py make target/splink_weights
	$(PYTHON)/bin/python benches/splink_weights.py compare target/splink_weights
