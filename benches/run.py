#!/usr/bin/env python3
"""Measures Plait beside Splink 5 on the same people and prints one table.

usage: run.py [--quick] [--runs N] [--date DATE] [--jobs NAME ...] [...]

Every measurement is of a whole process, from its start to its end: wall time, CPU time and peak
memory as the system reports them when it ends. The tools take turns, so that a busy spell of the
machine falls on both. The seconds per stage are what each tool says of itself. Both tools get the
same comparisons and blocking rules on the generated people; on FEBRL Splink gets the settings of
its notebooks and Plait gets nothing but the files.

Writes benches/results/DATE.md and DATE.json. This script uses nothing but the standard library and
stays small: a process that it starts would otherwise inherit its peak memory.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHARED = ROOT.parent / "shared"
PYTHON = sys.executable

PEOPLE_JOBS = {
    "50 k tight": ("50000", "tight"),
    "1 M tight": ("1000000", "tight"),
    "1 M loose": ("1000000", "loose"),
}
FEBRL_JOBS = {"FEBRL 3": "febrl3", "FEBRL 4": "febrl4"}
QUICK = ["50 k tight"]
OTHER_THRESHOLDS = {"people": ["0.5", "0.9", "0.99", "0.999"], "febrl": ["0.01", "0.1", "0.5", "0.9", "0.99"]}

# What has to be reached. Each: job, what, how many times better than Splink or which figure.
BARS = [
    ("1 M tight", "wall", 10.0),
    ("1 M tight", "memory", 4.0),
    ("1 M loose", "wall", 15.0),
    ("1 M loose", "memory", 5.0),
    ("1 M loose", "scoring", 15.0),
    ("1 M tight", "f1", .931),
    ("1 M loose", "f1", .927),
    ("50 k tight", "seconds", 1.5),
    ("FEBRL 3", "f1", .998),
    ("FEBRL 4", "f1", .999),
]

# The stages of Plait that do what Splink calls predict: find the candidate pairs and score them.
SCORING = re.compile(r"block|candidate|pair|compar|scor|predict", re.IGNORECASE)
NOT_SCORING = re.compile(r"train|estimat|sampl|plan|choose|write|cluster|report", re.IGNORECASE)


class Measured:
    """One run of a program: what the system says it took, and what it printed."""

    def __init__(self, arguments):
        self.arguments = [str(argument) for argument in arguments]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            start = time.perf_counter()
            child = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, used = os.wait4(child.pid, 0)
            self.wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read()
        self.cpu = used.ru_utime + used.ru_stime
        self.peak_mb = used.ru_maxrss / 1024
        self.code = child.returncode

    def checked(self):
        """This run, or an error with the last lines that the program printed."""
        if self.code:
            tail = "\n".join((self.err or self.out).strip().splitlines()[-8:])
            raise RuntimeError(f"{Path(self.arguments[0]).name} ended with {self.code}:\n{tail}")
        return self

    def last_json(self):
        """The last line of the output, read as JSON."""
        return json.loads(self.out.strip().splitlines()[-1])


def python(script, *arguments):
    """Runs one of the scripts beside this one and returns what it measured."""
    return Measured([PYTHON, HERE / script, *arguments]).checked()


class SplinkOnPeople:
    """Splink 5 on generated people."""

    name = "Splink"

    def __init__(self, people, mode, threads, work):
        self.people, self.mode, self.threads, self.out = people, mode, threads, work / "splink"

    def run(self):
        """One timed run."""
        run = python("splink_peer.py", self.people, self.out, self.mode, "--threads", self.threads)
        said = run.last_json()
        return run, stages_of_splink(said), said

    def pairs(self, _said):
        """The candidate pairs, counted apart because Splink does not count them."""
        count = python("splink_peer.py", self.people, self.out, self.mode, "--threads", self.threads, "--count")
        return count.last_json()["pairs"]

    def scores(self):
        """The score at its threshold, and the best over several with the truth in hand."""
        others = OTHER_THRESHOLDS["people"]
        python("splink_peer.py", self.people, self.out, self.mode, "--threads", self.threads, "--also", *others)
        return best_of(self.out, others, self.people / "truth.parquet", [])


class SplinkOnFebrl:
    """Splink 5 on a FEBRL set, with the settings of its notebooks."""

    name = "Splink"

    def __init__(self, job, data, threads, work):
        self.job, self.data, self.threads, self.out = job, data, threads, work / "splink"

    def run(self):
        """One timed run."""
        run = python("splink_febrl.py", self.job, self.data, self.out, "--threads", self.threads)
        said = run.last_json()
        return run, stages_of_splink(said), said

    def pairs(self, said):
        """The candidate pairs."""
        return said["pairs"]

    def scores(self):
        """The score at its threshold, and the best over several with the truth in hand."""
        others = OTHER_THRESHOLDS["febrl"]
        python("splink_febrl.py", self.job, self.data, self.out, "--threads", self.threads, "--also", *others)
        return best_of(self.out, others, self.data / "truth.parquet", [])


class Plait:
    """The `plait` binary, on files, with or without a model."""

    name = "Plait"

    def __init__(self, binary, files, truth, threads, work, model=None):
        self.binary, self.files, self.truth, self.threads = binary, files, truth, threads
        self.out, self.model = work / "plait", model

    def command(self, out, threads):
        """The command line."""
        model = ["--model", self.model] if self.model else []
        return [self.binary, "link", *self.files, "--out", out, *model, "--threads", threads, "--seed", "1"]

    def run(self):
        """One timed run, into a fresh directory."""
        shutil.rmtree(self.out, ignore_errors=True)
        run = Measured(self.command(self.out, self.threads)).checked()
        said = json.loads((self.out / "run.json").read_text())
        return run, stages_of_plait(said), said

    def pairs(self, said):
        """The candidate pairs that it says it scored."""
        return find_number(said, ("candidate_pairs", "pairs_scored", "scored_pairs", "pairs_compared", "pairs",
                                  "candidates"))

    def scores(self):
        """The score of the people that it wrote."""
        score = python("score.py", self.out / "people.parquet", self.truth).last_json()
        return score, None

    def same_bytes(self):
        """Whether 1, 2 and 7 threads write the same links and people."""
        seen = set()
        for threads in (1, 2, 7):
            out = self.out.with_name(f"plait-{threads}")
            shutil.rmtree(out, ignore_errors=True)
            Measured(self.command(out, threads)).checked()
            seen.add(tuple(digest(out / name) for name in ("links.parquet", "people.parquet")))
            shutil.rmtree(out)
        return len(seen) == 1


def best_of(out, thresholds, truth, options):
    """Scores the people at the tool's own threshold, and finds the best threshold of several."""
    own = python("score.py", out / "people.parquet", truth, *options).last_json()
    best = {"threshold": .95, "f1": own["f1"]}
    for threshold in thresholds:
        file = out / f"people_at_{threshold}.parquet"
        score = python("score.py", file, truth, *options).last_json()
        if score["f1"] > best["f1"]:
            best = {"threshold": float(threshold), "f1": score["f1"]}
    return own, best


