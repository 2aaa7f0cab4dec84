#!/usr/bin/env python3
"""Holds what Plait says about its own quality, without labels, against the truth of many boroughs.

usage: simulate.py [--boroughs N] [--children LOW HIGH] [--plait PATH] [--work DIR] [--report]

Makes N boroughs, each of its own seed and size, links each without configuration and compares:
- every estimate in `run.json`, `quality.estimates`: a list of objects with `name` and `of` (`precision` or
  `recall`; an estimate may also carry both under these keys) and `estimate`, `low`, `high`. Reported for each:
  bias, root mean squared error, how often the 95 % interval held the truth, and how wide it was;
- both probabilities in `links.parquet`, of a pair alone and with all records of its persons: expected
  calibration error over ten bins of equal width (Naeini et al. 2015), over links and pairs in review, and the
  share of links of .95 to .99 that are true. Most links are near 1 and are right, so the error of the pairs
  below .99 stands beside it.
The truth of an estimate is precision and recall of the people written out; where the estimate says
`"about": "links"` it is that of the links. `--report` writes simulated.md into DIR, which run.py takes into its page.

A borough whose run fails is counted and named, not left out silently.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from data_sets import make_borough  # noqa: E402
from measures import match_people, wilson  # noqa: E402
from run import table  # noqa: E402
from score import score  # noqa: E402

BINS = 10
PROBABILITIES = ["match_probability", "person_probability"]
FIRST_SEED = 1001


def estimates_of(said):
    """The estimates of a run as rows: name, precision or recall, estimate, low, high, and of what."""
    rows = []
    for entry in (said.get("quality") or {}).get("estimates") or []:
        about, name = entry.get("about", "people"), entry.get("name", "estimate")
        if isinstance(entry.get("estimate"), (int, float)):
            rows.append({"name": name, "of": which(entry), "about": about,
                         "estimate": entry["estimate"], "low": entry.get("low"), "high": entry.get("high")})
        for key in ("precision", "recall"):
            value = entry.get(key)
            if isinstance(value, dict) and isinstance(value.get("estimate"), (int, float)):
                rows.append({"name": name, "of": key, "about": about,
                             "estimate": value["estimate"], "low": value.get("low"), "high": value.get("high")})
    return rows


def which(entry):
    """Whether an estimate is of precision or of recall, wherever it says so."""
    for key in ("of", "measure", "figure", "what"):
        if entry.get(key) in ("precision", "recall"):
            return entry[key]
    return "recall" if "recall" in entry.get("name", "") else "precision"


def judged_links(links, truth):
    """Whether each link or pair in review is of one person."""
    entity = pd.Series(truth["entity_id"].to_numpy(), index=truth["rec_id"])
    sides = [entity.reindex(links[f"source_{side}"] + ":" + links[f"record_{side}"]).to_numpy() for side in "lr"]
    return links[[*PROBABILITIES, "decision"]].assign(true=(sides[0] == sides[1]) & pd.notna(sides[0]))


def named_as_truth(table, truth, columns):
    """The records of a table by the names that the truth has, where Plait numbered the rows of a source."""
    for source, rows in truth.groupby("source"):
        names = rows["record"].to_numpy()
        for source_column, column in columns:
            here = table[source_column] == source
            if here.any() and not set(table.loc[here, column]) <= set(names):
                table.loc[here, column] = names[table.loc[here, column].astype(int).to_numpy() - 1]
    return table


def calibration(pairs, column):
    """Counts, summed probabilities and true pairs in bins of equal width, and of the links of .95 to .99."""
    pairs = pairs.assign(probability=pairs[column])
    place = np.minimum((pairs["probability"].to_numpy() * BINS).astype(int), BINS - 1)
    true = pairs["true"].to_numpy(float)
    high = pairs[(pairs["probability"] >= .95) & (pairs["probability"] < .99) & (pairs["decision"] == "link")]
    return {"pairs": np.bincount(place, minlength=BINS).tolist(),
            "expected": np.bincount(place, pairs["probability"], BINS).tolist(),
            "true": np.bincount(place, true, BINS).tolist(),
            "high": [len(high), int(high["true"].sum())]}


def expected_calibration_error(bins):
    """How far the probabilities are from the shares that are true, weighted by pairs."""
    pairs, expected, true = (np.array(bins[key], float) for key in ("pairs", "expected", "true"))
    return float(np.abs(expected - true).sum() / max(pairs.sum(), 1))


def added(all_bins):
    """The bins of several boroughs together."""
    return {key: np.sum([bins[key] for bins in all_bins], axis=0).tolist() for key in ("pairs", "expected", "true", "high")}


def simulate_one(seed, children, args):
    """One borough: made, linked, held against its truth, and thrown away."""
    data, out = args.work / "simulated" / f"{seed}", args.work / "simulated" / f"{seed} linked"
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    data.mkdir(parents=True)
    row = {"seed": seed, "children": children}
    try:
        about = make_borough(f"borough_{children}_{seed}", data, args.plait)
        run = subprocess.run([args.plait, "link", *[data / file for file in about["files"]], "--out", out, "--no-workbook",
                              "--threads", str(args.threads)], capture_output=True, text=True, check=False)
        if run.returncode:
            return row | {"failed": (run.stderr or run.stdout).strip().splitlines()[0]}
        truth = pd.read_parquet(data / "truth.parquet")
        said = json.loads((out / "run.json").read_text())
        person = match_people(pd.read_parquet(out / "people.parquet"), truth)
        scored = score(pd.DataFrame({"person": person, "entity": truth["entity_id"].to_numpy()}))
        links = named_as_truth(pd.read_parquet(out / "links.parquet"), truth,
                               [("source_l", "record_l"), ("source_r", "record_r")])
        pairs = judged_links(links, truth)
        linked = pairs[pairs["decision"] == "link"]
        return row | {
            "people": {key: scored[key] for key in ("precision", "recall", "f1")},
            "links": {"precision": float(linked["true"].mean()), "recall": float(linked["true"].sum() / scored["true_pairs"])},
            "estimates": estimates_of(said),
            "calibration": {column: {"all": calibration(pairs, column), "links": calibration(linked, column),
                                     "unsure": calibration(pairs[pairs[column] < .99], column)} for column in PROBABILITIES},
        }
    finally:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)


def judged_estimates(rows):
    """Bias, error and coverage of every estimate, over the boroughs that have it."""
    judged = {}
    for row in rows:
        for one in row.get("estimates", []):
            truth = row["links" if one["about"] == "links" else "people"][one["of"]]
            judged.setdefault((one["name"], one["of"], one["about"]), []).append((one, truth))
    result = []
    for (name, of, about), pairs in judged.items():
        off = np.array([one["estimate"] - truth for one, truth in pairs])
        bounded = [(one, truth) for one, truth in pairs if one["low"] is not None and one["high"] is not None]
        held = sum(one["low"] <= truth <= one["high"] for one, truth in bounded)
        low, high = wilson(held, len(bounded))
        result.append({"name": name, "of": of, "about": about, "boroughs": len(pairs), "bias": float(off.mean()),
                       "bias_error": float(off.std(ddof=1) / len(off) ** .5) if len(off) > 1 else None,
                       "rmse": float((off ** 2).mean() ** .5), "covered": held, "intervals": len(bounded),
                       "coverage_low": low, "coverage_high": high,
                       "width": float(np.mean([one["high"] - one["low"] for one, _ in bounded])) if bounded else None})
    return result


def calibration_tables(column, bins):
    """How far a probability can be taken at its word, over all boroughs."""
    every, links, unsure = (added([row[of] for row in bins]) for of in ("all", "links", "unsure"))
    errors = [expected_calibration_error(row["all"]) for row in bins]
    error = expected_calibration_error(every)
    number, true = (int(value) for value in every["high"])
    low, high = wilson(true, number)
    inside = .93 <= true / number <= .995 if number else None
    lines = [["probability", "pairs", "mean probability", "share true"]]
    for place, (count, expected, n_true) in enumerate(zip(every["pairs"], every["expected"], every["true"])):
        if count:
            lines.append([f"{place / BINS:.1f}–{(place + 1) / BINS:.1f}", f"{int(count):,}", f"{expected / count:.4f}",
                          f"{n_true / count:.4f}"])
    return [table([
        [f"calibration of `{column}`", "measured", "bar", ""],
        ["expected calibration error, links and review, all boroughs together", f"{error:.4f}", "≤ 0.02",
         "met" if error <= .02 else f"**missed by {error - .02:.4f}**"],
        ["the same per borough: median, worst", f"{np.median(errors):.4f}, {max(errors):.4f}", "", ""],
        ["the same, pairs below .99 alone", f"{expected_calibration_error(unsure):.4f}", "", ""],
        ["the same, links alone", f"{expected_calibration_error(links):.4f}", "", ""],
        ["links of .95 to .99 that are true",
         f"{true:,} of {number:,} ({true / number:.1%}; {low:.1%}–{high:.1%})" if number else "there are none",
         "93–99.5 %", "–" if inside is None else "met" if inside else "**missed**"],
    ]), table(lines)]


def page(rows):
    """The simulation as Markdown."""
    done = [row for row in rows if "people" in row]
    failed = [row for row in rows if "failed" in row]
    sizes = [row["children"] for row in rows]
    parts = [f"## Estimates without labels, held against the truth of {len(done)} boroughs\n"
             f"Boroughs of {min(sizes):,} to {max(sizes):,} children, seeds {rows[0]['seed']} to {rows[-1]['seed']}. "
             + (f"{len(failed)} runs failed; the first: {failed[0]['failed']}." if failed else "No run failed.")]
    if not done:
        return parts[0]
    spread = [["true figure", "mean", "lowest", "highest"]]
    for what in ("precision", "recall", "f1"):
        values = [row["people"][what] for row in done]
        spread.append([what, f"{np.mean(values):.4f}", f"{min(values):.4f}", f"{max(values):.4f}"])
    parts.append(table(spread))
    judged = judged_estimates(done)
    if judged:
        lines = [["estimate", "of", "boroughs", "bias (± standard error)", "RMSE", "truth in the 95 % interval",
                  "mean width", "bar ≥ 90 %"]]
        for one in judged:
            inside = one["covered"] / one["intervals"] if one["intervals"] else None
            lines.append([one["name"], f"{one['of']} of {one['about']}", f"{one['boroughs']}",
                          f"{one['bias']:+.4f}" + (f" ± {one['bias_error']:.4f}" if one["bias_error"] is not None else ""),
                          f"{one['rmse']:.4f}",
                          f"{one['covered']} of {one['intervals']} ({one['coverage_low']:.0%}–{one['coverage_high']:.0%})",
                          f"{one['width']:.4f}" if one["width"] is not None else "–",
                          "–" if inside is None else "met" if inside >= .9 else f"**missed by {90 - inside * 100:.1f} points**"])
        parts.append(table(lines))
    else:
        parts.append("`run.json` of this version holds no estimates.")
    for column in PROBABILITIES:
        parts += calibration_tables(column, [row["calibration"][column] for row in done])
    return "\n\n".join(parts)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boroughs", type=int, default=200)
    parser.add_argument("--children", type=int, nargs=2, default=[2000, 5000], metavar=("LOW", "HIGH"))
    parser.add_argument("--plait", type=Path, default=HERE.parent.parent / "target/release/plait")
    parser.add_argument("--work", type=Path, default=HERE.parent / "out/quality")
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--report", action="store_true", help="write simulated.md and simulated.json into the work directory")
    args = parser.parse_args()
    args.plait, args.work = args.plait.resolve(), args.work.resolve()
    return args


def main():
    args = arguments()
    rows = []
    for number in range(args.boroughs):
        seed = FIRST_SEED + number
        children = random.Random(seed).randint(*args.children)
        rows.append(simulate_one(seed, children, args))
        print(f"borough {number + 1} of {args.boroughs}", file=sys.stderr, flush=True)
    text = page(rows)
    print(text)
    if args.report:
        (args.work / "simulated.md").write_text(text + "\n")
        (args.work / "simulated.json").write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
