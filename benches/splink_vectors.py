#!/usr/bin/env python3
"""Writes the golden figures that the Splink interop test is held against.

usage: splink_vectors.py OUT_DIR

Splink itself builds, saves, reloads and scores every model here, so the figures are Splink's own.
For each case two files are written: `<case>.settings.json`, exactly as
`linker.misc.save_model_to_json` saves it, and `<case>.pairs.csv` with, for each candidate pair,
the blocking rule that found it (`match_key`), and for each comparison the level reached
(`gamma_*`), its match weight (`mw_*`) and its term-frequency adjustment (`mw_tf_adj_*`), then
`match_weight` and `match_probability`. Cases about blocking have only the pairs.
`records.csv` is the table they all use (an empty cell is null, arrays are JSON) and
`manifest.json` gives the type of each column, the versions and what each case is about.

The people are made up. The script fails if any level of any comparison is reached by no pair, so
that every condition in the settings is really exercised.
"""

import csv
import json
import logging
import random
import sys
import warnings
from pathlib import Path

import duckdb
import splink
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import ColumnExpression, DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import And, CustomRule, Not
from splink.internals.blocking_rule_library import Or

warnings.filterwarnings("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)

SEED = 20261123
BLOCKS = 40
UNREACHED = []
BLOCK_SIZE = 5

COLUMNS = {
    "unique_id": "INTEGER",
    "block": "INTEGER",
    "source": "VARCHAR",
    "first_name": "VARCHAR",
    "surname": "VARCHAR",
    "full_name": "VARCHAR",
    "given name": "VARCHAR",
    "dmeta": "VARCHAR[]",
    "sex": "VARCHAR",
    "dob": "VARCHAR",
    "dob_uk": "VARCHAR",
    "dob_date": "DATE",
    "seen_at": "VARCHAR",
    "seen_stamp": "TIMESTAMP",
    "postcode": "VARCHAR",
    "town": "VARCHAR",
    "lat": "DOUBLE",
    "lon": "DOUBLE",
    "email": "VARCHAR",
    "height": "DOUBLE",
    "visits": "INTEGER",
    "score": "REAL",
    "tags": "VARCHAR[]",
    "aliases": "VARCHAR[]",
    "vec": "FLOAT[3]",
}

FORENAMES = ["Amelia", "Amelie", "Zoë", "Zoe", "Łukasz", "Lukasz", "Martha", "Marhta", "Siân", "Oluwaseun",
             "Muhammad", "Mohammed", "Dwayne", "Duane", "Priya", "Aoife", "Jean-Luc", "D'Arcy", "Kit", "Bo"]
SURNAMES = ["Ashcombe", "Ashcome", "Brackenbury", "Thornwick", "O'Dunmore", "Odunmore", "Żelazny", "Zelazny",
            "Patel", "Patil", "Okonjo", "Okonja", "Dixon", "Dicksonx", "Ng", "Fairweather-Low", "Fairweather",
            "Vale", "Wale", "Quillfeather"]
TOWNS = ["Ashby Vale", "Ashby Vale", "Ashby Vale", "Stonemere", "Stonemere", "Little Quay", "Hexbridge"]
DOMAINS = ["example.org", "example.com", "post.example"]
SOUNDS = {"A": "ALM", "Z": "S", "Ł": "LKX", "L": "LKX", "M": "MRT", "S": "XN", "O": "ALS", "D": "TN", "P": "PR",
          "J": "JNL", "K": "KT", "B": "P"}
PLACES = [("AB1", 57.15, -2.09), ("AB12", 57.10, -2.11), ("N1", 51.54, -0.10), ("N12", 51.61, -0.18),
          ("EC1A", 51.52, -0.10), ("W1A", 51.52, -0.14), ("LS6", 53.82, -1.57), ("LS7", 53.82, -1.53)]


def person(rng):
    """One made-up person, all fields present."""
    first, last = rng.choice(FORENAMES), rng.choice(SURNAMES)
    district, lat, lon = rng.choice(PLACES)
    year, month, day = rng.randint(1931, 2019), rng.randint(1, 12), rng.randint(1, 28)
    return {
        "first_name": first,
        "surname": last,
        "sex": rng.choice("FM"),
        "date": (year, month, day),
        "second": rng.randrange(86400),
        "postcode": f"{district} {rng.randint(1, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQRS')}",
        "town": rng.choice(TOWNS),
        "lat": round(lat + rng.uniform(-.02, .02), 5),
        "lon": round(lon + rng.uniform(-.02, .02), 5),
        "email": f"{first}.{last}{rng.randint(1, 99)}@{rng.choice(DOMAINS)}".lower(),
        "height": round(rng.uniform(90, 195), 1),
        "visits": rng.randint(1, 40),
        "tags": rng.sample(["asthma", "send", "eal", "fsm", "lac", "young carer"], rng.randint(1, 4)),
        "vec": [round(rng.uniform(-1, 1), 3) for _ in range(3)],
    }


def typo(rng, text):
    """Text with one letter lost, doubled, swapped with the next or replaced."""
    i, kind = rng.randrange(len(text)), rng.randrange(4)
    if kind == 0 and len(text) > 2:
        return text[:i] + text[i + 1:]
    if kind == 1:
        return text[:i] + text[i] + text[i:]
    if kind == 2 and i + 1 < len(text):
        return text[:i] + text[i + 1] + text[i] + text[i + 2:]
    return text[:i] + rng.choice("aeiorst") + text[i + 1:]


def altered(rng, p):
    """The same person as another system might hold them."""
    q = dict(p)
    for field in ("first_name", "surname"):
        roll = rng.random()
        if roll < .3:
            q[field] = typo(rng, q[field])
        elif roll < .4:
            q[field] = typo(rng, typo(rng, q[field]))
        elif roll < .5:
            q[field] = q[field].upper()
    if rng.random() < .15:
        q["first_name"], q["surname"] = q["surname"], q["first_name"]
    year, month, day = p["date"]
    roll = rng.random()
    if roll < .15 and day <= 12:
        q["date"] = (year, day, month)
    elif roll < .3:
        q["date"] = (year, month, min(28, day + rng.choice([1, 10, 20])))
    elif roll < .4:
        q["date"] = (year, month % 12 + 1, day)
    elif roll < .55:
        q["date"] = (year + rng.choice([-1, 1, 4, 9]), month, day)
    q["second"] = (p["second"] + rng.choice([0, 0, 5, 59, 3599, 40000])) % 86400
    roll = rng.random()
    area = p["postcode"]
    if roll < .2:
        q["postcode"] = area[:-2] + "XY"
    elif roll < .4:
        q["postcode"] = area.split(" ")[0] + " " + str(rng.randint(1, 9)) + "ZZ"
    elif roll < .5:
        q["postcode"] = area.rstrip("0123456789ABDEFGHJLNPQRS ")[:2] or area[:1]
        q["postcode"] = area[:2] + "9 1AA"
    elif roll < .55:
        q["postcode"] = "not known"
    if rng.random() < .3:
        q["town"] = rng.choice(TOWNS)
    if rng.random() < .5:
        shift = rng.choice([.003, .03, .3])
        q["lat"], q["lon"] = round(q["lat"] + shift, 5), round(q["lon"] - shift, 5)
    roll = rng.random()
    user, domain = p["email"].split("@")
    if roll < .2:
        q["email"] = f"{user}@{rng.choice(DOMAINS)}"
    elif roll < .4:
        q["email"] = f"{typo(rng, user)}@{domain}"
    elif roll < .6:
        q["email"] = f"{typo(rng, user)}@a-quite-different-domain.example"
    q["height"] = round(p["height"] * rng.choice([1, 1, 1.02, 1.09, 1.3]), 1)
    q["visits"] = max(0, p["visits"] + rng.choice([0, 0, 1, 3, 12]))
    if rng.random() < .6:
        q["tags"] = rng.sample(["asthma", "send", "eal", "fsm", "lac", "young carer"], rng.randint(0, 4))
    if rng.random() < .7:
        q["vec"] = [round(v + rng.uniform(-.3, .3), 3) for v in p["vec"]]
    return q


def record(rng, number, block, p):
    """The row that Splink reads: every layout of each value, some of them missing or invalid."""
    year, month, day = p["date"]
    clock = f"{p['second'] // 3600:02d}:{p['second'] // 60 % 60:02d}:{p['second'] % 60:02d}"
    iso = f"{year:04d}-{month:02d}-{day:02d}"
    row = {
        "unique_id": number,
        "block": block,
        "source": "school" if rng.random() < .5 else "clinic",
        "first_name": p["first_name"],
        "surname": p["surname"],
        "full_name": f"{p['first_name']} {p['surname']}",
        "given name": p["first_name"],
        "dmeta": [SOUNDS.get(p["first_name"][0].upper(), "XX"), *(["ALT"] if rng.random() < .2 else [])],
        "sex": p["sex"],
        "dob": iso,
        "dob_uk": f"{day:02d}/{month:02d}/{year:04d}",
        "dob_date": iso,
        "seen_at": f"{iso}T{clock}Z",
        "seen_stamp": f"{iso} {clock}",
        "postcode": p["postcode"],
        "town": p["town"],
        "lat": p["lat"],
        "lon": p["lon"],
        "email": p["email"],
        "height": p["height"],
        "visits": p["visits"],
        "score": rng.choice([0.5, 3.5, 3.5, 7.25]),
        "tags": p["tags"],
        "aliases": [p["first_name"], *([typo(rng, p["first_name"])] if rng.random() < .5 else [])],
        "vec": p["vec"],
    }
    if rng.random() < .06:
        row["dob"] = rng.choice(["1999-02-30", "unknown", f"{year}-{month}-{day}", "1900-01-01"])
    if rng.random() < .05:
        row["dob_uk"] = "31/04/2001"
    if rng.random() < .05:
        row["seen_at"] = iso
    for name in COLUMNS:
        if name not in ("unique_id", "block", "source", "score") and rng.random() < .06:
            row[name] = None
    return row


def people():
    """The table: blocks of records, each one person with variants and somebody else."""
    rng = random.Random(SEED)
    rows = []
    for block in range(BLOCKS):
        first, other = person(rng), person(rng)
        relative = dict(other, surname=first["surname"], postcode=first["postcode"], town=first["town"])
        members = [first, altered(rng, first), altered(rng, first), first if block % 4 else other, relative]
        assert len(members) == BLOCK_SIZE
        rows += [record(rng, len(rows) + i + 1, block, p) for i, p in enumerate(members)]
    return rows


def cell(value):
    """A CSV cell: null is empty, an array is JSON."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value


def figure(value):
    """A number as text, with thirteen figures: the test asks for agreement to a millionth."""
    return f"{value:.13g}" if isinstance(value, float) else value


def probabilities(settings):
    """Gives every level that has none an m and a u, all different, so that a mix-up is seen."""
    for number, comparison in enumerate(settings["comparisons"]):
        levels = [x for x in comparison["comparison_levels"] if not x.get("is_null_level")]
        count = len(levels)
        m = [.9 - .013 * number if i == 0 else (.1 + .013 * number) * (2.1 ** -i) for i in range(count)]
        parts = [(2.3 + .07 * number) ** i for i in range(count)]
        u = [part / sum(parts) for part in parts]
        for level, m_value, u_value in zip(levels, m, u):
            level.setdefault("m_probability", round(m_value, 12))
            level.setdefault("u_probability", round(u_value, 12))
    return settings


def custom(name, *levels):
    """A comparison made of the given levels and everything else."""
    return cl.CustomComparison(output_column_name=name, comparison_levels=[*levels, cll.ElseLevel()])


C = ColumnExpression
JW = cll.JaroWinklerLevel
NULL = cll.NullLevel
EXACT = cll.ExactMatchLevel
HALF_MINUTE = dict(metric="second", threshold=30)

CASES = {
    "strings": ("one string similarity per comparison, thresholds of each", [
        cl.ExactMatch("sex"),
        cl.LevenshteinAtThresholds("first_name", [1, 2]),
        cl.DamerauLevenshteinAtThresholds("surname", [1, 2]).configure(term_frequency_adjustments=True),
        cl.JaroAtThresholds("email", [.95, .8]),
        cl.JaroWinklerAtThresholds("full_name", [.95, .8]),
        cl.JaccardAtThresholds("postcode", [.6, .3]),
        cl.DistanceFunctionAtThresholds("dob", "jaro_similarity", [.9, .4]),
        cl.DistanceFunctionAtThresholds("given name", "levenshtein", [1, 3], higher_is_more_similar=False),
    ]),
    "names": ("the ready-made name comparisons, with term frequency on exact and on partial agreement", [
        cl.NameComparison("first_name", dmeta_col_name="dmeta"),
        cl.NameComparison("surname", jaro_winkler_thresholds=[.95, .88, .6]),
        cl.ForenameSurnameComparison("first_name", "surname"),
        cl.ForenameSurnameComparison("given name", "surname", forename_surname_concat_col_name="full_name"),
    ]),
    "dates": ("dates of birth as text in two layouts and as dates, and points in time", [
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.DateOfBirthComparison("dob_uk", input_is_string=True, datetime_format="%d/%m/%Y", invalid_dates_as_null=False,
                                 datetime_thresholds=[10, 3], datetime_metrics=["day", "year"]),
        cl.DateOfBirthComparison("dob_date", input_is_string=False),
        cl.AbsoluteTimeDifferenceAtThresholds("seen_at", input_is_string=True, metrics=["second", "minute", "hour"],
                                              thresholds=[30, 2, 20]),
        cl.AbsoluteDateDifferenceAtThresholds("seen_stamp", input_is_string=False, metrics=["day", "month"],
                                              thresholds=[1.5, 6], term_frequency_adjustments=True),
    ]),
    "places": ("postcodes, e-mail and distance on the globe", [
        cl.PostcodeComparison("postcode"),
        custom("postcode_valid", *cl.PostcodeComparison("postcode", invalid_postcodes_as_null=True)
               .create_comparison_levels()[:-1]),
        custom("postcode_km", *cl.PostcodeComparison("postcode", lat_col="lat", long_col="lon", km_thresholds=[1, 40])
               .create_comparison_levels()[:-1]),
        cl.DistanceInKMAtThresholds("lat", "lon", [.5, 5, 50]),
        custom("not_null_km", cll.DistanceInKMLevel("lat", "lon", 2.5, not_null=True)),
        cl.EmailComparison("email"),
    ]),
    "numbers": ("numbers, and values that are written in the condition", [
        custom("height", NULL("height"), cll.PercentageDifferenceLevel("height", .0001),
               cll.PercentageDifferenceLevel("height", .05), cll.AbsoluteDifferenceLevel("height", 20.5)),
        custom("visits", NULL("visits"), EXACT("visits"), cll.AbsoluteDifferenceLevel("visits", 3)),
        custom("sex_literal", NULL("sex"), cll.LiteralMatchLevel("sex", "F", "string", "both"),
               cll.LiteralMatchLevel("sex", "F", "string", "left"), cll.LiteralMatchLevel("sex", "F", "string", "right")),
        custom("visits_literal", NULL("visits"), cll.LiteralMatchLevel("visits", "7", "int", "left")),
        custom("score_literal", cll.LiteralMatchLevel("score", "3.5", "float")),
        custom("dob_literal", NULL("dob_date"), cll.Or(cll.LiteralMatchLevel("dob_date", "2000-01-01", "date", "right"),
               EXACT("dob_date"))),
    ]),
    "arrays": ("columns that hold lists", [
        cl.ArrayIntersectAtSizes("tags", [3, 1]),
        custom("tags_subset", NULL("tags"), cll.ArraySubsetLevel("tags"),
               cll.ArraySubsetLevel("tags", empty_is_subset=True)),
        *[custom(f"aliases_{name}", *cl.PairwiseStringDistanceFunctionAtThresholds("aliases", name, cut)
                 .create_comparison_levels()[:-1])
          for name, cut in (("levenshtein", [1]), ("damerau_levenshtein", [1]), ("jaro_winkler", [.85]), ("jaro", [.8]))],
        cl.CosineSimilarityAtThresholds("vec", [.98, .8]),
        custom("alias_ends", NULL(C("aliases").access_extreme_array_element("first")),
               EXACT(C("aliases").access_extreme_array_element("last")),
               EXACT(C("aliases").access_extreme_array_element("first"))),
    ]),
    "composed": ("and, or, not, columns swapped, changed columns, and conditions written by hand", [
        custom("swapped", cll.And(NULL("first_name"), NULL("surname")),
               cll.And(EXACT("first_name"), EXACT("surname")),
               cll.ColumnsReversedLevel("first_name", "surname", symmetrical=True),
               cll.ColumnsReversedLevel("first_name", "surname"),
               cll.Or(EXACT("first_name"), EXACT("surname")),
               cll.And(JW("first_name", .8), cll.Not(NULL("dob")))),
        custom("changed_text", NULL(C("first_name").lower()), EXACT(C("first_name").lower()),
               EXACT(C("first_name").lower().substr(1, 3)), EXACT(C("first_name").substr(1, 1)),
               EXACT(C("surname").regex_extract("([A-Za-z]+)$", 1))),
        custom("changed_date", NULL(C("dob").nullif("1900-01-01").try_parse_date()),
               EXACT(C("dob").try_parse_date()), EXACT(C("dob").substr(1, 4)),
               EXACT(C("visits").cast_to_string().substr(1, 1))),
        custom("by_hand", {"sql_condition": "first_name_l is null or first_name_r is null", "is_null_level": True,
                           "label_for_charts": "null"},
               {"sql_condition": "lower(first_name_l) = lower(first_name_r) and sex_l = sex_r",
                "label_for_charts": "same in lower case, same sex"},
               {"sql_condition": "abs(visits_l - visits_r) <= 2", "label_for_charts": "visits close"},
               {"sql_condition": "substr(dob_l, 1, 4) = substr(dob_r, 1, 4) or dob_l = dob_r",
                "label_for_charts": "year"},
               cll.CustomLevel("jaro_winkler_similarity(upper(surname_l), upper(surname_r)) > 0.75", "surname close")),
        custom("transposed", NULL(C("first_name || surname")), EXACT(C("upper(first_name) || surname")),
               EXACT("upper(surname)")),
    ]),
    "term_frequency": ("every setting of the term-frequency adjustment", [
        custom("first_name", NULL("first_name"),
               EXACT("first_name").configure(tf_adjustment_column="first_name", tf_adjustment_weight=.5),
               JW("first_name", .9).configure(tf_adjustment_column="first_name", tf_adjustment_weight=.25,
                                              tf_minimum_u_value=.02),
               JW("first_name", .7).configure(tf_adjustment_column="first_name", disable_tf_exact_match_detection=True)),
        custom("surname", NULL("surname"),
               EXACT("surname").configure(tf_adjustment_column="surname", tf_minimum_u_value=.05),
               cll.LevenshteinLevel("surname", 2).configure(tf_adjustment_column="surname")),
        custom("town", NULL("town"), EXACT("town").configure(tf_adjustment_column="town", tf_adjustment_weight=1.7)),
        custom("dmeta_tf", cll.And(NULL("dmeta"), NULL("sex")), cll.ArrayIntersectLevel("dmeta", 1).configure(
            tf_adjustment_column="first_name", disable_tf_exact_match_detection=True)),
        custom("given", NULL("given name"), EXACT("given name", term_frequency_adjustments=True)),
        custom("off", NULL("town"), EXACT("town").configure(tf_adjustment_column="town", tf_adjustment_weight=0.0)),
    ]),
}

BLOCKING = [
    block_on("first_name", "sex"),
    block_on("substr(surname, 1, 3)", "given name"),
    block_on(C("surname").lower().substr(1, 2), "town", "block"),
    And(block_on("postcode"), Not(block_on("sex"))),
    And(block_on("dob_date"), Or(block_on("surname"), block_on("email"))),
    CustomRule("l.first_name = r.surname and l.surname = r.first_name"),
    CustomRule("l.block = r.block and levenshtein(l.email, r.email) <= 2"),
    CustomRule("l.town = r.town and substr(l.dob, 1, 4) = substr(r.dob, 1, 4) and l.visits <> r.visits"),
]


def by_source(rows):
    """The rows of the two sources, for the case that links one to the other."""
    return {name: [x for x in rows if x["source"] == name] for name in ("clinic", "school")}


def table(connection, name, rows):
    """Loads rows as a DuckDB table with the declared types and returns its name."""
    columns = ", ".join(f'"{c}" {t}' for c, t in COLUMNS.items())
    connection.execute(f'create table "{name}" ({columns})')
    marks = ", ".join("?" for _ in COLUMNS)
    connection.executemany(f'insert into "{name}" values ({marks})', [[x[c] for c in COLUMNS] for x in rows])
    return name


def linker(settings, tables):
    """A Splink linker over fresh copies of the tables."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    # DuckDB 2 refuses by default the `x -> f(x)` that Splink 5 writes for its pairwise list comparisons.
    connection.execute("set lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    db = DuckDBAPI(connection=connection)
    frames = [db.register(table(connection, name, rows), dataset_display_name=name) for name, rows in tables.items()]
    return connection, Linker(frames if len(frames) > 1 else frames[0], settings, log_level="ERROR")


def settings_of(name, comparisons, blocking, link_type="dedupe_only"):
    """The settings as a dictionary in DuckDB's dialect, without probabilities."""
    return SettingsCreator(
        link_type=link_type,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=blocking,
        probability_two_random_records_match=.0123,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        source_dataset_column_name="source",
        linker_uid=name,
    )


def write_case(out, name, settings, tables, keep="scores"):
    """Saves the settings, scores with the saved file and writes the pairs. Returns the level counts."""
    path = out / f"{name}.settings.json"
    if isinstance(settings, SettingsCreator):
        settings = probabilities(settings.create_settings_dict("duckdb"))
    _, first = linker(settings, tables)
    first.misc.save_model_to_json(str(path), overwrite=True)
    return score(out, name, path, tables, keep)


def score(out, name, path, tables, keep):
    """Scores with the model in the file and writes the pairs, checking that every level is reached."""
    connection, second = linker(str(path), tables)
    predictions = second.inference.predict()
    described = connection.execute(f"select * from {predictions.physical_name} limit 0").description
    names = [d[0] for d in described]
    ids = [c for c in ("source_l", "unique_id_l", "source_r", "unique_id_r") if c in names]
    shown = [*ids, "match_key"]
    if keep == "scores":
        shown += [c for c in names if c.startswith(("gamma_", "mw_"))] + ["match_weight", "match_probability"]
    quoted = ", ".join(f'"{c}"' for c in shown)
    order = ", ".join(str(i + 1) for i in range(len(ids)))
    rows = connection.execute(f"select {quoted} from {predictions.physical_name} order by {order}").fetchall()
    with open(out / f"{name}.pairs.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(shown)
        writer.writerows([figure(v) for v in row] for row in rows)
    if keep == "scores":
        every_level_is_reached(name, json.loads(path.read_text()), shown, rows)
    else:
        rules = len(json.loads(path.read_text())["blocking_rules_to_generate_predictions"])
        missing = set(range(rules)) - {int(row[shown.index("match_key")]) for row in rows}
        UNREACHED.extend(f"{name}: blocking rule {rule}" for rule in sorted(missing))
    print(f"{name}: {len(rows)} pairs")


def every_level_is_reached(name, settings, shown, rows):
    """Notes each level that no pair reaches: the figures would not test it."""
    for comparison in settings["comparisons"]:
        column = "gamma_" + comparison["output_column_name"].replace(" ", "_")
        seen = {row[shown.index(column)] for row in rows}
        levels = comparison["comparison_levels"]
        top = sum(not x.get("is_null_level") for x in levels)
        for level in levels:
            if level.get("is_null_level"):
                wanted = -1
            else:
                top -= 1
                wanted = top
            if wanted not in seen:
                UNREACHED.append(f"{name}: {column} = {wanted} ({level.get('label_for_charts')})")


def trained_settings():
    """Settings whose m and u Splink estimates itself."""
    return settings_of("trained", [
        cl.NameComparison("first_name"),
        cl.NameComparison("surname"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode"),
        cl.ExactMatch("town").configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ], [block_on("block")])


def train(out, tables):
    """Saves a model that Splink trained on the table, as an analyst would have it."""
    _, model = linker(trained_settings(), tables)
    model.training.estimate_probability_two_random_records_match([block_on("first_name", "surname")], recall=.6)
    model.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        model.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    path = out / "trained.settings.json"
    model.misc.save_model_to_json(str(path), overwrite=True)
    return path


def untrained(settings):
    """Settings without any m or u, so that Splink's starting values are what scores."""
    return settings.create_settings_dict("duckdb")


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    rows = people()
    with open(out / "records.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([cell(row[c]) for c in COLUMNS] for row in rows)

    whole = {"people": rows}
    in_block = [block_on("block")]
    about = {}
    for name, (what, comparisons) in CASES.items():
        write_case(out, name, settings_of(name, comparisons, in_block), whole)
        about[name] = what

    score(out, "trained", train(out, whole), whole, "scores")
    about["trained"] = "m, u and the prior estimated by Splink on this table"

    starting = settings_of("starting_values", [cl.ExactMatch("sex"), cl.LevenshteinAtThresholds("surname", 2),
                                               cl.NameComparison("first_name")], in_block)
    write_case(out, "starting_values", untrained(starting), whole)
    about["starting_values"] = "no m and no u in the file: Splink's starting values"

    two = settings_of("two_sources", [cl.NameComparison("first_name"), cl.ExactMatch("surname"),
                                      cl.ExactMatch("town").configure(term_frequency_adjustments=True)],
                      in_block, "link_only")
    write_case(out, "two_sources", two, by_source(rows))
    about["two_sources"] = "link only, clinic to school: term frequencies over both tables together"

    simple = [cl.ExactMatch("sex")]
    write_case(out, "blocking", settings_of("blocking", simple, BLOCKING), whole, keep="pairs")
    about["blocking"] = "the forms of a blocking rule; match_key is the first rule that finds the pair"
    exploded = [block_on("tags", "town", arrays_to_explode=["tags"]), block_on("first_name")]
    write_case(out, "blocking_lists", settings_of("blocking_lists", simple, exploded), whole, keep="pairs")
    about["blocking_lists"] = "a blocking rule on the members of a list"

    (out / "manifest.json").write_text(json.dumps({
        "splink": splink.__version__,
        "duckdb": duckdb.__version__,
        "written_by": "benches/splink_vectors.py",
        "columns": COLUMNS,
        "cases": about,
    }, indent=1) + "\n")
    if UNREACHED:
        sys.exit("no pair reaches\n  " + "\n  ".join(UNREACHED))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
