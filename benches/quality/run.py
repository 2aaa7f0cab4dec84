#!/usr/bin/env python3
"""Runs Plait and its peers on the same data, scores all with the same scorer and prints one table.

usage: run.py [--tools NAME ...] [--data NAME ...] [--plait PATH] [--work DIR] [--results] [...]

Plait gets the files and nothing else, and its own threshold. What is scored are the people that it
wrote out, over all true pairs. A peer is scored at p >= .95 and again at the best of several thresholds,
chosen with the truth in hand, which a user does not have. If a peer cannot do a job, the table has its
message.

Every measurement is kept in DIR/measured and the table is made from all that are there, so parts can be
run apart and again. `--results` also writes benches/results/quality-DATE.md and .json. Only the standard
library is used here, because a process that is measured would inherit the memory of this one.
"""

import argparse
import datetime
import json
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCHES = HERE.parent
sys.path.insert(0, str(BENCHES))  # first, so that `run` is the one in benches
from run import PYTHON, SHARED, Measured, machine, note, shown, table  # noqa: E402

DATA = ["fake_1000", "febrl3", "febrl4", "people_200k", "people_1m", "borough_20k", "borough_100k"]
TITLES = {"fake_1000": "fake_1000", "febrl3": "FEBRL 3", "febrl4": "FEBRL 4"}
KINDS = ["twin", "sibling", "parent and child", "do not link", "unrelated"]

# What has to be reached: data, words, where the figure is, the bound, and whether it is a lower one.
BARS = [
    ("borough_20k", "pairwise F1", ("f1",), .998, True),
    ("borough_20k", "twin pairs wrongly joined", ("twins", "share"), .005, False),
    ("borough_20k", "do-not-link pairs joined", ("do_not_link", "joined"), 0, False),
    ("borough_20k", "largest recall gap", ("recall_gap", "gap"), .015, False),
    ("borough_100k", "pairwise F1", ("f1",), .998, True),
    ("borough_100k", "twin pairs wrongly joined", ("twins", "share"), .005, False),
    ("borough_100k", "do-not-link pairs joined", ("do_not_link", "joined"), 0, False),
    ("borough_100k", "largest recall gap", ("recall_gap", "gap"), .015, False),
    ("febrl3", "pairwise F1", ("f1",), .9995, True),
    ("febrl4", "pairwise F1", ("f1",), .9998, True),
    ("fake_1000", "pairwise F1", ("f1",), .975, True),
    ("people_200k", "pairwise F1", ("f1",), .985, True),
    ("people_200k", "precision among children", ("groups", "is_child", "True", "precision"), .98, True),
    ("people_1m", "pairwise F1", ("f1",), .975, True),
    ("people_1m", "precision among children", ("groups", "is_child", "True", "precision"), .98, True),
]


class Plait:
    """The `plait` binary, without configuration."""

    name = "Plait"

    def __init__(self, args):
        self.binary, self.threads = args.plait, args.threads

    def can(self, _data):
        """Anything."""
        return True

    def run(self, _name, data, files, out):
        """Links and names the people that it wrote."""
        shutil.rmtree(out, ignore_errors=True)
        sources = [data / file for file in files]
        run = Measured([self.binary, "link", *sources, "--out", out, "--threads", self.threads]).checked()
        said = json.loads((out / "run.json").read_text())
        counts = {key: said.get("counts", {}).get(key) for key in ("records", "candidate_pairs", "links", "reviews")}
        return run, [{"way": "no configuration, own threshold", "file": "people.parquet", "own": True}], {
            "version": said["plait"], "counts": counts, "seconds": said.get("seconds"), "quality": said.get("quality")}


