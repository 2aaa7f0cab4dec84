#!/usr/bin/env python3
"""Flattens the sources of a borough into the one table that peers need, one row for each record.

usage: flat_borough.py DATA_DIR OUT.parquet --plait PATH

Peers take one flat table and read no returns, so they get what `plait read` makes of them: identities
put apart, dates and codes understood, UPNs and NHS numbers with their check digits checked. They are given
the best that an expert would prepare:
- names in lower-case letters without accents; placeholders such as Unborn and Baby left out;
- `forenames` and `surnames`, everything that the record ever calls the person (legal, preferred and former
  names, middle names, the parts of compound names), for levels that say "an alias agrees";
- `postcodes`, all of the record's addresses, and `postcode`, the latest;
- `upn` and `nhs_number` where the check digit is right.
Columns: rec_id, source, forename, surname, forenames, surnames, dob, sex, postcode, postcodes, upn, nhs_number.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path
from unicodedata import normalize

import pandas as pd

PLACEHOLDERS = {"unborn", "baby", "unknown", "notknown", "infant", "child", "boy", "girl", "na", "none", "test"}
# A postcode that stands for "no fixed abode", "abroad" or "not known".
NO_PLACE = re.compile(r"^ZZ99|^$")


def plain(text):
    """A name in lower-case letters and spaces, without accents."""
    if not isinstance(text, str):
        return None
    letters = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    letters = re.sub(r"[^a-z -]", "", letters)
    return re.sub(r"[ -]+", " ", letters).strip() or None


def as_name(text):
    """A name as one word, or None if it is a placeholder."""
    name = plain(text)
    name = name.replace(" ", "") if name else None
    return None if name in PLACEHOLDERS else name


def as_postcode(text):
    """A postcode in capitals with one space, or None if it names no place."""
    if not isinstance(text, str):
        return None
    code = re.sub(r"[^A-Z0-9]", "", text.upper())
    return None if NO_PLACE.match(code) or len(code) < 5 else f"{code[:-3]} {code[-3:]}"


def read_return(file, plait):
    """The identity tables of a source: rows, names, addresses, identifiers, or None where it is of no return."""
    with tempfile.TemporaryDirectory() as out:
        read = subprocess.run([plait, "read", file, "--out", out], capture_output=True, check=False)
        if read.returncode:
            return None
        tables = {name: pd.read_parquet(Path(out) / f"{name}.parquet") if (Path(out) / f"{name}.parquet").exists() else None
                  for name in ("identity", "identity-names", "identity-addresses", "identity-identifiers")}
    return list(tables.values())


def read_list(file):
    """The same tables of a plain list whose headers speak for themselves."""
    rows = pd.read_csv(file, dtype=str)
    rows.columns = [column.lower() for column in rows.columns]
    key = pd.Series(range(1, len(rows) + 1))
    births = pd.to_datetime(rows["date_of_birth"], dayfirst=True).dt.date
    identity = pd.DataFrame({"record_key": key, "source_key": rows.iloc[:, 0], "date_of_birth": births,
                             "sex": rows["sex"].map({"1": "M", "2": "F", "M": "M", "F": "F"})})
    names = pd.DataFrame({"record_key": key, "kind": "legal", "forename": rows["forenames"], "middle_names": None,
                          "surname": rows["surname"]})
    addresses = pd.DataFrame({"record_key": key, "postcode": rows["postcode"], "from": None, "to": None})
    numbers = pd.DataFrame({"record_key": key, "kind": "nhs_number", "value": rows["nhs_number"], "validity": "valid"})
    return [identity, names, addresses, numbers]


def gathered(table, value):
    """Per record all values, once each, in the order of the file."""
    kept = pd.DataFrame({"record_key": table["record_key"], "value": value}).dropna().drop_duplicates()
    return kept.groupby("record_key", sort=False)["value"].agg(list)


def called(names, part, more=None):
    """Per record everything that a part of its name has been, whole and in its pieces."""
    pieces = [(key, piece) for key, text, other in zip(names["record_key"], names[part],
                                                       names[more] if more else [None] * len(names))
              for name in (plain(text), plain(other)) if name
              for piece in {name.replace(" ", ""), *name.split()} if len(piece) > 1 and piece not in PLACEHOLDERS]
    table = pd.DataFrame(pieces, columns=["record_key", "value"])
    return gathered(table, table["value"])


def flatten(source, file, plait):
    """One row for each record of a source."""
    identity, names, addresses, numbers = read_return(file, plait) or read_list(file)
    rows = identity.set_index("record_key")
    named = rows["source_key"].astype(str) if "source_key" in rows else pd.Series(rows.index.astype(str), rows.index)
    flat = pd.DataFrame({"rec_id": source + ":" + named, "source": source}, index=rows.index)
    first = names.sort_values("kind", key=lambda kind: kind != "legal", kind="stable").drop_duplicates("record_key")
    first = first.set_index("record_key")
    flat["forename"] = first["forename"].map(as_name)
    flat["surname"] = first["surname"].map(as_name)
    flat["forenames"], flat["surnames"] = called(names, "forename", "middle_names"), called(names, "surname")
    flat["dob"] = pd.to_datetime(rows["date_of_birth"]).dt.strftime("%Y-%m-%d")
    flat["sex"] = rows["sex"].where(rows["sex"].isin(["M", "F"])) if "sex" in rows else None
    if addresses is not None:
        code = addresses["postcode"].map(as_postcode)
        flat["postcodes"] = gathered(addresses, code)
        current = addresses.assign(code=code, open=addresses["to"].isna()).dropna(subset="code")
        current = current.sort_values(["open", "from"], na_position="first", kind="stable").drop_duplicates(
            "record_key", keep="last")
        flat["postcode"] = current.set_index("record_key")["code"]
    for kind in ("upn", "nhs_number"):
        own = numbers[(numbers["kind"] == kind) & (numbers["validity"] == "valid")].drop_duplicates("record_key")
        flat[kind] = own.set_index("record_key")["value"]
    return flat.reset_index(drop=True)


def flatten_all(data, plait):
    """One row for each record of all sources."""
    files = json.loads((data / "data.json").read_text())["files"]
    return pd.concat([flatten(file.removesuffix(".csv"), data / file, plait) for file in files], ignore_index=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--plait", type=Path, required=True)
    args = parser.parse_args()
    table = flatten_all(args.data, args.plait)
    table.to_parquet(args.out, index=False)
    print(json.dumps({"records": len(table), "filled": table.notna().mean().round(3).to_dict()}))


if __name__ == "__main__":
    main()
