#!/usr/bin/env python3
"""Measures the people that a linkage wrote out: how good, what kind of wrong, and for whom.

usage: measures.py DATA_DIR PEOPLE ... [--brief]

DATA_DIR is one that data_sets.py made. PEOPLE is a Parquet file with `person_id` and the records named
by `rec_id`, or by `source` and `record` as Plait names them. Prints one line of JSON, a list with the figures
of each file; with `--brief` only those of score.py.

Besides the figures of score.py:
- intervals: 95 %, by a Poisson bootstrap that draws whole families, or entities where no families are
  known, because mistakes about brothers and sisters come together (Chamandy et al. 2012, Estimating
  uncertainty for massive data streams);
- false pairs by what the two people are to each other;
- twin pairs and do-not-link pairs that have a person in common, counted once for each pair of people;
- recall and precision by group. A true pair is in the group of its entity, a false pair in those of
  both. The gap is between the best and the worst recall of groups of one column that have 500 people or more.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from score import match_records, score, share  # noqa: E402

SMALLEST_GROUP = 500
DRAWS = 400
# Kinds of false pairs need every pair of people who share a person; a tool that puts thousands into one has too many.
MOST_ENTITY_PAIRS = 20_000_000
KINDS = ["do not link", "twin", "sibling", "parent and child", "unrelated"]


def pairs(counts):
    """How many pairs there are within groups of these sizes."""
    return counts * (counts - 1) // 2


def by_entity(table):
    """Per entity the pairs of its records that exist and that were found."""
    true = pairs(table.groupby("entity").size())
    found = pairs(table.groupby(["person", "entity"]).size()).groupby("entity").sum()
    return pd.DataFrame({"true": true, "found": found})


def joined_entities(table):
    """Pairs of entities that have a person in common, with how many false pairs of records each makes.

    None where there are too many to list.
    """
    sizes = table.groupby(["person", "entity"]).size().rename("records").reset_index()
    mixed = sizes[sizes.groupby("person")["entity"].transform("size") > 1]
    per_person = mixed.groupby("person").size().to_numpy(np.float64)
    if (per_person * (per_person - 1) / 2).sum() > MOST_ENTITY_PAIRS:
        return None
    both = mixed.merge(mixed, on="person", suffixes=("_l", "_r"))
    both = both[both["entity_l"] < both["entity_r"]]
    both["pairs"] = both["records_l"] * both["records_r"]
    return both.groupby(["entity_l", "entity_r"])["pairs"].sum().reset_index()


def as_pairs(left, right):
    """Two columns of entities as a set of pairs, the smaller first."""
    return {(min(a, b), max(a, b)) for a, b in zip(left, right)}


def false_pair_kinds(joined, people, twins, apart):
    """False pairs of records by what the two entities are to each other."""
    counts = dict.fromkeys(KINDS, 0)
    family, mother = people["family"].to_dict(), set(people.index[people["kind"] == "mother"])
    for left, right, number in joined.itertuples(index=False):
        if (left, right) in apart:
            kind = "do not link"
        elif (left, right) in twins:
            kind = "twin"
        elif pd.isna(family.get(left)) or family.get(left) != family.get(right):
            kind = "unrelated"
        elif left in mother or right in mother:
            kind = "parent and child"
        else:
            kind = "sibling"
        counts[kind] += int(number)
    return counts


def share_joined(pairs_of_people, joined, present):
    """How many of these pairs of people, both of whom have records, were put into one person."""
    possible = {pair for pair in pairs_of_people if pair[0] in present and pair[1] in present}
    wrong = possible & as_pairs(joined["entity_l"], joined["entity_r"])
    low, high = wilson(len(wrong), len(possible))
    return {"joined": len(wrong), "of": len(possible), "share": share(len(wrong), len(possible)), "low": low, "high": high}


def wilson(part, whole, z=1.959964):
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    if not whole:
        return 0.0, 1.0
    p = part / whole
    middle, spread = p + z * z / (2 * whole), z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def groups(entities, people, joined, column):
    """Recall and precision of every group of a column."""
    value = people[column]
    own = entities.groupby(value.reindex(entities.index)).sum()
    size = value.value_counts()
    left, right = value.reindex(joined["entity_l"]).to_numpy(), value.reindex(joined["entity_r"]).to_numpy()
    rows = {}
    for group, row in own.iterrows():
        wrong = int(joined["pairs"][(left == group) | (right == group)].sum())
        low, high = wilson(int(row["found"]), int(row["true"]))
        rows[str(group)] = {
            "people": int(size[group]),
            "true_pairs": int(row["true"]),
            "recall": share(int(row["found"]), int(row["true"])),
            "recall_low": low,
            "recall_high": high,
            "precision": share(int(row["found"]), int(row["found"]) + wrong) if row["found"] + wrong else None,
        }
    return rows


def recall_gap(by_column):
    """The widest gap in recall between two large groups of one column; None if no column has two."""
    widest = None
    for column, rows in by_column.items():
        large = {group: row["recall"] for group, row in rows.items()
                 if row["people"] >= SMALLEST_GROUP and row["true_pairs"]}
        if len(large) < 2:
            continue
        worst, best = min(large, key=large.get), max(large, key=large.get)
        gap = large[best] - large[worst]
        if widest is None or gap > widest["gap"]:
            widest = {"gap": gap, "column": column, "worst": worst, "best": best,
                      "worst_recall": large[worst], "best_recall": large[best]}
    return widest


def intervals(entities, joined, unit, seed=1):
    """95 % intervals of precision, recall and F1; a false pair counts half for each of its two people."""
    units = pd.factorize(unit)[0]
    place = pd.Series(units, index=unit.index)
    count = units.max() + 1
    at = place.reindex(entities.index).to_numpy()
    true = np.bincount(at, entities["true"], count)
    found = np.bincount(at, entities["found"], count)
    wrong = sum(np.bincount(place.reindex(joined[side]).to_numpy(), joined["pairs"] / 2, count)
                for side in ("entity_l", "entity_r"))
    sums = np.stack([true, found, wrong], axis=1)
    rng = np.random.default_rng(seed)
    drawn = np.array([rng.poisson(1, count) @ sums for _ in range(DRAWS)])
    precision = drawn[:, 1] / np.maximum(drawn[:, 1] + drawn[:, 2], 1)
    recall = drawn[:, 1] / np.maximum(drawn[:, 0], 1)
    f1 = 2 * drawn[:, 1] / np.maximum(drawn[:, 0] + drawn[:, 1] + drawn[:, 2], 1)
    return {name: [float(x) for x in np.quantile(values, [.025, .975])]
            for name, values in (("precision", precision), ("recall", recall), ("f1", f1))}


def people_of(truth, columns):
    """One row for each entity: its groups, family and kind; empty is unknown."""
    return truth.groupby("entity_id")[columns].first()


def measure(people, truth, group_columns, twins=None, apart=None):
    """All figures of people written out. `twins` and `apart` are sets of pairs of entities."""
    person = match_people(people, truth)
    table = pd.DataFrame({"person": person, "entity": truth["entity_id"].to_numpy()})
    result = score(table)
    result["missing"] = int((person < 0).sum())
    known = [*group_columns, *(name for name in ("family", "kind") if name in truth.columns)]
    about = people_of(truth, known) if known else pd.DataFrame(index=pd.Index(truth["entity_id"].unique()))
    entities, joined = by_entity(table), joined_entities(table)
    if joined is None:
        return result
    unit = about["family"].fillna(about.index.to_series()) if "family" in about else about.index.to_series()
    result["interval"] = intervals(entities, joined, unit)
    if "family" in about:
        result["false_pairs"] = false_pair_kinds(joined, about, twins or set(), apart or set())
    present = set(truth["entity_id"])
    if twins is not None:
        result["twins"] = share_joined(twins, joined, present)
    if apart is not None:
        result["do_not_link"] = share_joined(apart, joined, present)
    counted = about[about["kind"] == "child"] if "kind" in about else about
    result["groups"] = {column: groups(entities.loc[counted.index], counted, joined, column) for column in group_columns}
    result["recall_gap"] = recall_gap(result["groups"])
    return result


def match_people(people, truth):
    """The person of each record of the truth, negative where the people lack the record.

    Where Plait saw no column that names the records of a source it numbers its rows from 1.
    """
    if "rec_id" in people.columns or not {"record", "source"} <= set(truth.columns):
        return match_records(people, truth, "rec_id" if "rec_id" in people.columns else "record")
    named = truth["record"].copy()
    for source, rows in truth.groupby("source").groups.items():
        theirs = set(people["record"][people["source"] == source])
        if theirs and not theirs <= set(named[rows]):
            named[rows] = [str(row) for row in range(1, len(rows) + 1)]
    return match_records(people.assign(rec_id=people["source"] + ":" + people["record"]),
                         truth.assign(rec_id=truth["source"] + ":" + named), "rec_id")


def read_pairs(file):
    """The pairs of entities of a table, or None if there is no table."""
    if not file.exists():
        return None
    table = pd.read_csv(file, dtype=str)
    return as_pairs(table["entity_l"], table["entity_r"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("people", type=Path, nargs="+")
    parser.add_argument("--brief", action="store_true", help="precision, recall and F1 only")
    args = parser.parse_args()
    columns = json.loads((args.data / "data.json").read_text())["groups"]
    truth = pd.read_parquet(args.data / "truth.parquet")
    twins, apart = (read_pairs(args.data / name) for name in ("twins.csv", "do_not_link.csv"))
    found = []
    for file in args.people:
        people = pd.read_parquet(file)
        if args.brief:
            found.append(score(pd.DataFrame({"person": match_people(people, truth), "entity": truth["entity_id"]})))
        else:
            found.append(measure(people, truth, columns, twins, apart))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
