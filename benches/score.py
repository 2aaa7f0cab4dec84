#!/usr/bin/env python3
"""Scores the people that a linkage wrote out against the truth.

usage: score.py PEOPLE TRUTH [--id COLUMN] [--between COLUMN]

PEOPLE is a Parquet file with a record column and `person_id`; TRUTH one with `rec_id` and
`entity_id`. Prints one line of JSON.

A pair of records is *found* if both have the same person, *true* if both have the same entity.
Precision is the share of found pairs that are true, recall the share of all true pairs that are
found, F1 their harmonic mean. Every true pair counts, also those that blocking never brought
together. With `--between` a pair counts only if its records differ in that column of TRUTH, which
is how a link of two sources is scored. B-cubed is the same idea record by record: of the records
that share my person, how many are mine; of those that are mine, how many share my person. *Exact* counts
people that have all records of an entity and no other.
"""

import argparse
import json
from pathlib import Path

import pandas as pd


def pairs(counts):
    """How many pairs there are within groups of these sizes."""
    return int((counts * (counts - 1) // 2).sum())


def pairs_within(table, columns, between=None):
    """Pairs of records that agree on the columns and, if asked, come from different sources."""
    total = pairs(table.groupby(columns).size())
    if between:
        total -= pairs(table.groupby([*columns, between]).size())
    return total


def share(part, whole):
    """part / whole, and 0 where there is nothing."""
    return part / whole if whole else 0.0


def harmonic(precision, recall):
    """The harmonic mean of two shares."""
    return share(2 * precision * recall, precision + recall)


def score(table, between=None):
    """Scores a table with a row for each record: `person`, `entity` and perhaps a source."""
    found = pairs_within(table, ["person"], between)
    true = pairs_within(table, ["entity"], between)
    both = pairs_within(table, ["person", "entity"], between)
    precision, recall = share(both, found), share(both, true)

    together = table.groupby(["person", "entity"])["entity"].transform("size")
    in_person = table.groupby("person")["person"].transform("size")
    in_entity = table.groupby("entity")["entity"].transform("size")
    b_precision, b_recall = float((together / in_person).mean()), float((together / in_entity).mean())
    whole = (together == in_person) & (together == in_entity)
    exact, people, entities = int((whole / in_entity).sum() + .5), table["person"].nunique(), table["entity"].nunique()
    return {
        "precision": precision,
        "recall": recall,
        "f1": harmonic(precision, recall),
        "b_cubed": {"precision": b_precision, "recall": b_recall, "f1": harmonic(b_precision, b_recall)},
        "exact": {"precision": share(exact, people), "recall": share(exact, entities),
                  "f1": share(2 * exact, people + entities)},
        "found_pairs": found,
        "true_pairs": true,
        "records": len(table),
        "people": int(people),
        "entities": int(entities),
    }


def match_records(people, truth, column):
    """The person of each record of the truth; a record that is missing from PEOPLE stands alone.

    PEOPLE names its records by `rec_id`. If it saw no identifier it numbers the rows of each source
    from 1; then they are found by source and row, for which TRUTH may have these columns.
    """
    wanted = truth["rec_id"].astype(str)
    keys = people[column].astype(str)
    if not set(keys) <= set(wanted) or keys.duplicated().any():
        row = truth["row"] if "row" in truth.columns else pd.Series(range(1, len(truth) + 1))
        wanted = row.astype(str)
        if "source" in truth.columns and "source" in people.columns:
            wanted = truth["source"] + " " + wanted
            keys = people["source"] + " " + keys
    if not set(keys) <= set(wanted) or keys.duplicated().any():
        raise SystemExit("the records of the people are not those of the truth, or one is there twice")
    person = pd.Series(pd.factorize(people["person_id"])[0], index=keys).reindex(wanted).to_numpy(float, copy=True)
    alone = pd.isna(person)
    person[alone] = [-1.0 - number for number in range(alone.sum())]
    return person


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--id", help="the record column of PEOPLE; `rec_id` or `record` if not given")
    parser.add_argument("--between", help="a column of TRUTH that must differ within a pair")
    args = parser.parse_args()
    people, truth = pd.read_parquet(args.people), pd.read_parquet(args.truth)
    column = args.id or ("rec_id" if "rec_id" in people.columns else "record")
    table = pd.DataFrame({"person": match_records(people, truth, column), "entity": truth["entity_id"].to_numpy()})
    if args.between:
        table[args.between] = truth[args.between].to_numpy()
    result = score(table, args.between)
    result["missing"] = int((table["person"] < 0).sum())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
