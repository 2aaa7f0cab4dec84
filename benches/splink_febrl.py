#!/usr/bin/env python3
"""Runs Splink 5 on FEBRL 3 or 4 with the settings of Splink's own example notebooks.

usage: splink_febrl.py febrl3|febrl4 DATA_DIR OUT_DIR [--threads N] [--also P ...]

DATA_DIR holds `records.parquet`. Writes `people.parquet` (rec_id, person_id) with the people at
p >= .95, and with `--also` one more file for each other threshold. Prints one line of JSON with the
seconds per stage and the number of candidate pairs.

The febrl4 notebook gives the comparisons for both; the febrl3 notebook the blocking and
deterministic rules of the deduplication. A million pairs for u score as well here as five million do and
take a third of the time.
"""

import argparse
import json
import logging
import warnings
from pathlib import Path

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from splink_peer import PEOPLE_AT, Stages, connect

warnings.filterwarnings("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)

FIELDS = ["given_name", "surname", "street_number", "address_1", "suburb", "postcode", "state",
          "date_of_birth", "soc_sec_id"]
U_PAIRS = 999_999
SWAPPED = "l.given_name = r.surname and l.surname = r.given_name"
SURE = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
TRAIN_ON = [block_on("date_of_birth"), block_on("postcode")]

JOBS = {
    "febrl3": {
        "link_type": "dedupe_only",
        "recall": .9,
        "sure": [*SURE, f"{SWAPPED} and l.date_of_birth = r.date_of_birth"],
        "rules": [block_on(x) for x in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")],
    },
    "febrl4": {
        "link_type": "link_only",
        "recall": .8,
        "sure": SURE,
        "rules": [block_on("given_name", "surname"), SWAPPED, block_on("date_of_birth"), block_on("soc_sec_id"),
                  block_on("state", "address_1"), block_on("street_number", "address_1"), block_on("postcode")],
    },
}


def comparisons():
    """The detailed model of the febrl4 notebook."""
    def name(column):
        return cl.NameComparison(column).configure(term_frequency_adjustments=True)

    return [
        name("given_name"),
        name("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d",
                                 invalid_dates_as_null=True),
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
    ]


def read(connection, path, link_type):
    """Loads the records, trimmed, blank as null; one table for each source when linking."""
    fields = ", ".join(f"nullif(trim({field}::varchar), '') as {field}" for field in FIELDS)
    if link_type == "dedupe_only":
        connection.execute(f"create table people as select rec_id, {fields} from read_parquet('{path}')")
        return ["people"]
    sources = [row[0] for row in connection.execute(
        f"select distinct source from read_parquet('{path}') order by 1").fetchall()]
    for number, source in enumerate(sources):
        connection.execute(f"create table source_{number} as select rec_id, {fields} from read_parquet('{path}') "
                           "where source = ?", [source])
    return [f"source_{number}" for number in range(len(sources))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--also", type=float, nargs="*", default=[], help="other thresholds for the people")
    args = parser.parse_args()
    job = JOBS[args.job]
    args.out.mkdir(parents=True, exist_ok=True)
    stages, connection = Stages(), connect(args.threads)
    tables = stages.run("read", lambda: read(connection, args.data / "records.parquet", job["link_type"]))
    settings = SettingsCreator(
        link_type=job["link_type"],
        unique_id_column_name="rec_id",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=job["rules"],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    database = DuckDBAPI(connection=connection)
    frames = [database.register(table, dataset_display_name=table) for table in tables]
    linker = stages.run("start", lambda: Linker(frames if len(frames) > 1 else frames[0], settings, log_level="ERROR"))
    training = linker.training
    stages.run("prior", lambda: training.estimate_probability_two_random_records_match(
        job["sure"], recall=job["recall"]))
    stages.run("u", lambda: training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=1))
    for number, rule in enumerate(TRAIN_ON, 1):
        stages.run(f"em {number}", lambda rule=rule: training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True))
    predictions = stages.run("predict", lambda: linker.inference.predict(threshold_match_weight=-60))

    def people(name, probability):
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predictions, threshold_match_probability=probability)
        connection.execute(f"copy (select rec_id, cluster_id as person_id from {clusters.physical_name}) "
                           f"to '{args.out}/{name}.parquet'")

    stages.run("cluster", lambda: people("people", PEOPLE_AT))
    for probability in args.also:
        people(f"people_at_{probability}", probability)
    pairs = connection.execute(f"select count(*) from {predictions.physical_name}").fetchone()[0]
    print(json.dumps({"splink": splink.__version__, "duckdb": duckdb.__version__, "mode": args.job, "pairs": pairs,
                      "people_at": PEOPLE_AT, "stages": stages.rows}))


if __name__ == "__main__":
    main()
