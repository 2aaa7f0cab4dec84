#!/usr/bin/env python3
"""Runs goldenmatch without configuration on one data set.

usage: goldenmatch_quality.py NAME DATA_DIR OUT_DIR --mode zero-config|fellegi-sunter [--plait PATH]

goldenmatch takes one table. The files of a set are put under each other; a borough is flattened first
(flat_borough.py). Ids of records and sources are left out of the comparison. `zero-config` is
`dedupe_df(table)`; `fellegi-sunter` is the configuration of `auto_configure_probabilistic_df`. What it remembers
of earlier runs is switched off, so that sets do not teach each other. Above 100,000 records it refuses a
configuration that it does not trust; then it is run again with `confidence_required=False`, and the row says so.
Prints one line of JSON.
"""

import argparse
import json
import logging
import os
import warnings
from pathlib import Path

os.environ["GOLDENMATCH_AUTOCONFIG_MEMORY"] = "0"
warnings.filterwarnings("ignore")

import goldenmatch as gm  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
from flat_borough import flatten_all  # noqa: E402
from goldenmatch.core.autoconfig import auto_configure_probabilistic_df  # noqa: E402
from goldenmatch.core.autoconfig_controller import ControllerNotConfidentError  # noqa: E402

logging.disable(logging.WARNING)
LISTS = ["forenames", "surnames", "postcodes"]


def one_table(data, plait):
    """All records of a set in one table, the ids of the truth apart."""
    about = json.loads((data / "data.json").read_text())
    if (data / "twins.csv").exists():
        table = flatten_all(data, plait).drop(columns=[*LISTS, "source"])
        return table.pop("rec_id"), table
    parts = []
    for file in about["files"]:
        read = pd.read_parquet if file.endswith(".parquet") else lambda path: pd.read_csv(path, dtype=str)
        parts.append(read(data / file))
    table = pd.concat(parts, ignore_index=True)
    return table.pop("rec_id" if "rec_id" in table.columns else "record_id"), table


def clusters(table, mode, trusting):
    """The clusters that goldenmatch makes of the table."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    config = auto_configure_probabilistic_df(arrow) if mode == "fellegi-sunter" else None
    return gm.dedupe_df(arrow, config=config, confidence_required=not trusting)


def link(table, mode):
    """The result, and a remark where it would not run by itself."""
    try:
        return clusters(table, mode, trusting=False), ""
    except ControllerNotConfidentError as refusal:
        first = str(refusal).strip().splitlines()[0]
        return clusters(table, mode, trusting=True), f", made to run after it refused ({first[:120]})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mode", choices=["zero-config", "fellegi-sunter"], required=True)
    parser.add_argument("--plait", type=Path)
    args = parser.parse_args()
    ids, table = one_table(args.data, args.plait)
    result, remark = link(table, args.mode)
    person = {row: f"c{number}" for number, cluster in result.clusters.items() for row in cluster["members"]}
    people = pd.DataFrame({"rec_id": ids.astype(str),
                           "person_id": [person.get(row, f"r{row}") for row in range(len(ids))]})
    people.to_parquet(args.out / "people.parquet", index=False)
    keys = [{"type": key.type, "fields": [field.field for field in key.fields]} for key in result.config.matchkeys or []]
    print(json.dumps({"version": gm.__version__, "matchkeys": keys,
                      "people": [{"way": f"no configuration{remark}", "file": "people.parquet", "own": True}]}))


if __name__ == "__main__":
    main()