def stages_of_splink(said):
    """Seconds per stage."""
    return {stage: figures["wall"] for stage, figures in said["stages"].items()}


def seconds_of(value):
    """A number of seconds, given plainly or inside an object; None if there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, dict):
        for key, scale in (("seconds", 1), ("wall_seconds", 1), ("wall", 1), ("secs", 1), ("s", 1),
                           ("milliseconds", 1e-3), ("millis", 1e-3), ("ms", 1e-3)):
            if isinstance(value.get(key), (int, float)):
                return value[key] * scale
    return None


def stages_of_plait(said):
    """Seconds per stage from run.json, whether they are an object or a list there."""
    for key in ("stages", "timings", "seconds", "timing"):
        block = said.get(key)
        if isinstance(block, dict):
            for inner in ("stages", "seconds", "wall"):
                if isinstance(block.get(inner), (dict, list)):
                    block = block[inner]
                    break
        if isinstance(block, dict):
            named = {name: seconds_of(value) for name, value in block.items()}
        elif isinstance(block, list):
            named = {row.get("stage", row.get("name")): seconds_of(row) for row in block if isinstance(row, dict)}
        else:
            continue
        found = {re.sub(r"_(seconds|secs|s)$", "", name).replace("_", " "): value
                 for name, value in named.items() if name and value is not None}
        if found:
            return {name: value for name, value in found.items() if name not in ("total", "whole", "process")}
    return {}


def find_number(said, names):
    """The first of these keys that holds a whole number, wherever it is; None if there is none."""
    def walk(value):
        if isinstance(value, dict):
            yield value
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for name in names:
        for block in walk(said):
            if isinstance(block.get(name), int) and not isinstance(block.get(name), bool):
                return block[name]
    return None


def scoring_seconds(stages):
    """The time of what Splink calls predict."""
    chosen = [value for name, value in stages.items() if SCORING.search(name) and not NOT_SCORING.search(name)]
    return sum(chosen) if chosen else None


def measure(tools, runs, note):
    """Runs the tools in turn and returns the figures of each."""
    figures = {tool.name: {"wall": [], "cpu": [], "peak_mb": [], "stages": []} for tool in tools}
    said = {}
    for number in range(runs):
        for tool in tools:
            note(f"  run {number + 1} of {runs}: {tool.name}")
            run, stages, said[tool.name] = tool.run()
            row = figures[tool.name]
            row["wall"].append(run.wall)
            row["cpu"].append(run.cpu)
            row["peak_mb"].append(run.peak_mb)
            row["stages"].append(stages)
    for tool in tools:
        row = figures[tool.name]
        typical = row["wall"].index(statistics.median_low(row["wall"]))
        stages = row["stages"][typical]
        score, best = tool.scores()
        pairs = tool.pairs(said[tool.name])
        scoring = [seconds for part in row["stages"] if (seconds := scoring_seconds(part))]
        row |= {
            "stages": {name: round(value, 3) for name, value in stages.items()},
            "pairs": pairs,
            "pairs_per_second": pairs / statistics.median(scoring) if pairs and scoring else None,
            "score": score,
            "best": best,
        }
    return figures


def people_directory(records, generator, work, note):
    """Generated people of that many records, made once."""
    out = work / f"people_{records}"
    if not (out / "truth.parquet").exists():
        note(f"generating {records} records")
        Measured([PYTHON, generator, records, out]).checked()
    return out


def digest(file):
    """The SHA-256 of a file, read piece by piece."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def warm(directory):
    """Reads the files once, so that no tool pays for a cold disk."""
    for file in Path(directory).glob("*.parquet"):
        digest(file)


