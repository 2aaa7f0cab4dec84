#!/usr/bin/env python3
"""Makes the data that quality is measured on, each set once, in a directory of its own.

usage: data_sets.py NAME WORK_DIR --plait PATH [--public DIR]

NAME is fake_1000, febrl3, febrl4, borough_N or people_N, where N is such as 20k or 1m; borough_N_S has
seed S. Writes into WORK_DIR/NAME:
- the files that are linked, with ids that say nothing about the truth;
- `truth.parquet`: rec_id, entity_id, and source, record or row where records are found by them, and the
  columns of the groups;
- `twins.csv` and `do_not_link.csv` of a borough, pairs of entities;
- `data.json`: the files in the order of the command line, and which columns are groups.
Prints `data.json`. The public sets are read from DIR and never copied into the project.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
PUBLIC = ["fake_1000", "febrl3", "febrl4"]
SEED = 7

# The sources that hold names. The children in need census, SSDA903, community and mental health services and
# emergency departments hold none; what links them is the exact number they share, not the model.
NAMED = ["school_census_2026_spring", "standard_safeguarding_dataset", "sen2_2026", "school_age_immunisation_cohort.csv",
         "gp_registered_children.csv", "birth_notifications_and_registrations.csv", "death_registrations.csv"]
BOROUGH_GROUPS = ["naming_community", "ethnicity", "sex", "age", "sen", "fsm", "deprivation_decile", "looked_after",
                  "child_in_need", "protection_plan", "unaccompanied", "adopted", "twin"]


def number(text):
    """20k as 20000."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1], 1)
    return int(text.rstrip("km")) * scale


def make_public(name, out, public):
    """A public set as plain CSV with neutral ids."""
    if not (public / name / "records.parquet").exists():
        raise FileNotFoundError(f"{name} is not in the directory of public data")
    said = subprocess.run([sys.executable, HERE.parent / "prepare_febrl.py", public / name, out], check=True,
                          capture_output=True, text=True)
    return {"files": json.loads(said.stdout)["files"], "groups": []}


def make_people(name, out, generator):
    """Generated people."""
    subprocess.run([sys.executable, generator, str(number(name.split("_")[1])), out], check=True, capture_output=True)
    truth = pd.read_parquet(out / "truth.parquet")
    return {"files": ["people.parquet"],
            "groups": [column for column in ("is_child", "ethnic_group", "name_group") if column in truth.columns]}


def make_borough(name, out, plait, options=()):
    """A borough of `plait synth borough`, with the truth of its named sources."""
    _, children, *seed = name.split("_")
    seed = seed[0] if seed else str(SEED)
    subprocess.run([plait, "synth", "borough", "--children", str(number(children)), "--seed", seed, "--out", out, *options],
                   check=True, capture_output=True)
    truth = pd.read_csv(out / "truth/truth.csv", dtype=str)
    sources = {source.removesuffix(".csv"): source for source in NAMED}
    truth = truth[truth["source"].isin(sources)].rename(columns={"entity": "entity_id"})
    truth.insert(0, "rec_id", truth["source"] + ":" + truth["record"])
    truth.to_parquet(out / "truth.parquet", index=False)
    for table in ("twins.csv", "do_not_link.csv"):
        shutil.copy(out / "truth" / table, out / table)
    held = set(truth["source"])
    files = [file for source, file in sources.items() if source in held]
    return {"files": files, "groups": [column for column in BOROUGH_GROUPS if column in truth.columns]}


def make(name, work, plait, public, generator, options=()):
    """Makes a set, unless it is there, and returns its directory and what data.json says."""
    out = work / name
    about = out / "data.json"
    if about.exists():
        return out, json.loads(about.read_text())
    out.mkdir(parents=True, exist_ok=True)
    if name in PUBLIC:
        made = make_public(name, out, public)
    elif name.startswith("people_"):
        made = make_people(name, out, generator)
    elif name.startswith("borough_"):
        made = make_borough(name, out, plait, options)
    else:
        raise ValueError(f"there is no data set {name}")
    about.write_text(json.dumps(made))
    return out, made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("work", type=Path)
    parser.add_argument("--plait", type=Path, default=HERE.parent.parent / "target/release/plait")
    parser.add_argument("--public", type=Path, default=HERE.parent.parent.parent / "shared/data/bench")
    parser.add_argument("--people-generator", type=Path, default=HERE.parent / "gen_people.py")
    args = parser.parse_args()
    try:
        _, made = make(args.name, args.work, args.plait, args.public, args.people_generator)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(str(problem))
    print(json.dumps(made))


if __name__ == "__main__":
    main()
