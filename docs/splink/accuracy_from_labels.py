"""How good is it, by pairs that somebody has looked at: 1,000 made-up records with 3,176 labelled pairs.

usage: accuracy_from_labels.py DATA_DIR      with records.parquet (rec_id and five fields), labels.parquet (two records and a
                                             clerical_match_score) and truth.parquet (rec_id, entity_id)
"""

import sys
from pathlib import Path

import plait
import polars

# by the model of Splink's own notebooks, everything from a match probability of 0.95 on; benches/results has the run
SPLINKS = {"precision": 1.0000, "recall": 0.7794, "f1": 0.8760}


def measure(data):
    records = polars.read_parquet(data / "records.parquet")
    truth = polars.read_parquet(data / "truth.parquet").select(record="rec_id", entity="entity_id")
    labels = polars.read_parquet(data / "labels.parquet").select(
        source_l="source_dataset_l", record_l="unique_id_l",
        source_r="source_dataset_r", record_r="unique_id_r",
        label="clerical_match_score",
    )

    # labels teach the model and measure the result; the estimate without them stands beside it
    linkage = plait.link({"fake_1000": records}, roles={"rec_id": "record_id"}, labels=labels, truth=truth)
    for estimate in linkage.quality()["estimates"]:
        for figure in ("precision", "recall"):
            share = estimate[figure]
            print(f"{figure:<10}{share['estimate']:.4f} ({share['low']:.4f} to {share['high']:.4f}) by {estimate['name']}")

    # precision and recall at every threshold, estimated and against the truth: a chart in a notebook
    print(linkage.tradeoff())

    # the pairs that were decided otherwise than their labels say, by their rows
    wrong = linkage.run["labels"]["rows_decided_otherwise"]
    print(labels[[row - 1 for row in wrong[:5]]])
    return linkage.score(truth)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    scores = measure(Path(sys.argv[1]))
    for name, splinks in SPLINKS.items():
        print(f"{name:<10}{scores[name]:.4f}   Splink's notebook: {splinks:.4f}")