class Peer:
    """A script beside this one that runs a peer and says on its last line which files of people it wrote."""

    def __init__(self, name, script, data, *options):
        self.name, self.script, self.data, self.options = name, script, data, options

    def can(self, data):
        """Whether there is a configuration for these data."""
        return any(data.startswith(prefix) for prefix in self.data)

    def run(self, name, data, files, out):
        """Links and names the people that it wrote."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        run = Measured([PYTHON, HERE / self.script, name, data, out, *self.options]).checked()
        said = run.last_json()
        return run, said.pop("people"), said


def tools(args):
    """All tools, in the order of the table."""
    threads = "--threads", str(args.threads), "--plait", str(args.plait)
    return [
        Plait(args),
        Peer("Splink 5", "splink_quality.py", ["fake_1000", "febrl", "people_", "borough_"], *threads),
        Peer("goldenmatch, zero-config", "goldenmatch_quality.py", ["fake_1000", "febrl", "people_200k", "borough_20k"],
             "--mode", "zero-config", *threads[2:]),
        Peer("goldenmatch, Fellegi–Sunter", "goldenmatch_quality.py",
             ["fake_1000", "febrl", "people_200k", "borough_20k"], "--mode", "fellegi-sunter", *threads[2:]),
    ]


def python(script, *arguments):
    """Runs one of the scripts here and returns the last line it printed as JSON."""
    return Measured([PYTHON, HERE / script, *arguments]).checked().last_json()


def data_directory(name, args):
    """A data set, made unless it is there."""
    work = args.work / "data"
    made = python("data_sets.py", name, work, "--plait", args.plait, "--public", args.public,
                  "--people-generator", args.people_generator)
    return work / name, made["files"]


def measure(tool, name, data, files, args):
    """Runs one tool on one set and scores every file of people that it wrote."""
    out = args.work / "linked" / f"{name} {tool.name}"
    entry = {"data": name, "tool": tool.name, "at": datetime.datetime.now().isoformat(timespec="minutes")}
    try:
        run, people, said = tool.run(name, data, files, out)
    except (RuntimeError, OSError) as problem:
        return entry | {"failed": str(problem)}
    files = [out / row.pop("file") for row in people]
    rows = [row | {"score": brief} for row, brief in zip(people, python("measures.py", data, *files, "--brief"))]
    shown = {id(row) for row, _ in shown_rows({"rows": rows})}
    shown_in_full = [number for number, row in enumerate(rows) if id(row) in shown]
    for number, score in zip(shown_in_full, python("measures.py", data, *[files[number] for number in shown_in_full])):
        rows[number]["score"] = score
    return entry | {"wall": run.wall, "cpu": run.cpu, "peak_mb": run.peak_mb, "said": said, "rows": rows}


def kept(args):
    """All measurements in the work directory, in the order of the table."""
    found = [json.loads(file.read_text()) for file in sorted((args.work / "measured").glob("*.json"))]
    order = [tool.name for tool in tools(args)]
    return sorted(found, key=lambda entry: (place(entry["data"], DATA), entry["data"], place(entry["tool"], order)))


def place(value, order):
    """Where a value stands in a list; those that are not in it come last."""
    return order.index(value) if value in order else len(order)


def shown_rows(entry):
    """Of each way of a tool the row at its own threshold and the one that the truth favours."""
    ways = {}
    for row in entry["rows"]:
        ways.setdefault(row["way"], []).append(row)
    for rows in ways.values():
        own = next((row for row in rows if row.get("own")), rows[0])
        yield own, False
        best = max(rows, key=lambda row: row["score"]["f1"])
        if best is not own and best["score"]["f1"] > own["score"]["f1"]:
            yield best, True


def way_of(row, best):
    """What was done, in words."""
    threshold = f", p ≥ {row['threshold']:g}" if "threshold" in row else ""
    return f"{row['way']}{threshold}{' (best, with the truth in hand)' if best else ''}"


def share_of(value):
    """A count of a total with its share."""
    return f"{value['joined']} of {value['of']} ({value['share']:.2%})" if value else "–"


def main_table(entries):
    """Every tool on every set."""
    rows = [["data", "tool", "precision", "recall", "F1 (95 %)", "cluster F1", "B-cubed F1", "s", "CPU s", "peak MB"]]
    for entry in entries:
        title = TITLES.get(entry["data"], entry["data"].replace("_", " "))
        if "failed" in entry:
            message = " ".join(entry["failed"].split()).replace("|", "\\|")
            rows.append([title, entry["tool"], f"could not: {message}", *[""] * 7])
            continue
        for row, best in shown_rows(entry):
            score = row["score"]
            spread = score.get("interval", {}).get("f1")
            spread = f" ({spread[0]:.4f}–{spread[1]:.4f})" if spread else ""
            bold = "**" if entry["tool"] == "Plait" else ""
            took = row.get("took") or ({} if best else entry)
            rows.append([title, f"{entry['tool']}: {way_of(row, best)}", f"{score['precision']:.4f}",
                         f"{score['recall']:.4f}", f"{bold}{score['f1']:.4f}{bold}{spread}", f"{score['exact']['f1']:.4f}",
                         f"{score['b_cubed']['f1']:.4f}", shown(took.get("wall"), ".1f"), shown(took.get("cpu"), ".1f"),
                         shown(took.get("peak_mb"), ",.0f")])
    return table(rows)


def borough_table(entries):
    """Who was wrongly joined, and the widest gap between groups."""
    rows = [["data", "tool", "twin pairs joined", "do-not-link joined", *(f"false pairs: {kind}" for kind in KINDS),
             "largest recall gap", "between"]]
    for entry in entries:
        if "rows" not in entry or not entry["data"].startswith("borough"):
            continue
        for row, best in shown_rows(entry):
            score = row["score"]
            kinds, gap = score.get("false_pairs"), score.get("recall_gap")
            rows.append([entry["data"].replace("_", " "), f"{entry['tool']}: {way_of(row, best)}",
                         share_of(score.get("twins")), share_of(score.get("do_not_link")),
                         *(f"{kinds[kind]:,}" if kinds else "–" for kind in KINDS),
                         f"{gap['gap'] * 100:.2f} points" if gap else "–",
                         f"{gap['column']}: {gap['worst']} {gap['worst_recall']:.4f}, {gap['best']} "
                         f"{gap['best_recall']:.4f}" if gap else "–"])
    return table(rows) if len(rows) > 1 else ""


def best_row(entry):
    """The row with the best F1."""
    return max(entry["rows"], key=lambda row: row["score"]["f1"])


def group_table(entries, name):
    """Recall and precision of every large group, Plait beside the best of the peers."""
    scored = [entry for entry in entries if entry["data"] == name and "rows" in entry
              and "groups" in best_row(entry)["score"]]
    plait = next((entry for entry in scored if entry["tool"] == "Plait"), None)
    if not plait:
        return ""
    peers = [entry for entry in scored if entry is not plait]
    peer = max(peers, key=lambda entry: best_row(entry)["score"]["f1"], default=None)
    mine = best_row(plait)["score"]["groups"]
    theirs = best_row(peer)["score"]["groups"] if peer else {}
    rows = [["column", "group", "people", "true pairs", "Plait recall (95 %)", "Plait precision",
             *([f"{peer['tool']} recall", f"{peer['tool']} precision"] if peer else [])]]
    for column, found in mine.items():
        for group in sorted(found, key=lambda text: (not text.isdigit(), text.zfill(4))):
            one = found[group]
            if one["people"] < 100:
                continue
            other = theirs.get(column, {}).get(group)
            rows.append([column.replace("_", " "), group, f"{one['people']:,}", f"{one['true_pairs']:,}",
                         f"{one['recall']:.4f} ({one['recall_low']:.4f}–{one['recall_high']:.4f})",
                         shown(one["precision"], ".4f"),
                         *([f"{other['recall']:.4f}", shown(other["precision"], ".4f")] if other else []),
                         *(["–", "–"] if peer and not other else [])])
    return table(rows)


def children_table(entries):
    """Children and adults of the generated people."""
    rows = [["data", "tool", "children: precision", "children: recall", "adults: precision", "adults: recall"]]
    for entry in entries:
        if "rows" not in entry or not entry["data"].startswith("people_"):
            continue
        for row, best in shown_rows(entry):
            by = row["score"].get("groups", {}).get("is_child")
            if by:
                rows.append([entry["data"].replace("_", " "), f"{entry['tool']}: {way_of(row, best)}",
                             *(shown(by[who][what], ".4f") for who in ("True", "False") for what in ("precision", "recall"))])
    return table(rows) if len(rows) > 1 else ""


def dig(value, path):
    """What is at a path of keys; None if it is not there."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def bar_table(entries):
    """What was to be reached and by how much it was missed."""
    rows = [["data", "to reach", "measured", ""]]

    def add(name, words, wanted, measured, met, by):
        rows.append([name.replace("_", " "), f"{words} {wanted}", measured, "met" if met else f"**missed by {by}**"])

    plait = {entry["data"]: entry["rows"][0]["score"] for entry in entries if entry["tool"] == "Plait" and "rows" in entry}
    for name, words, path, bound, lower in BARS:
        value = dig(plait.get(name), path)
        if value is not None:
            add(name, words, f"{'≥' if lower else '≤'} {bound:g}", f"{value:.4f}" if isinstance(value, float) else f"{value}",
                value >= bound if lower else value <= bound, f"{abs(value - bound):.4g}")
    for name in ("borough_20k", "borough_100k"):
        splink = [row["score"]["f1"] for entry in entries if entry["data"] == name and entry["tool"] == "Splink 5"
                  for row in entry.get("rows", []) if "best links" in row["way"]]
        if splink and name in plait:
            add(name, "F1 above Splink's best links,", f"{max(splink):.4f}", f"{plait[name]['f1']:.4f}",
                plait[name]["f1"] > max(splink), f"{max(splink) - plait[name]['f1']:.4f}")
    return table(rows) if len(rows) > 1 else ""


