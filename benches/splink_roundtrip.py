#!/usr/bin/env python3
"""Shows that Splink loads the settings files that Plait exports and gives the same weights with them.

usage: splink_roundtrip.py FIGURES_DIR

FIGURES_DIR is what `splink_vectors.py` wrote. For every `exported/<case>.settings.json` in it, written by Plait
from `<case>.settings.json`, Splink scores the same table, and each weight, level and adjustment is held against
`<case>.pairs.csv`. Left out are comparisons for which Plait says on import that it decides by its own rules what is
missing: those without a null level, and those in which Splink takes for missing what has not the form of a postcode.
"""

import csv
import json
import sys
from pathlib import Path

import splink
from splink_vectors import by_source, linker, people

CLOSE = 1e-9


def scores(path):
    """Splink's predictions with the model in the file, by pair of record numbers."""
    rows = people()
    linked = json.loads(path.read_text())["link_type"] == "link_only"
    connection, model = linker(str(path), by_source(rows) if linked else {"people": rows})
    model._settings_obj._retain_intermediate_calculation_columns = True
    predictions = model.inference.predict()
    result = connection.execute(f"select * from {predictions.physical_name}")
    names = [d[0] for d in result.description]
    return {(str(r["unique_id_l"]), str(r["unique_id_r"])): r for r in (dict(zip(names, x)) for x in result.fetchall())}


def own_rules(path):
    """Names of the comparisons in which Plait goes by its own rules for missing values."""
    names = []
    for comparison in json.loads(path.read_text())["comparisons"]:
        null = [x["sql_condition"] for x in comparison["comparison_levels"] if x.get("is_null_level")]
        if not null or "regexp_extract" in null[0]:
            names.append(comparison["output_column_name"])
    return names


def differences(expected, found, left_out):
    """What of Splink's own figures for a pair the exported model does not reproduce."""
    totals = ("match_weight", "match_probability") if not left_out else ()
    skipped = [prefix + name for name in left_out for prefix in ("gamma_", "mw_", "mw_tf_adj_")]
    for column, text in expected.items():
        if column.startswith(("gamma_", "mw_", *totals)) and column not in skipped:
            if column not in found or abs(float(text) - float(found[column])) > CLOSE * max(1, abs(float(text))):
                yield f"{column} is {found.get(column)}, not {text}"


def main():
    figures = Path(sys.argv[1])
    wrong = 0
    for path in sorted((figures / "exported").glob("*.settings.json")):
        case = path.name.removesuffix(".settings.json")
        found = scores(path)
        with open(figures / f"{case}.pairs.csv", newline="", encoding="utf-8") as file:
            expected = list(csv.DictReader(file))
        left_out = own_rules(figures / f"{case}.settings.json")
        problems = [] if len(found) == len(expected) else [f"{len(found)} pairs, not {len(expected)}"]
        for row in expected:
            pair = (row["unique_id_l"], row["unique_id_r"])
            if pair in found:
                problems += [f"{pair}: {x}" for x in differences(row, found[pair], left_out)]
            else:
                problems.append(f"{pair} is missing")
        print(f"{case}: {len(expected)} pairs, {len(problems)} differences (Splink {splink.__version__})",
              f"without {', '.join(left_out)}" if left_out else "")
        print("".join(f"  {x}\n" for x in problems[:5]), end="")
        wrong += len(problems)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