def machine():
    """What the figures were measured on. No names of hosts and no paths."""
    cpu, flags = platform.machine(), set()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            cpu = value.strip()
        elif key.strip() == "flags":
            flags = set(value.split())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    system = re.search(r'PRETTY_NAME="([^"]*)"', Path("/etc/os-release").read_text())
    return {
        "cpu": cpu,
        "vector": next((name for name in ("avx512f", "avx2", "sse4_2") if name in flags), "none"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory[1]) / 2**20) if memory else None,
        "system": system[1] if system else platform.system(),
    }


def versions(binary):
    """The versions of the tools."""
    said = Measured([PYTHON, "-c", "import splink, duckdb; print(splink.__version__, duckdb.__version__)"]).checked()
    splink, duckdb = said.out.split()
    plait = Measured([binary, "--version"]).checked().out.strip() if binary else "not measured"
    return {"plait": plait, "splink": splink, "duckdb": duckdb, "python": platform.python_version()}


def start_of(binary):
    """The median time in milliseconds that the binary needs to say its version."""
    return statistics.median(Measured([binary, "--version"]).checked().wall for _ in range(21)) * 1000


def times(better, worse):
    """How many times as much."""
    return worse / better if better else None


def ratios(figures):
    """Splink's figures over Plait's; larger is better for Plait."""
    if set(figures) != {"Splink", "Plait"}:
        return None
    splink, plait = figures["Splink"], figures["Plait"]
    middle = statistics.median
    speeds = splink["pairs_per_second"], plait["pairs_per_second"]
    return {
        "wall": times(middle(plait["wall"]), middle(splink["wall"])),
        "wall_min": times(min(plait["wall"]), min(splink["wall"])),
        "cpu": times(middle(plait["cpu"]), middle(splink["cpu"])),
        "memory": times(max(plait["peak_mb"]), max(splink["peak_mb"])),
        "scoring": speeds[1] / speeds[0] if all(speeds) else None,
    }


def shown(value, form, missing="–"):
    """A figure in a form, or a dash."""
    return missing if value is None else format(value, form)


def table(rows):
    """Rows as a Markdown table; the first is the head."""
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in body)])