def page(report):
    """The results as Markdown."""
    m, entries = report["machine"], report["measured"]
    versions = "; ".join(f"{tool} {version}" for tool, version in report["versions"].items())
    parts = [
        f"# Quality: Plait beside its peers, {report['date']}",
        f"{m['cpu']}, {m['cores']} cores, {m['vector']}, {m['memory_gib']} GiB, {m['system']}. {versions}. "
        f"{report['threads']} threads. `make bench-quality` measures this again; `benches/README.md` says how.",
        "Pairwise precision, recall and F1 of the people written out, over all true pairs; *cluster F1* of people who "
        "have all records of an entity and no other. Intervals are 95 %, by bootstrap of families. Plait had no configuration "
        "and its own threshold. Seconds are of whole processes on a shared machine.",
        main_table(entries),
    ]
    sections = [
        ("What was to be reached", bar_table(entries)),
        ("Boroughs: who was wrongly joined", borough_table(entries)),
        ("Generated people: children and adults", children_table(entries)),
        ("Borough of 100,000 children, by group", group_table(entries, "borough_100k")),
        ("Borough of 20,000 children, by group", group_table(entries, "borough_20k")),
    ]
    parts += [f"## {title}\n{text}" for title, text in sections if text]
    if report["simulated"]:
        parts.append(report["simulated"].strip())
    if report["notes"]:
        parts.append("## Notes\n" + "\n".join(f"- {text}" for text in report["notes"]))
    return "\n\n".join(parts) + "\n"


