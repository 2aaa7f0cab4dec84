#!/usr/bin/env python3
"""Times Plait and Splink 5 on one cluster of Spark: a master and two workers of one core each on this machine.

usage: spark.py PEOPLE_DIR OUT_DIR plait|splink [--model MODEL] [--executors N]

Reads `people.parquet` of generated people, with the comparisons and rules of models/people_tight.toml, and writes the person of
each record. Both train, score and cluster; with `--model` Plait takes one that has been trained. What each stage takes is told as it
ends, so that scoring and clustering can be held against each other too. Starting the session counts for neither. Prints one line
of JSON: seconds per stage and in all, and people.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python" / "spark"))

from cluster import Cluster  # noqa: E402


class Stages:
    """Seconds of each stage, in order."""

    def __init__(self):
        self.seconds = {}

    def run(self, stage, work):
        """Does the work and notes how long it took."""
        begin = time.monotonic()
        done = work()
        self.seconds[stage] = round(time.monotonic() - begin, 1)
        print(f"{stage}: {self.seconds[stage]} s", file=sys.stderr, flush=True)
        return done


def plait(spark, people, out, args):
    """People and links by plait.spark.link."""
    from plait import spark as on_spark

    stages = Stages()
    frames = {"people": spark.read.parquet(str(people))}
    found = stages.run("link", lambda: on_spark.link(spark, frames, model=args.model, progress=False))
    people = found.people.select("record", "person_id")
    stages.run("write", lambda: people.write.mode("overwrite").parquet(str(out / "people")))
    of_stages = {stage: round(seconds, 1) for stage, seconds in found.facts["seconds"].items()}
    return stages.seconds, {"persons": found.facts["persons"], "links": found.facts["links"], "stages of link": of_stages}


def splink(spark, people, out, _):
    """The same by Splink's backend for Spark, with what it is told to train from as in splink_peer.py."""
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.spark import SparkAPI

    from splink_peer import LINKS_AT, PEOPLE_AT, RULES, comparisons

    stages = Stages()
    spark.sparkContext.setCheckpointDir(str(out / "checkpoints"))
    frame = spark.read.parquet(str(people)).selectExpr(
        "rec_id", "forename", "surname", "sex", "dob", "postcode", "town", "email",
        "datediff(to_date(dob), date'1900-01-01') as day",
        "case when length(postcode) > 4 then left(postcode, length(postcode) - 2) end as sector",
        "split(postcode, ' ')[0] as district")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES["tight"]],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    database = SparkAPI(spark_session=spark, num_partitions_on_repartition=16)
    linker = stages.run("start", lambda: Linker(database.register(frame), settings, log_level="ERROR"))
    training = linker.training
    sure = [block_on("forename", "surname", "dob"), block_on("email")]
    stages.run("prior", lambda: training.estimate_probability_two_random_records_match(sure, recall=.7))
    stages.run("u", lambda: training.estimate_u_using_random_sampling(max_pairs=1e6 - 1, seed=1))
    for number, rule in enumerate((("forename", "surname", "sex"), ("dob", "postcode")), 1):
        stages.run(f"em {number}", lambda rule=rule: training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), estimate_without_term_frequencies=True, max_pairs=5e5))
    found = stages.run("predict", lambda: linker.inference.predict(threshold_match_probability=LINKS_AT))
    clusters = stages.run("cluster", lambda: linker.clustering.cluster_pairwise_predictions_at_threshold(
        found, threshold_match_probability=PEOPLE_AT))
    persons = spark.table(clusters.physical_name).select("rec_id", "cluster_id")
    stages.run("write", lambda: persons.write.mode("overwrite").parquet(str(out / "people")))
    return stages.seconds, {"persons": persons.select("cluster_id").distinct().count()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("tool", choices=["plait", "splink"])
    parser.add_argument("--model", type=Path, default=HERE / "models" / "people_tight.toml", help="of Plait")
    parser.add_argument("--executors", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    settings = {}
    if args.tool == "splink":
        from splink.backends.spark import similarity_jar_location

        settings = {"spark.jars": similarity_jar_location(), "spark.sql.shuffle.partitions": "16",
                    "spark.default.parallelism": "16"}
    with Cluster(workers=2, cores=1, memory="8g") as cluster:
        spark = cluster.open(args.executors, memory="4g", **settings)
        begin = time.monotonic()
        work = {"plait": plait, "splink": splink}[args.tool]
        seconds, found = work(spark, args.people / "people.parquet", args.out, args)
        print(json.dumps({"tool": args.tool, "total": round(time.monotonic() - begin, 1), "seconds": seconds, **found}))


if __name__ == "__main__":
    main()