def main_table(results):
    """All jobs and tools, and how many times better Plait is."""
    rows = [["job", "tool", "pairs", "s, median (best)", "CPU s", "peak MB", "scoring, M pairs/s",
             "precision", "recall", "F1", "F1, best threshold"]]
    for job, figures in results.items():
        for tool, row in figures.items():
            score, best = row["score"], row["best"]
            speed = row["pairs_per_second"]
            rows.append([job, tool, shown(row["pairs"], ","),
                         f"{statistics.median(row['wall']):.2f} ({min(row['wall']):.2f})",
                         f"{statistics.median(row['cpu']):.2f}", f"{max(row['peak_mb']):,.0f}",
                         shown(speed and speed / 1e6, ".2f"), f"{score['precision']:.4f}", f"{score['recall']:.4f}",
                         f"{score['f1']:.4f}", f"{best['f1']:.4f} ({best['threshold']:g})" if best else "–"])
        ratio = ratios(figures)
        if ratio:
            rows.append(["", "**ratio**", "", f"**{ratio['wall']:.1f} ×** ({ratio['wall_min']:.1f} ×)",
                         f"{ratio['cpu']:.1f} ×", f"**1/{ratio['memory']:.1f}**",
                         f"**{ratio['scoring']:.1f} ×**" if ratio["scoring"] else "–", "", "", "", ""])
    return table(rows)


def stage_table(results):
    """The seconds of each stage of the run with the median time, in the tools' own words."""
    rows = [["job", "tool", "seconds per stage"]]
    for job, figures in results.items():
        for tool, row in figures.items():
            stages = " · ".join(f"{name} {value:.2f}" for name, value in row["stages"].items())
            rows.append([job, tool, stages or "not given"])
    return table(rows)


def bar_table(results, extra):
    """What was to be reached and what was."""
    rows = [["job", "to reach", "measured", ""]]

    def add(job, wanted, measured, met):
        rows.append([job, wanted, measured, "met" if met else "**not met**"])

    for job, what, bar in BARS:
        figures = results.get(job, {})
        if "Plait" not in figures:
            continue
        plait, ratio = figures["Plait"], ratios(figures)
        if what == "f1":
            add(job, f"F1 of the people ≥ {bar}", f"{plait['score']['f1']:.4f}", plait["score"]["f1"] >= bar)
            best = figures.get("Splink", {}).get("best")
            if best and job in PEOPLE_JOBS:
                add(job, "F1 not below Splink's best in this run",
                    f"{plait['score']['f1']:.4f} against {best['f1']:.4f} (p ≥ {best['threshold']:g})",
                    plait["score"]["f1"] >= best["f1"])
        elif what == "seconds":
            value = statistics.median(plait["wall"])
            add(job, f"whole command ≤ {bar} s", f"{value:.2f} s", value <= bar)
        elif ratio and ratio[what]:
            words = {"wall": f"wall ≤ 1/{bar:g} of Splink's", "memory": f"peak memory ≤ 1/{bar:g}",
                     "scoring": f"scoring ≥ {bar:g} × Splink's pairs/s"}
            form = "{:.1f} ×" if what == "scoring" else "1/{:.1f}"
            add(job, words[what], form.format(ratio[what]), ratio[what] >= bar)
    if extra:
        add("binary", "≤ 30 MB", f"{extra['binary_mb']:.1f} MB", extra["binary_mb"] <= 30)
        add("binary", "starts in ≤ 20 ms", f"{extra['start_ms']:.1f} ms", extra["start_ms"] <= 20)
        if "same_bytes" in extra:
            add("50 k tight", "same bytes with 1, 2 and 7 threads", "the same" if extra["same_bytes"] else "different",
                extra["same_bytes"])
    return table(rows) if len(rows) > 1 else ""


def page(report):
    """The results as Markdown."""
    m, v = report["machine"], report["versions"]
    parts = [
        f"# Plait beside Splink 5, {report['date']}",
        f"{m['cpu']}, {m['cores']} cores, {m['vector']}, {m['memory_gib']} GiB, {m['system']}. "
        f"{v['plait']}; Splink {v['splink']} on DuckDB {v['duckdb']}, Python {v['python']}. "
        f"{report['threads']} threads each, {report['runs']} runs in turn, load average {report['load']} at the start. "
        "Whole processes, from start to end; take the ratios, not the seconds, from a shared machine.",
        f"People from {report['generator']}. F1 is pairwise, of the people written out, over all true pairs, at the "
        "tool's own threshold (Splink: p ≥ .95); `benches/score.py`. *Best threshold* is found with the truth in hand.",
        main_table(report["results"]),
        "## Seconds per stage\nOf the run with the median time; what each tool says of itself. "
        "Splink's *predict* finds the candidate pairs and scores them.\n\n" + stage_table(report["results"]),
    ]
    bars = bar_table(report["results"], report["binary"])
    if bars:
        parts.append("## What was to be reached\n" + bars)
    if report["notes"]:
        parts.append("## Notes\n" + "\n".join(f"- {note}" for note in report["notes"]))
    return "\n\n".join(parts) + "\n"


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="50,000 records only")
    parser.add_argument("--jobs", nargs="*", choices=[*PEOPLE_JOBS, *FEBRL_JOBS], help="only these jobs")
    parser.add_argument("--tools", nargs="*", choices=["Splink", "Plait"], default=["Splink", "Plait"])
    parser.add_argument("--runs", type=int, default=3, help="how often each tool runs each job")
    parser.add_argument("--threads", default=str(min(2, len(os.sched_getaffinity(0)))))
    parser.add_argument("--plait", type=Path, default=ROOT / "target/release/plait")
    parser.add_argument("--people-generator", type=Path,
                        help="by default ../shared/bench/gen_people.py if it is there, else benches/gen_people.py")
    parser.add_argument("--febrl", type=Path, default=SHARED / "data/bench", help="directory of febrl3 and febrl4")
    parser.add_argument("--work", type=Path, default=HERE / "out", help="where data and outputs go")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="names the results")
    parser.add_argument("--no-results", action="store_true", help="print the table and write nothing")
    return parser.parse_args()


