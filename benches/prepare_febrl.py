#!/usr/bin/env python3
"""Writes a FEBRL set as the CSV files that somebody would have, and the truth beside them.

usage: prepare_febrl.py DATA_DIR OUT_DIR

One file per source (`records.csv`, or `a.csv` and `b.csv`). FEBRL's own record ids say which record
is a copy of which, so they are replaced by numbers that say nothing and differ between the sources.
`truth.parquet` has rec_id, entity_id, source and the row in the file, counted from 1.
"""

import json
import sys
from pathlib import Path

import pandas as pd


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    records = pd.read_parquet(data / "records.parquet")
    truth = pd.read_parquet(data / "truth.parquet").set_index("rec_id")
    if "source" not in records.columns:
        records["source"] = "records"
    records["entity_id"] = truth.loc[records["rec_id"], "entity_id"].to_numpy()
    records["record_id"] = range(100001, 100001 + len(records))
    records["row"] = records.groupby("source").cumcount() + 1
    fields = [name for name in records.columns if name not in ("rec_id", "source", "entity_id", "record_id", "row")]
    files = []
    for source, part in records.groupby("source"):
        files.append(f"{source}.csv")
        part[["record_id", *fields]].to_csv(out / files[-1], index=False)
    records.rename(columns={"rec_id": "old", "record_id": "rec_id"})[["rec_id", "entity_id", "source", "row"]].to_parquet(
        out / "truth.parquet", index=False)
    print(json.dumps({"files": files, "records": len(records)}))


if __name__ == "__main__":
    main()
