#!/usr/bin/env python3
"""Holds the match weights of Plait against Splink's own, pair by pair, on 100,000 pairs.

usage: splink_weights.py make OUT_DIR      with Splink: make up people, train a model, score pairs
       splink_weights.py compare OUT_DIR   with the Python package plait: weigh the same pairs with the same model

`make` writes `people.csv`, `settings.json`, as `linker.misc.save_model_to_json` saves it, and `pairs.csv` with
Splink's weight of each pair. `compare` prints the greatest difference in bits, and fails where it is above 1e-6.

The values are such that standardising them changes nothing that is compared or counted: Splink compares values as
they stand. Edits are of plain letters, which DuckDB counts as Plait does.
"""

import csv
import json
import random
import sys
from pathlib import Path

PEOPLE = 6_000
PAIRS = 100_000
CLOSE = 1e-6
SEED = 20261130
SYLLABLES = ["ba", "den", "ka", "li", "mor", "na", "os", "ra", "sel", "ti", "un", "vi", "wes", "yo", "zan"]
TOWNS = ["northam", "eastley", "westerby", "southwold", "midford"]


def people(rng):
    """Made-up people, a third of them once more with errors. Common names are common."""
    def name(parts):
        return "".join(rng.choice(SYLLABLES) for _ in range(parts))

    forenames, surnames = [name(2) for _ in range(150)], [name(3) for _ in range(400)]
    rows = []
    for _ in range(PEOPLE * 3 // 4):
        row = {
            "first_name": forenames[min(int(rng.expovariate(1 / 30)), 149)],
            "surname": surnames[min(int(rng.expovariate(1 / 80)), 399)],
            "dob": f"{rng.randint(1950, 2009)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            "city": rng.choice(TOWNS),
        }
        rows.append(row)
        if rng.random() < 1 / 3:
            rows.append(altered(rng, row))
    rng.shuffle(rows)
    return [{"unique_id": 100_000 + at, **row} for at, row in enumerate(rows)]


def altered(rng, row):
    copy = dict(row)
    for field in ("first_name", "surname"):
        if rng.random() < .3:
            at = rng.randrange(len(copy[field]) - 1)
            copy[field] = copy[field][:at] + rng.choice("aeioulnrst") + copy[field][at + 1:]
    year, month, day = copy["dob"].split("-")
    if rng.random() < .2:
        copy["dob"] = f"{year}-{month}-{rng.randint(1, 28):02d}"
    if rng.random() < .2:
        copy["city"] = rng.choice(TOWNS)
    for field in ("first_name", "dob", "city"):
        if rng.random() < .08:
            copy[field] = None
    return copy


def make(out):
    import duckdb
    import splink
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rows = people(random.Random(SEED))
    with open(out / "people.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    connection = duckdb.connect()
    connection.execute(f"create table people as select * from read_csv('{out / 'people.csv'}', all_varchar = true)")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("first_name", [.92, .8]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("surname", [1, 2]).configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("dob", [1]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on(x) for x in ("surname", "first_name", "dob")],
        retain_intermediate_calculation_columns=True,
    )
    db = DuckDBAPI(connection=connection)
    linker = Linker(db.register("people", dataset_display_name="people"), settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match([block_on("first_name", "surname", "dob")], recall=.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    for rule in (block_on("dob"), block_on("surname", "first_name")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    linker.misc.save_model_to_json(str(out / "settings.json"), overwrite=True)
    found = linker.inference.predict()
    # the strongest pairs and as many of the others: links are few among strangers
    connection.execute(
        f"copy (with p as (select unique_id_l, unique_id_r, match_weight from {found.physical_name}), "
        f"strong as (select * from p order by match_weight desc, unique_id_l, unique_id_r limit {PAIRS // 5}), "
        f"weak as (select * from p anti join strong using (unique_id_l, unique_id_r) "
        f"order by hash(unique_id_l || ' ' || unique_id_r), unique_id_l limit {PAIRS - PAIRS // 5}) "
        f"from strong union all from weak) to '{out / 'pairs.csv'}' (header)"
    )
    print(f"Splink {splink.__version__}: {out / 'pairs.csv'}")


def compare(out):
    """The greatest difference in bits, and of how many pairs."""
    import plait
    import pyarrow
    import pyarrow.csv

    pairs = pyarrow.csv.read_csv(out / "pairs.csv")
    ids = {side: pairs[f"unique_id_{side}"].cast(pyarrow.string()) for side in "lr"}
    model = plait.Model.from_splink(out / "settings.json")
    linkage = plait.link({"people": out / "people.csv"}, model=model, progress=False)
    weighed = linkage.weights(pyarrow.table({"record_l": ids["l"], "record_r": ids["r"]})).to_pyarrow()
    splinks = pairs["match_weight"].to_pylist()
    differences = [abs(own - other) for own, other in zip(weighed["match_weight"].to_pylist(), splinks)]
    return max(differences), len(differences)


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("make", "compare"):
        sys.exit(__doc__)
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    if sys.argv[1] == "make":
        make(out)
        return
    greatest, n = compare(out)
    print(json.dumps({"pairs": n, "greatest_difference_bits": greatest}))
    if greatest > CLOSE:
        sys.exit(f"weights differ by more than {CLOSE} bits")


if __name__ == "__main__":
    main()
