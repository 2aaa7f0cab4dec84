#!/usr/bin/env python3
"""Fuzzes the readers, one target after the other, and prints one table.

usage: run.py [--seconds N] [--seeds FOLDER] [--no-address-sanitizer] [TARGET ...]

Builds the targets with a nightly toolchain and the flags of cargo-fuzz, which need not be installed; makes seeds where
the corpus is new; runs each target for so many seconds within 1 GB of memory and 10 seconds per input. What a target
stops at is kept in fuzz/artifacts/TARGET and can be run again as `fuzz/target/TRIPLE/release/TARGET FILE`. Ends with 1
where there was any. The corpus in fuzz/corpus grows from run to run.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import seeds

HERE = Path(__file__).resolve().parent
TARGETS = ["csv", "detect", "ipc", "json", "parquet", "xlsx", "xml", "zip"]
MEMORY_MB, SECONDS_PER_INPUT, LONGEST_INPUT = 1024, 10, 65536

FLAGS = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Cdebug-assertions",
    "--cfg=fuzzing",
]


def build(address_sanitizer):
    """Builds all targets and gives the folder that they are in."""
    said = subprocess.run(["rustc", "+nightly", "--version", "--verbose"], check=True, capture_output=True, text=True)
    triple = re.search(r"^host: (.+)$", said.stdout, re.MULTILINE)[1]
    # a target that is named keeps the flags away from build scripts
    flags = FLAGS + (["-Zsanitizer=address"] if address_sanitizer else [])
    environment = {**os.environ, "RUSTFLAGS": " ".join(flags), "CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only"}
    command = ["cargo", "+nightly", "build", "--release", "--bins", "--target", triple]
    subprocess.run(command, cwd=HERE, env=environment, check=True)
    return HERE / "target" / triple / "release"


def last(pattern, log, missing=0):
    """The last number of this form in a log."""
    found = re.findall(pattern, log)
    return int(found[-1]) if found else missing


def fuzz(program, target, seconds, work):
    """Runs one target and gives its row of the table, and whether it stopped at an input."""
    corpus, artifacts = HERE / "corpus" / target, HERE / "artifacts" / target
    artifacts.mkdir(parents=True, exist_ok=True)
    known = set(artifacts.iterdir())
    log = work / f"{target}.log"
    command = [program, corpus, f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}",
               f"-timeout={SECONDS_PER_INPUT}", f"-max_len={LONGEST_INPUT}", f"-artifact_prefix={artifacts}/",
               "-print_final_stats=1"]
    # one thread: what it finds does not depend on the machine
    environment = {**os.environ, "TMPDIR": str(work), "RAYON_NUM_THREADS": "1"}
    start = time.monotonic()
    with open(log, "wb") as opened:
        child = subprocess.Popen(command, stdout=opened, stderr=opened, env=environment)
        _, status, used = os.wait4(child.pid, 0)
        code = child.returncode = os.waitstatus_to_exitcode(status)
    took, cpu = time.monotonic() - start, used.ru_utime + used.ru_stime
    text = log.read_text(errors="replace")
    stopped = sorted(path.name for path in set(artifacts.iterdir()) - known)
    if code:
        print("\n".join(text.splitlines()[-40:]), file=sys.stderr)
    for line in sorted(set(re.findall(r"^a library panics at .*$", text, re.MULTILINE))):
        print(f"{target}: {line}", file=sys.stderr)
    executions = last(r"stat::number_of_executed_units:\s+(\d+)", text)
    coverage, peak = last(r" cov: (\d+)", text), last(r"stat::peak_rss_mb:\s+(\d+)", text)
    files = list(corpus.iterdir())
    size = sum(file.stat().st_size for file in files) / 2**20
    row = [target, f"{took:.0f}", f"{cpu:.0f}", f"{executions:,}", f"{executions / took:,.0f}", f"{coverage:,}",
           f"{len(files):,}", f"{size:.1f}", f"{peak:,}", " ".join(stopped) or ("nothing" if code == 0 else f"code {code}")]
    return row, code != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all where none is named")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--seeds", type=Path, help="a folder with more files to start from")
    parser.add_argument("--no-address-sanitizer", action="store_true", help="faster; sees no access outside memory")
    asked = parser.parse_args()
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    programs = build(not asked.no_address_sanitizer)
    # files in memory where the system has a place for them
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="plait-fuzz-", dir=place) as work:
        work = Path(work)
        (work / "seeds").mkdir()
        seeds.make(HERE / "corpus", work / "seeds", asked.seeds)
        head = ["target", "seconds", "of the processor", "executions", "per second", "edges reached", "corpus, files", "MiB",
                "peak MB", "stopped at"]
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), flush=True)
        any_stopped = False
        for target in asked.targets or TARGETS:
            row, stopped = fuzz(programs / target, target, asked.seconds, work)
            any_stopped |= stopped
            print("| " + " | ".join(row) + " |", flush=True)
    sys.exit(any_stopped)


if __name__ == "__main__":
    main()