def rounded(value):
    """The same with six decimals, because the file is kept."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


def versions(entries):
    """The version of every tool that was measured."""
    return {entry["tool"].split(",")[0].removesuffix(" 5"): entry["said"]["version"] for entry in entries if "version" in entry.get("said", {})}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", nargs="*", default=["Plait", "Splink", "goldenmatch"],
                        help="the beginnings of their names; none to print what is kept")
    parser.add_argument("--data", nargs="*", default=DATA, help="sets, of those and borough_N, borough_N_SEED, people_N")
    parser.add_argument("--plait", type=Path, default=BENCHES.parent / "target/release/plait")
    parser.add_argument("--work", type=Path, default=BENCHES / "out/quality", help="where data, outputs and figures go")
    parser.add_argument("--public", type=Path, default=SHARED / "data/bench", help="directory of fake_1000, febrl3, febrl4")
    parser.add_argument("--people-generator", type=Path,
                        help="by default ../shared/bench/gen_people.py if it is there, else benches/gen_people.py")
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--keep", action="store_true", help="do not measure again what is kept, unless it failed")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="names the results")
    parser.add_argument("--note", action="append", default=[], help="what a reader of the results must know")
    parser.add_argument("--results", action="store_true", help="write the results beside the other ones")
    args = parser.parse_args()
    shared = SHARED / "bench/gen_people.py"
    args.people_generator = args.people_generator or (shared if shared.exists() else BENCHES / "gen_people.py")
    args.plait, args.work = args.plait.resolve(), args.work.resolve()
    return args


def main():
    args = arguments()
    measured = args.work / "measured"
    measured.mkdir(parents=True, exist_ok=True)
    for name in args.data:
        chosen = [tool for tool in tools(args) if tool.can(name) and any(tool.name.startswith(t) for t in args.tools)]
        if not chosen:
            continue
        try:
            data, files = data_directory(name, args)
        except RuntimeError as problem:
            note(f"{name} left out: {problem}")
            continue
        for tool in chosen:
            file = measured / f"{name} {tool.name}.json"
            if args.keep and file.exists() and "failed" not in json.loads(file.read_text()):
                continue
            note(f"{name}: {tool.name}")
            entry = measure(tool, name, data, files, args)
            file.write_text(json.dumps(entry, indent=1) + "\n")
    entries = kept(args)
    simulated = args.work / "simulated.md"
    report = {
        "date": args.date,
        "machine": machine(),
        "versions": versions(entries),
        "threads": args.threads,
        "measured": entries,
        "simulated": simulated.read_text() if simulated.exists() else "",
        "notes": args.note,
    }
    text = page(report)
    print(text)
    if args.results:
        out = BENCHES / "results"
        (out / f"quality-{args.date}.md").write_text(text)
        (out / f"quality-{args.date}.json").write_text(json.dumps(rounded(report)) + "\n")


if __name__ == "__main__":
    main()
