# Benchmarks beside Splink 5. Included by the Makefile.
# BENCH_ARGS goes to benches/run.py, for instance: make bench BENCH_ARGS="--quick --runs 5"
.PHONY: bench bench-quick

bench:
	cargo build --release --locked --package plait-cli
	benches/setup.sh
	.venv/bin/python -m unittest discover --quiet --start-directory benches
	.venv/bin/python benches/run.py $(BENCH_ARGS)

bench-quick:
	$(MAKE) bench BENCH_ARGS="--quick $(BENCH_ARGS)"
