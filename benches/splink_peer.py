#!/usr/bin/env python3
"""Runs Splink 5 on a directory of generated people, as the peer that Plait is measured against.

usage: splink_peer.py PEOPLE_DIR OUT_DIR tight|loose [--threads N] [--count | --also P ...]

Reads `people.parquet`, trains, scores, clusters and writes `people.parquet` (rec_id, person_id),
`links.parquet` and `model.json` in OUT_DIR. Prints one line of JSON: seconds, CPU seconds and peak
memory per stage. The time of the whole process is for the caller to take.
`--count` only counts the candidate pairs of the blocking rules and does nothing else, because
Splink does not count them on the way. `--also` writes `people_at_P.parquet` for other thresholds,
for a run that is not timed, so that Splink's best threshold can be found with the truth in hand.

The comparisons and the blocking rules are those of models/people_tight.toml and people_loose.toml.
What was tuned, measured on 1 M records, tight, two cores: EM on at most half a million pairs a pass
(by default it takes all of them, which costs 5 s and gains nothing); u from a million pairs in four
chunks (1.8 s; five million take 3.6 s in ten chunks and 8.6 s in one, and F1 is lower by .003;
300,000 take .9 s and F1 is lower by .007); DuckDB need not keep the order of rows. The whole process
went from 15 s to 7 s. The order of the rules makes no difference.
"""

import argparse
import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path

import duckdb
import splink
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

warnings.filterwarnings("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)

TIGHT = [("forename", "dob"), ("surname", "dob"), ("postcode", "surname"), ("forename", "postcode"), ("email",)]
LOOSE = [*TIGHT, ("dob",), ("surname", "sector"), ("forename", "sector")]
RULES = {"tight": TIGHT, "loose": LOOSE}
PEOPLE_AT = .95
LINKS_AT = .5

READ = """
create table people as
select rec_id, forename, surname, sex, dob, postcode, town, email,
       (try_cast(dob as date) - date '1900-01-01')::integer as day,
       case when length(postcode) > 4 then left(postcode, length(postcode) - 2) end as sector,
       split_part(postcode, ' ', 1) as district
from read_parquet('{path}')
"""


def levels(name, *between):
    """A comparison: null, the given levels, everything else."""
    return cl.CustomComparison(output_column_name=name,
                               comparison_levels=[cll.NullLevel(name), *between, cll.ElseLevel()])


def name(column):
    """A name: exact with term frequency, then three grades of Jaro-Winkler."""
    grades = [cll.JaroWinklerLevel(column, grade) for grade in (.92, .88, .7)]
    return levels(column, cll.ExactMatchLevel(column, term_frequency_adjustments=True), *grades)


def within(days, what):
    """Two dates of birth at most so many days apart."""
    return cll.CustomLevel(f"abs(day_l - day_r) <= {days}", label_for_charts=what)


def comparisons():
    """The seven comparisons of the people jobs."""
    return [
        name("forename"),
        name("surname"),
        levels("dob", cll.ExactMatchLevel("dob"), cll.DamerauLevenshteinLevel("dob", 1),
               within(31, "within a month"), within(366, "within a year")),
        levels("postcode", *[cll.ExactMatchLevel(part) for part in ("postcode", "sector", "district")]),
        cl.ExactMatch("email"),
        cl.ExactMatch("town").configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ]


class Stages:
    """Seconds, CPU seconds and peak memory so far of each stage, in order."""

    def __init__(self):
        self.rows = {}

    def run(self, stage, work):
        """Does the work and notes what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.rows[stage] = {
            "wall": round(time.perf_counter() - wall, 3),
            "cpu": round(time.process_time() - cpu, 3),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
        return result


def connect(threads):
    """A DuckDB connection in memory, set for speed."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads}")
    connection.execute("set preserve_insertion_order = false")
    return connection


def count_pairs(people, mode, threads):
    """How many pairs of records the blocking rules bring together."""
    connection = connect(threads)
    connection.execute(READ.format(path=people))
    rules = " union ".join(
        "select a.rec_id, b.rec_id from people a join people b on "
        + " and ".join(f"a.{column} = b.{column}" for column in rule) + " and a.rec_id < b.rec_id"
        for rule in RULES[mode])
    return connection.execute(f"select count(*) from ({rules})").fetchone()[0]


def link(people, out, mode, args):
    """Trains, scores, clusters and writes. Returns what each stage took."""
    stages = Stages()
    connection = connect(args.threads)
    stages.run("read", lambda: connection.execute(READ.format(path=people)))
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES[mode]],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    database = DuckDBAPI(connection=connection)
    linker = stages.run("start", lambda: Linker(database.register("people"), settings, log_level="ERROR"))
    training = linker.training
    sure = [block_on("forename", "surname", "dob"), block_on("email")]
    stages.run("prior", lambda: training.estimate_probability_two_random_records_match(sure, recall=.7))
    stages.run("u", lambda: training.estimate_u_using_random_sampling(
        max_pairs=args.u_pairs, seed=1, num_chunks=args.u_chunks))
    for number, rule in enumerate((("forename", "surname", "sex"), ("dob", "postcode")), 1):
        stages.run(f"em {number}", lambda rule=rule: training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), estimate_without_term_frequencies=True, max_pairs=args.em_pairs))
    predictions = stages.run("predict", lambda: linker.inference.predict(threshold_match_probability=LINKS_AT))
    clusters = stages.run("cluster", lambda: linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=PEOPLE_AT))

    def write():
        connection.execute(f"copy (select rec_id, cluster_id as person_id from {clusters.physical_name}) "
                           f"to '{out}/people.parquet'")
        connection.execute("copy (select rec_id_l, rec_id_r, match_weight, match_probability "
                           f"from {predictions.physical_name}) to '{out}/links.parquet'")

    stages.run("write", write)
    for probability in args.also:
        other = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predictions, threshold_match_probability=probability)
        connection.execute(f"copy (select rec_id, cluster_id as person_id from {other.physical_name}) "
                           f"to '{out}/people_at_{probability}.parquet'")
    linker.misc.save_model_to_json(f"{out}/model.json", overwrite=True)
    return stages.rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("mode", choices=RULES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", action="store_true", help="only count the candidate pairs")
    parser.add_argument("--also", type=float, nargs="*", default=[], help="other thresholds for the people")
    parser.add_argument("--u-pairs", type=float, default=1e6 - 1, help="pairs sampled for u")
    parser.add_argument("--u-chunks", type=int, default=4)
    parser.add_argument("--em-pairs", type=float, default=5e5, help="pairs per pass of EM")
    args = parser.parse_args()
    people = args.people / "people.parquet"
    if args.count:
        print(json.dumps({"pairs": count_pairs(people, args.mode, args.threads)}))
        return
    args.out.mkdir(parents=True, exist_ok=True)
    stages = link(people, args.out, args.mode, args)
    print(json.dumps({"splink": splink.__version__, "duckdb": duckdb.__version__, "mode": args.mode,
                      "people_at": PEOPLE_AT, "stages": stages}))


if __name__ == "__main__":
    sys.exit(main())
