#!/usr/bin/env python3
"""Runs Splink 5 on one data set with the settings of an expert.

usage: splink_quality.py NAME DATA_DIR OUT_DIR [--threads N] [--plait PATH]

- fake_1000: comparisons of its link_only notebook with term frequencies on both names, rules of its
  accuracy_analysis_from_labels_column notebook;
- febrl3, febrl4: as in ../splink_febrl.py, from its notebooks;
- people: as in ../splink_peer.py, with both sets of rules, and once more with the NHS number, which Plait sees;
- borough: our own model of all sources with names, as good as we could make it without looking at the truth,
  clustered by connected components and by best links: at most one record of each source, and the same
  without that rule for case management, where an expert knows that children are held twice.

Writes the people at p >= .95 and at other thresholds, so that the best can be found with the truth in hand.
Prints one line of JSON. What each way took is what somebody would wait who wanted the people at .95 alone.
"""

import time

START = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from pathlib import Path  # noqa: E402

import duckdb  # noqa: E402
import pandas as pd  # noqa: E402
import splink  # noqa: E402
import splink.comparison_level_library as cll  # noqa: E402
import splink.comparison_library as cl  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import splink_febrl  # noqa: E402
import splink_peer  # noqa: E402
from best_links import best_links  # noqa: E402
from flat_borough import flatten_all  # noqa: E402
from splink_peer import connect, levels, within  # noqa: E402