def note(text):
    """Progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)


def tools_for(job, args, generator, notes):
    """The tools that can do this job."""
    work = args.work / job.replace(" ", "_")
    tools = []
    if job in PEOPLE_JOBS:
        records, mode = PEOPLE_JOBS[job]
        people = people_directory(records, generator, args.work, note)
        warm(people)
        model = HERE / "models" / f"people_{mode}.toml"
        if "Splink" in args.tools:
            tools.append(SplinkOnPeople(people, mode, args.threads, work))
        if "Plait" in args.tools:
            if model.exists():
                tools.append(Plait(args.plait, [people / "people.parquet"], people / "truth.parquet", args.threads,
                                   work, model))
            else:
                notes.append(f"{job}: Plait not measured, there is no model {model.name}.")
        return tools
    data = args.febrl / FEBRL_JOBS[job]
    if not (data / "records.parquet").exists():
        notes.append(f"{job}: left out, its data are not here.")
        return tools
    prepared = work / "files"
    files = python("prepare_febrl.py", data, prepared).last_json()["files"]
    warm(data)
    if "Splink" in args.tools:
        tools.append(SplinkOnFebrl(FEBRL_JOBS[job], data, args.threads, work))
    if "Plait" in args.tools:
        tools.append(Plait(args.plait, [prepared / name for name in files], prepared / "truth.parquet", args.threads, work))
    return tools


def main():
    args = arguments()
    if "Plait" in args.tools and not args.plait.exists():
        sys.exit(f"there is no {args.plait.name} at the place given: build it first with `make bench`")
    args.work.mkdir(parents=True, exist_ok=True)
    shared = SHARED / "bench/gen_people.py"
    generator = args.people_generator or (shared if shared.exists() else HERE / "gen_people.py")
    own = generator.resolve() == (HERE / "gen_people.py").resolve()
    jobs = args.jobs or (QUICK if args.quick else [*PEOPLE_JOBS, *FEBRL_JOBS])
    notes, results, binary = [], {}, None
    load = f"{os.getloadavg()[0]:.1f}"
    if "Plait" in args.tools:
        binary = {"binary_mb": args.plait.stat().st_size / 1e6, "start_ms": start_of(args.plait)}
    for job in jobs:
        note(job)
        tools = tools_for(job, args, generator, notes)
        done = {}
        try:
            if tools:
                done = measure(tools, args.runs, note)
        except RuntimeError as problem:
            notes.append(f"{job}: {problem}")
            note(str(problem))
        if done:
            results[job] = done
        if job == "50 k tight" and "Plait" in done:
            binary["same_bytes"] = next(t for t in tools if t.name == "Plait").same_bytes()
    report = {
        "date": args.date,
        "machine": machine(),
        "versions": versions(args.plait if "Plait" in args.tools else None),
        "threads": args.threads,
        "runs": args.runs,
        "load": load,
        "generator": "benches/gen_people.py" if own else "the generator of the brief (gen_people.py)",
        "results": results,
        "binary": binary,
        "notes": notes,
    }
    text = page(report)
    print(text)
    if not args.no_results:
        out = HERE / "results"
        out.mkdir(exist_ok=True)
        (out / f"{args.date}.md").write_text(text)
        (out / f"{args.date}.json").write_text(json.dumps(report, indent=1) + "\n")
    if len(results) < len(jobs) and not all("left out" in text for text in notes):
        sys.exit(1)


if __name__ == "__main__":
    main()