warnings.filterwarnings("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)

OWN = .95
HELD_TWICE = ["standard_safeguarding_dataset"]
OTHERS = [.001, .01, .1, .5, .9, .99, .999, .9999]
FINER = [*OTHERS, .05, .2, .3, .4, .6, .7, .8, .98, .995]
LARGE = 100_000


@dataclass
class Model:
    """What an expert tells Splink."""

    way: str
    comparisons: list
    rules: list
    sure: list
    recall: float
    train_on: list
    link_type: str = "dedupe_only"
    u_pairs: float = 999_999
    em_pairs: float | None = None
    duplicate_free: list = field(default_factory=list)


def fake():
    """fake_1000."""
    def name(column):
        return cl.NameComparison(column).configure(term_frequency_adjustments=True)

    near = "levenshtein(r.dob, l.dob) <= 1"
    return Model(
        way="its notebooks' model, components",
        comparisons=[name("first_name"), name("surname"), cl.DateOfBirthComparison("dob", input_is_string=True),
                     cl.ExactMatch("city").configure(term_frequency_adjustments=True), cl.EmailComparison("email")],
        rules=[block_on(column) for column in ("first_name", "surname", "dob", "email")],
        sure=[f"l.first_name = r.first_name and {near}", f"l.surname = r.surname and {near}",
              "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2", block_on("email")],
        recall=.7,
        train_on=[block_on("dob"), block_on("email"), block_on("first_name", "surname")],
        u_pairs=1e6,
    )


def febrl(name):
    """FEBRL 3 and 4."""
    job = splink_febrl.JOBS[name]
    return Model("its notebooks' model, components", splink_febrl.comparisons(), job["rules"], job["sure"], job["recall"],
                 splink_febrl.TRAIN_ON, job["link_type"], splink_febrl.U_PAIRS)


def people(mode, with_number=False):
    """Generated people."""
    number = [cl.ExactMatch("nhs_number")] if with_number else []
    rules = [*splink_peer.RULES[mode], *([("nhs_number",)] if with_number else [])]
    return Model(
        way=f"expert model, {mode} rules{' and the NHS number' if with_number else ''}, components",
        comparisons=[*splink_peer.comparisons(), *number],
        rules=[block_on(*rule) for rule in rules],
        sure=[block_on("forename", "surname", "dob"), block_on("email")],
        recall=.7,
        train_on=[block_on("forename", "surname", "sex"), block_on("dob", "postcode")],
        em_pairs=5e5,
    )


def name_with_aliases(column, aliases):
    """A name: exact with term frequency, anything that the record calls the person, two grades of Jaro-Winkler."""
    return levels(column, cll.ExactMatchLevel(column, term_frequency_adjustments=True),
                  cll.ArrayIntersectLevel(aliases, 1), cll.JaroWinklerLevel(column, .92), cll.JaroWinklerLevel(column, .85))


def borough(sources):
    """A borough: every source that holds names."""
    part = {"sector": "left(postcode_{}, length(postcode_{}) - 2)", "district": "split_part(postcode_{}, ' ', 1)"}

    def same(piece):
        left, right = (part[piece].format(side, side) for side in "lr")
        return cll.CustomLevel(f"{left} = {right}", label_for_charts=f"same {piece}")

    return Model(
        way="expert model",
        comparisons=[
            name_with_aliases("forename", "forenames"),
            name_with_aliases("surname", "surnames"),
            levels("dob", cll.ExactMatchLevel("dob"), cll.DamerauLevenshteinLevel("dob", 1),
                   within(31, "within a month"), within(366, "within a year")),
            levels("postcode", cll.ExactMatchLevel("postcode"), cll.ArrayIntersectLevel("postcodes", 1),
                   same("sector"), same("district")),
            cl.ExactMatch("sex"),
            levels("upn", cll.ExactMatchLevel("upn"), cll.DamerauLevenshteinLevel("upn", 1)),
            levels("nhs_number", cll.ExactMatchLevel("nhs_number"), cll.DamerauLevenshteinLevel("nhs_number", 1)),
        ],
        rules=[block_on(*rule) for rule in (
            ("nhs_number",), ("upn",), ("forename", "dob"), ("surname", "dob"), ("postcode", "dob"),
            ("forename", "surname", "postcode"), ("forename", "surname", "substr(dob, 1, 7)"),
            ("forename", "postcode", "substr(dob, 1, 4)"))],
        sure=[block_on("nhs_number"), block_on("upn"), block_on("forename", "surname", "dob")],
        recall=.95,
        train_on=[block_on("dob", "postcode"), block_on("forename", "surname"), block_on("nhs_number")],
        link_type="link_and_dedupe",
        duplicate_free=sources,
    )


def read(name, data, connection, plait):
    """Loads the records as tables, one for each source when linking, and returns their names."""
    about = json.loads((data / "data.json").read_text())
    if name.startswith("people"):
        connection.execute(splink_peer.READ.format(path=data / "people.parquet").replace("email,", "email, nhs_number,", 1))
        return {"people": "people"}
    if name.startswith("borough"):
        flat = flatten_all(data, plait)
        flat["day"] = (pd.to_datetime(flat["dob"]) - pd.Timestamp("1990-01-01")).dt.days
        sources = {source: f"s_{number}" for number, source in enumerate(flat["source"].unique())}
        for source, table in sources.items():
            part = flat[flat["source"] == source].drop(columns="source")  # noqa: F841, read by DuckDB
            kinds = {"forenames": "varchar[]", "surnames": "varchar[]", "postcodes": "varchar[]", "day": "integer"}
            columns = ", ".join(f'"{column}"::{kinds.get(column, "varchar")} as "{column}"' for column in part.columns)
            connection.execute(f"create table {table} as select {columns} from part")
        return {table: source for source, table in sources.items()}
    tables = {}
    for file in about["files"]:
        table = f"t_{Path(file).stem}"
        fields = connection.execute(f"describe select * from read_csv('{data / file}', all_varchar = true)").fetchall()
        columns = ", ".join(f"nullif(trim({column}), '') as {'rec_id' if column == 'record_id' else column}"
                            for column, *_ in fields)
        connection.execute(f"create table {table} as select {columns} from read_csv('{data / file}', all_varchar = true)")
        tables[table] = Path(file).stem
    return tables


def models(name, tables):
    """The models of a data set."""
    if name == "fake_1000":
        return [fake()]
    if name.startswith("febrl"):
        return [febrl(name)]
    if name.startswith("people"):
        return [people("tight"), people("loose"), people("loose", with_number=True)]
    return [borough(list(tables.values()))]


def trained(model, connection, tables):
    """A linker that has learned its model."""
    settings = SettingsCreator(
        link_type=model.link_type,
        unique_id_column_name="rec_id",
        comparisons=model.comparisons,
        blocking_rules_to_generate_predictions=model.rules,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    database = DuckDBAPI(connection=connection)
    frames = [database.register(table, dataset_display_name=shown) for table, shown in tables.items()]
    linker = Linker(frames if len(frames) > 1 else frames[0], settings, log_level="ERROR")
    training = linker.training
    training.estimate_probability_two_random_records_match(model.sure, recall=model.recall)
    training.estimate_u_using_random_sampling(max_pairs=model.u_pairs, seed=1)
    more = {"max_pairs": model.em_pairs} if model.em_pairs else {}
    for rule in model.train_on:
        training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True, **more)
    return linker


def ways_to_cluster(model, linker, predictions, connection, tables):
    """Functions of a threshold that return the name of a table of clusters, by their names."""
    def components(threshold):
        return linker.clustering.cluster_pairwise_predictions_at_threshold(
            predictions, threshold_match_probability=threshold).physical_name

    if not model.duplicate_free:
        return {model.way: components}
    records = pd.concat([connection.execute(f"select rec_id, '{shown}' as source from {table}").df()
                         for table, shown in tables.items()], ignore_index=True)
    place = pd.Series(records.index, index=records["rec_id"])
    links = connection.execute("select rec_id_l, rec_id_r, match_weight, match_probability "
                               f"from {predictions.physical_name} order by rec_id_l, rec_id_r").df()
    left, right = place[links["rec_id_l"]].to_numpy(), place[links["rec_id_r"]].to_numpy()

    def one_of(duplicate_free):
        def cluster(threshold):
            kept = (links["match_probability"] >= threshold).to_numpy()
            ids = best_links(len(records), records["source"], left[kept], right[kept],
                             links["match_weight"].to_numpy()[kept], duplicate_free)
            made = records[["rec_id"]].assign(cluster_id=ids)
            connection.register("best_links", made)
            return "best_links"
        return cluster

    mostly = [source for source in model.duplicate_free if source not in HELD_TWICE]
    return {f"{model.way}, best links": one_of(model.duplicate_free),
            f"{model.way}, best links but for case management": one_of(mostly),
            f"{model.way}, components": components}


def since():
    """Seconds and CPU seconds since this process began."""
    return time.perf_counter() - START, time.process_time()


def apart(later, earlier):
    """What passed between two readings of `since`."""
    return tuple(a - b for a, b in zip(later, earlier))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plait", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="*", help=f"beside {OWN}")
    args = parser.parse_args()
    connection = connect(args.threads)
    tables = read(args.name, args.data, connection, args.plait)
    records = sum(connection.execute(f"select count(*) from {table}").fetchall()[0][0] for table in tables)
    thresholds = [OWN, *(args.thresholds or (FINER if records < LARGE else OTHERS))]
    rows, read_in = [], since()
    for model in models(args.name, tables):
        begun = since()
        linker = trained(model, connection, tables)
        predictions = linker.inference.predict(threshold_match_weight=-40)
        learned = apart(since(), begun)
        for way, cluster in ways_to_cluster(model, linker, predictions, connection, tables).items():
            for threshold in thresholds:
                begun = since()
                file = f"people_{len(rows)}.parquet"
                connection.execute(f"copy (select rec_id, cluster_id as person_id from {cluster(threshold)}) "
                                   f"to '{args.out / file}'")
                row = {"way": way, "threshold": threshold, "file": file, "own": threshold == OWN}
                if row["own"]:
                    parts = read_in, learned, apart(since(), begun)
                    row["took"] = {"wall": sum(part[0] for part in parts), "cpu": sum(part[1] for part in parts),
                                   "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
                rows.append(row)
                print(f"{since()[0]:.1f} s: {way} {threshold}", file=sys.stderr, flush=True)
    print(json.dumps({"version": f"{splink.__version__} on DuckDB {duckdb.__version__}", "people": rows}))


if __name__ == "__main__":
    main()
