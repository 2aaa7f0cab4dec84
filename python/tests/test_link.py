"""Tables in and out, the same answer as the command line, and what happens when something is wrong."""

import contextlib
import datetime
import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock
from pathlib import Path

import duckdb
import numpy
import pandas
import plait
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from plait import _plait

PROGRAM = Path(os.environ["PLAIT_PROGRAM"])


def people(n, seed=1):
    """Two tables about the same made-up people, the second with errors, and the truth."""
    random = numpy.random.default_rng(seed)
    word = lambda length: "".join(random.choice(list("abdeiklmnorstu"), length))
    forenames, surnames = [word(5) for _ in range(200)], [word(7) for _ in range(400)]
    person = {
        "forename": random.choice(forenames, n),
        "surname": random.choice(surnames, n),
        "dob": (numpy.datetime64("2008-01-01") + random.integers(0, 4000, n)).astype(str),
        "postcode": [f"PX{a} {b}AB" for a, b in zip(random.integers(1, 60, n), random.integers(1, 9, n))],
    }
    pupils = {"ref": [f"P{at}" for at in range(n)], **person}
    clinic = {"ref": [f"K{at}" for at in range(n)], **{name: list(of) for name, of in person.items()}}
    for at in range(0, n, 9):
        clinic["surname"][at] = clinic["surname"][at][:-1] + "x"
    truth = {
        "source": ["pupils"] * n + ["clinic"] * n,
        "record": pupils["ref"] + clinic["ref"],
        "entity": [str(at) for at in range(n)] * 2,
    }
    return pyarrow.table(pupils), pyarrow.table(clinic), pyarrow.table(truth)


PUPILS, CLINIC, TRUTH = people(300)
# runs long enough to be watched and stopped
LARGE = people(60_000)


class InAndOut(unittest.TestCase):
    def test_every_kind_of_table_gives_the_same_people(self):
        kinds = {
            "pyarrow": lambda table: table,
            "polars": polars.DataFrame,
            "pandas": lambda table: table.to_pandas(),
            "duckdb": lambda table: duckdb.from_arrow(table),
            "batches": lambda table: pyarrow.RecordBatchReader.from_batches(
                table.schema, table.to_batches(max_chunksize=77)
            ),
            "dictionaries": lambda table: pyarrow.table(
                {name: table[name].dictionary_encode() for name in table.column_names}
            ),
            "views": lambda table: table.cast(
                pyarrow.schema([(name, pyarrow.string_view()) for name in table.column_names])
            ),
            "large": lambda table: table.cast(
                pyarrow.schema([(name, pyarrow.large_string()) for name in table.column_names])
            ),
            "categories": lambda table: polars.DataFrame(table).cast(polars.Categorical),
        }
        found = {}
        for kind, make in kinds.items():
            linkage = plait.link({"pupils": make(PUPILS), "clinic": make(CLINIC)}, progress=False)
            found[kind] = linkage.people.to_pyarrow().to_pydict()
        for kind, of_kind in found.items():
            self.assertEqual(of_kind, found["pyarrow"], kind)
        self.assertEqual(len(found["pyarrow"]["record"]), 600)

    def test_columns_are_not_copied(self):
        for name, table in (("pyarrow", PUPILS), ("polars", polars.DataFrame(PUPILS))):
            given = pyarrow.table(table)
            addresses = [column.chunk(0).buffers()[-1].address for column in given.columns]
            taken = _plait.Table.of(given)
            self.assertEqual(taken.addresses(), addresses, name)
            back = pyarrow.table(taken)
            self.assertEqual([column.chunk(0).buffers()[-1].address for column in back.columns], addresses, name)

    def test_results_go_to_every_library_and_print_well(self):
        linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)
        people = linkage.people
        self.assertEqual(people.columns, ["source", "record", "person_id", "confidence"])
        for frame in (people.to_polars(), people.to_pandas(), people.to_pyarrow()):
            self.assertEqual(len(frame), 600)
        self.assertEqual(duckdb.from_arrow(people.to_pyarrow()).count("*").fetchall(), [(600,)])
        shown = repr(people)
        self.assertRegex(shown.splitlines()[0], r"^source +record +person_id +confidence$")
        self.assertEqual(shown.splitlines()[-1], "... 590 more rows")
        self.assertIn("<caption>600 rows</caption>", people._repr_html_())
        self.assertEqual(people.rows(299, 2)[1]["source"], "clinic")
        self.assertIn("pupils", repr(linkage))

    def test_the_command_line_gives_the_same_people_links_and_model(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name, table in (("pupils", PUPILS), ("clinic", CLINIC)):
                pyarrow.parquet.write_table(table, folder / f"{name}.parquet")
            files = [folder / "pupils.parquet", folder / "clinic.parquet"]
            subprocess.run([PROGRAM, "link", *files, "--out", folder / "o"], check=True, capture_output=True)
            of_paths = plait.link(*files, progress=False)
            of_tables = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)
            for linkage in (of_paths, of_tables):
                for table, file in ((linkage.people, "people.parquet"), (linkage.links, "links.parquet")):
                    written = pyarrow.parquet.read_table(folder / "o" / file)
                    self.assertEqual(table.to_pyarrow().to_pydict(), written.to_pydict(), file)
                self.assertEqual(linkage.model.to_toml(), (folder / "o" / "model.toml").read_text())
            path = folder / "o" / "model.toml"
            for model in (path, str(path), path.read_text(), plait.Model.from_toml(path), of_tables.model):
                again = plait.link({"pupils": PUPILS, "clinic": CLINIC}, model=model, progress=False)
                self.assertEqual(again.people.to_pyarrow().to_pydict(), of_tables.people.to_pyarrow().to_pydict())

    def test_a_column_without_a_value_is_empty(self):
        for frame in (
            polars.DataFrame(PUPILS).with_columns(upn=None),
            pandas.DataFrame(PUPILS.to_pydict()).assign(upn=None),
            PUPILS.append_column("upn", pyarrow.nulls(len(PUPILS))),
        ):
            seen = plait.look({"pupils": frame}).columns.rows(n=99)[-1]
            self.assertEqual((seen["column"], seen["role"], seen["distinct"]), ("upn", "other", 0))
        nothing = polars.Series([None] * 2)
        self.assertEqual(plait.similarity.jaro(nothing, ["a", "b"]).to_list(), [None, None])

    def test_days_are_those_of_the_clock_where_they_were_written(self):
        midnights = polars.DataFrame({"dob": [datetime.datetime(2015, 6, 1), datetime.datetime(2016, 1, 2)]})
        for zone in (None, "Europe/London", "UTC", "Asia/Kolkata"):
            there = midnights.with_columns(polars.col("dob").dt.replace_time_zone(zone))
            for frame in (there, there.to_pandas(), there.to_arrow()):
                rows = plait.Table(_plait.Table.of(frame)).rows()
                self.assertEqual([row["dob"] for row in rows], ["2015-06-01", "2016-01-02"], zone)

    def test_a_model_finds_again_what_it_was_learned_from_where_an_address_is_called_a_line(self):
        address = pyarrow.array([f"{at % 90 + 1} {'North South East West'.split()[at % 4]} Street" for at in range(300)])
        pupils, clinic = PUPILS.append_column("address", address), CLINIC.append_column("addr1", address)
        first = plait.link({"pupils": pupils, "clinic": clinic}, progress=False)
        self.assertIn('"address"', first.model.to_toml())
        again = plait.link({"pupils": pupils, "clinic": clinic}, model=first.model, progress=False)
        self.assertEqual(again.links.to_pyarrow().to_pydict(), first.links.to_pyarrow().to_pydict())
        self.assertEqual(again.people.to_pyarrow().to_pydict(), first.people.to_pyarrow().to_pydict())
        self.assertEqual([issue for issue in again.issues if "N024" in issue], [])

    def test_one_thread_and_two_give_the_same(self):
        found = [
            plait.link({"pupils": PUPILS, "clinic": CLINIC}, threads=threads, progress=False) for threads in (1, 2)
        ]
        self.assertEqual(*(linkage.links.to_pyarrow().to_pydict() for linkage in found))


class WhatWasFound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)

    def test_an_explanation_adds_up(self):
        links = self.linkage.links.to_pyarrow().to_pylist()
        for link in links[:20]:
            why = self.linkage.why(f"{link['source_l']}:{link['record_l']}", f"{link['source_r']}:{link['record_r']}")
            self.assertAlmostEqual(sum(term.weight for term in why.terms), why.weight, places=9)
            self.assertAlmostEqual(why.weight, link["match_weight"], places=9)
        self.assertIn("bits", str(why))
        page = why._repr_html_()
        self.assertIn("<svg", page)
        self.assertEqual(re.findall(r"https?://[^\"]*", page), ["http://www.w3.org/2000/svg"])
        self.assertIn("<table>", page)

    def test_pairs_for_review_are_those_of_the_links(self):
        links = self.linkage.links.to_pyarrow().to_pylist()
        review = self.linkage.review.to_pyarrow().to_pylist()
        key = lambda pair: (pair["record_l"], pair["record_r"])
        expected = [pair for pair in links if pair["decision"] == "review"]
        self.assertEqual(sorted(review, key=key), sorted(expected, key=key))

    def test_precision_and_recall_by_threshold(self):
        tradeoff = self.linkage.tradeoff()
        rows = tradeoff.to_pyarrow().to_pylist()
        self.assertEqual(list(rows[0]), ["match_weight", "match_probability", "links", "precision", "recall"])
        cut = self.linkage.run["model"]["link_from"]
        at = [row for row in rows if abs(row["match_probability"] - cut) < 1e-12]
        self.assertEqual([row["links"] for row in at], [self.linkage.run["counts"]["links"]])
        page = tradeoff._repr_html_()
        self.assertIn("<svg", page)
        self.assertIn("<table>", page)
        self.assertEqual(re.findall(r"https?://[^\"]*", page), ["http://www.w3.org/2000/svg"])
        for options in ({"method": "exact-4"}, {"threshold": 0.0}):
            other = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False, **options).tradeoff()
            self.assertTrue(all(row["links"] > 0 for row in other.to_pyarrow().to_pylist()[:1]), options)
            self.assertNotRegex(other._repr_html_(), "NaN|inf")
        given = plait.link({"pupils": PUPILS, "clinic": CLINIC}, truth=TRUTH, progress=False)
        score, cut = given.score(TRUTH), given.run["model"]["link_from"]
        rows = given.tradeoff().to_pyarrow().to_pylist()
        at = next(row for row in rows if abs(row["match_probability"] - cut) < 1e-12)
        self.assertAlmostEqual(at["true_precision"], score["precision"])
        self.assertAlmostEqual(at["true_recall"], score["recall"])
        self.assertEqual(given.tradeoff().columns[-2:], ["true_precision", "true_recall"])

    def test_pairs_are_weighed_as_their_links_are(self):
        links = self.linkage.links.to_pyarrow()
        weighed = self.linkage.weights(links).to_pyarrow()
        self.assertEqual(weighed["match_weight"].to_pylist(), links["match_weight"].to_pylist())
        nobody = links.slice(0, 1).set_column(
            links.column_names.index("record_l"), "record_l", pyarrow.array(["nobody"])
        )
        with self.assertRaisesRegex(plait.UsageError, "row 1 names a record that is not in its source"):
            self.linkage.weights(nobody)

    def test_no_pairs_are_weighed_into_an_empty_table(self):
        links = self.linkage.links.to_pyarrow()
        weighed = self.linkage.weights(links.slice(0, 0)).to_pyarrow()
        self.assertEqual(weighed.num_rows, 0)
        self.assertEqual(weighed.schema, self.linkage.weights(links).to_pyarrow().schema)

    def test_a_table_in_memory_is_not_taken_for_a_return(self):
        with self.assertRaisesRegex(plait.UsageError, "pupils is a table in memory, and is_a says"):
            plait.link({"pupils": PUPILS, "clinic": CLINIC}, is_a={"pupils": "school-census"}, progress=False)

    def test_tables_beside_the_sources_do_what_their_files_do(self):
        link = self.linkage.links.to_pyarrow().to_pylist()[0]
        pair = {name: [link[name]] for name in ("source_l", "record_l", "source_r", "record_r")}
        tables = {
            "truth": TRUTH,
            "constraints": pyarrow.table({**pair, "constraint": ["cannot_link"]}),
            "labels": pyarrow.table({**pair, "label": ["non_match"]}),
            "names": pyarrow.table({"name": ["Amara"], "variant": ["Ama"]}),
        }
        with tempfile.TemporaryDirectory() as folder:
            files = {}
            for name, table in tables.items():
                files[name] = Path(folder) / f"{name}.parquet"
                pyarrow.parquet.write_table(table, files[name])
            of_files, of_tables = (
                plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False, **given) for given in (files, tables)
            )
        self.assertEqual(of_tables.people.to_pyarrow().to_pydict(), of_files.people.to_pyarrow().to_pydict())
        self.assertEqual(of_tables.run["constraints"]["kept_apart"], 1)
        self.assertEqual(of_tables.run["truth"], {**of_files.run["truth"], "file": "truth"})
        self.assertEqual(of_tables.run["labels"]["pairs"], 1)

    def test_figures_and_pages(self):
        scores = self.linkage.score(TRUTH)
        self.assertGreater(scores["f1"], 0.97)
        self.assertEqual((scores["records"], scores["known_records"]), (600, 600))
        self.assertIn("estimates", self.linkage.quality())
        self.assertTrue(self.linkage.by_group())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            page = self.linkage.report(path)
            self.assertEqual(path.read_text(encoding="utf-8"), page)
        for page in (page, self.linkage.quality_report()):
            self.assertNotRegex(page, r"(src|href)=\"https?:")


    def test_figures_are_tables_in_a_notebook(self):
        page = self.linkage.score(TRUTH)._repr_html_()
        self.assertIn("<th>f1</th>", page)
        for figures in (self.linkage.quality(), self.linkage.by_group()):
            self.assertIn("<table>", figures._repr_html_())
            self.assertNotIn("{'", figures._repr_html_())
        shown = plait.Figures(all_but=0.99996, some=0.57, unknown=float("nan"), little=2e-6, none=0.0, weight=12345.5, n=12_000, of={"<b>": [1, 0.25]})
        self.assertEqual(
            re.findall(r"<t[hd]>([^<]*)</t[hd]>", shown._repr_html_()),
            ["all but", "0.9999", "some", "0.5700", "unknown", "nan", "little", "2.0e-06", "none", "0.0000", "weight", "12,345.5", "n", "12,000", "of"]
            + ["&lt;b&gt;", "1, 0.2500"],
        )

    def test_rows_have_numbers_as_numbers(self):
        row = self.linkage.links.rows(n=1)[0]
        self.assertEqual(row, self.linkage.links.to_pyarrow().slice(0, 1).to_pylist()[0])
        told = pyarrow.table({"whole": [7, None], "share": [0.5, 2.0], "is": [True, False], "day": [datetime.date(2026, 1, 2)] * 2})
        self.assertEqual(
            plait.Table(_plait.Table.of(told)).rows(),
            [
                {"whole": 7, "share": 0.5, "is": True, "day": "2026-01-02"},
                {"whole": None, "share": 2.0, "is": False, "day": "2026-01-02"},
            ],
        )


class WhatIsWrong(unittest.TestCase):
    def test_errors_say_what_and_what_to_do(self):
        cases = [
            (plait.InputError, "E010", [pyarrow.table({"x": ["1"]}), pyarrow.table({"y": ["2"]})], {}),
            (plait.InputError, None, [PUPILS.slice(0, 0), CLINIC], {}),
            (plait.PlaitError, None, [PUPILS, CLINIC], {"roles": {"surnam": "surname"}}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"threads": 0}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"is_a": {"nobody": "cin-census"}}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"authority": {"nobody": "302"}}),
        ]
        for kind, code, (left, right), options in cases:
            with self.assertRaises(kind) as caught:
                plait.link({"pupils": left, "clinic": right}, progress=False, **options)
            error = caught.exception
            self.assertTrue(error.help and error.what, str(error))
            self.assertEqual(len(str(error).splitlines()), 1)
            if code:
                self.assertEqual(error.code, code)
            for value in ("Okafor", "P1"):
                self.assertNotIn(value, str(error))

    def test_what_is_no_table_is_named(self):
        with self.assertRaisesRegex(TypeError, "a list is no table"):
            plait.link([1, 2, 3])

    def test_words_that_plait_does_not_know_are_said_with_those_that_it_knows(self):
        for options, said in (
            ({"method": "magic"}, "mavis"),
            ({"link_type": "both"}, "link_only"),
            ({"roles": {"surname": "sirname"}}, "did you mean surname"),
            ({"ages_on": "soon"}, "YYYY-MM-DD"),
            ({"authority": {"pupils": "Barnet"}}, "302"),
        ):
            with self.assertRaises(plait.UsageError) as caught:
                plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False, **options)
            self.assertIn(said, caught.exception.help)

    def test_an_option_of_another_type_is_named_with_what_to_give(self):
        for options, what, help in (
            ({"threshold": "0.9"}, "threshold is a str", "a number"),
            ({"threshold": True}, "threshold is a bool", "a number"),
            ({"threads": -1}, "threads is out of range", "from 1 to 65,535"),
            ({"threads": 1.5}, "threads is a float", "a whole number"),
            ({"seed": -1}, "seed is out of range", "from 0 to"),
            ({"seed": 1 << 64}, "seed is out of range", "18,446,744,073,709,551,615"),
            ({"seed": None}, "seed is a NoneType", "a whole number"),
            ({"threshold": 10**400}, "threshold is too large a number", "such as 0.95"),
            ({"ages_on": pandas.NaT}, "ages_on is a pandas NaTType", "YYYY-MM-DD"),
            ({"ages_on": 2026}, "ages_on is an int", "YYYY-MM-DD"),
            ({"link_type": 3}, "link_type is an int", "text"),
            ({"method": 3}, "method is an int", "text"),
            ({"model": 3}, "model is an int", "a plait.Model"),
            ({"roles": ["surname"]}, "roles is a list", 'roles={"Cms Id": "record_id"}'),
            ({"roles": {"surname": None}}, 'roles["surname"] is a NoneType', "a dict"),
            ({"is_a": {1: "school-census"}}, "a key of is_a is an int", "a dict"),
            ({"progress": 3}, "progress is an int", "a function"),
        ):
            with self.assertRaises(plait.UsageError) as caught:
                plait.link({"pupils": PUPILS, "clinic": CLINIC}, **{"progress": False, **options})
            self.assertEqual((caught.exception.code, caught.exception.what), ("E016", what))
            self.assertIn(help, caught.exception.help)
        linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)
        for call in (
            lambda: linkage.why(1, 2),
            lambda: linkage.why(None, "P1"),
            lambda: linkage.people.rows(n=-1),
            lambda: linkage.people.rows(n=None),
            lambda: plait.link({1: PUPILS}),
            lambda: plait.link({None: PUPILS}),
        ):
            with self.assertRaises(plait.UsageError):
                call()
        for call in (plait.link, lambda: plait.link({})):
            with self.assertRaisesRegex(plait.UsageError, "no source was given"):
                call()

    def test_a_day_is_a_date_or_text(self):
        day = datetime.date(2026, 3, 31)
        given = [plait.link({"pupils": PUPILS, "clinic": CLINIC}, ages_on=on, progress=False) for on in (day, str(day))]
        self.assertEqual(given[0].by_group(), given[1].by_group())

    def test_a_column_of_values_of_several_types_is_named_and_none_of_them_shown(self):
        none_is_null = pyarrow.schema([pyarrow.field("name", pyarrow.string(), nullable=False)])
        relation = duckdb.sql("select cast(n as int) as n from (values ('AB12')) as t(n)")
        for given, what in (
            (pandas.DataFrame({"id": [1, "AB12"], "forename": ["Ann", "Bob"]}), "column 1 holds values of several types"),
            # a file without headers
            (pandas.DataFrame({"Ann": ["Bob", "Eve"], "AB12": [1, "AB34"], "7": [b"x", 2]}), "columns 2 and 3 hold"),
            (pyarrow.Table.from_arrays([["AB12", None]], schema=none_is_null), "cannot be had from a pyarrow Table"),
            (relation, "cannot be had from a"),
        ):
            with self.assertRaises(plait.InputError) as caught:
                plait.look({"pupils": given})
            error = caught.exception
            self.assertEqual((error.code, error.place), ("E027", "pupils"))
            self.assertIn(what, error.what)
            self.assertIsNone(error.__context__)
            for value in ("AB12", "Ann"):
                self.assertNotIn(value, f"{error} {error.why} {error.help}")

    def test_bytes_that_are_no_text_are_refused(self):
        buffers = [None, pyarrow.py_buffer(numpy.array([0, 2, 4], "int32")), pyarrow.py_buffer(b"\xff\xfeab")]
        damaged = pyarrow.table({"name": pyarrow.Array.from_buffers(pyarrow.string(), 2, buffers), "id": ["1", "2"]})
        with self.assertRaises(plait.InputError) as caught:
            plait.look({"pupils": damaged})
        self.assertEqual((caught.exception.code, caught.exception.place), ("E027", "pupils"))
        self.assertIn('"name"', caught.exception.what)
        with self.assertRaises(plait.InputError):
            plait.similarity.jaro(damaged["name"], damaged["id"])
        # in a dictionary too, also where only a later batch has it
        sound = pyarrow.array(["a", "b"]).dictionary_encode()
        spoilt = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 1], "int32"), damaged["name"].chunk(0))
        for chunks, is_damaged in (([sound, spoilt], True), ([spoilt, sound], True), ([sound, sound], False)):
            given = pyarrow.table({"name": pyarrow.chunked_array(chunks), "id": ["1", "2", "3", "4"]})
            if is_damaged:
                with self.assertRaises(plait.InputError):
                    plait.look({"pupils": given})
            else:
                plait.look({"pupils": given})

    def test_options_are_called_as_in_python(self):
        with self.assertRaises(plait.PlaitError) as caught:
            plait.link({"pupils": pyarrow.table({"x": ["1", "2"]}), "clinic": CLINIC}, progress=False)
        said = f"{caught.exception} {caught.exception.why} {caught.exception.help}"
        self.assertNotIn("--", said)

    def test_an_error_goes_to_another_process_whole(self):
        with self.assertRaises(plait.UsageError) as caught:
            plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False, threads=0)
        error = caught.exception
        again = pickle.loads(pickle.dumps(error))
        self.assertIs(type(again), plait.UsageError)
        self.assertEqual((str(again), again.help, again.others), (str(error), error.help, error.others))

    def test_columns_of_no_single_values_are_refused_with_a_cast_that_helps(self):
        n = len(PUPILS)
        list_of_text = pyarrow.array([["a", "b"]] * n)
        columns = {
            "tags": list_of_text,
            "home": pyarrow.array([{"town": "x"}] * n),
            "code": pyarrow.array([b"a"] * n),
            "stay": pyarrow.array([datetime.timedelta(days=2)] * n),
        }
        for name, column in columns.items():
            with self.assertRaises(plait.InputError) as caught:
                plait.link({"pupils": PUPILS.append_column(name, column), "clinic": CLINIC}, progress=False)
            error = caught.exception
            self.assertEqual((error.code, error.place), ("E027", "pupils"))
            self.assertIn(f'"{name}"', error.what)
            self.assertIn("polars", error.help)
        frame = polars.DataFrame(PUPILS.append_column("tags", list_of_text))
        with self.assertRaises(plait.InputError) as caught:
            plait.look(frame)
        cast = re.search(r"in polars (.*), in pyarrow (.*);", caught.exception.help)
        mended = frame.with_columns(eval(cast[1], {"pl": polars}))
        self.assertEqual(mended["tags"][0], "a;b")
        table = PUPILS.append_column("tags", list_of_text)
        mended = eval(cast[2], {"pa": pyarrow, "pc": pyarrow.compute, "table": table})
        self.assertEqual(mended[0].as_py(), "a;b")
        plait.look(table.set_column(len(table.column_names) - 1, "tags", mended))

    def test_tables_beside_the_sources_of_such_columns_are_refused_too(self):
        listed = TRUTH.append_column("tags", pyarrow.array([["a"]] * len(TRUTH)))
        with self.assertRaises(plait.InputError) as caught:
            plait.link({"pupils": PUPILS, "clinic": CLINIC}, truth=listed, progress=False)
        self.assertEqual((caught.exception.code, caught.exception.place), ("E027", "truth"))

    def test_nobody_in_common_is_said(self):
        with self.assertRaises(plait.PlaitError):
            plait.link({"pupils": PUPILS.slice(0, 20), "clinic": people(20, seed=99)[1]}, progress=False)

    def test_no_rows_and_no_links_are_said(self):
        with self.assertRaises(plait.InputError) as caught:
            plait.look(PUPILS.slice(0, 0))
        self.assertEqual(caught.exception.code, "E004")
        model = plait.Model("strict").compare("forename").compare("surname").block_on("forename")
        others = CLINIC.set_column(2, "surname", pyarrow.array(["zzyzx"] * len(CLINIC)))
        with self.assertRaises(plait.QualityError) as caught:
            plait.link({"pupils": PUPILS, "clinic": others}, model=model, threshold=1.0, progress=False)
        self.assertIn(caught.exception.code, ("E040", "E041"))

    def test_control_c_stops_a_run(self):
        # a shell that starts this in the background has it ignored
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        with self.assertRaises(KeyboardInterrupt):
            plait.link(
                {"pupils": LARGE[0], "clinic": LARGE[1]},
                progress=lambda stage, share: signal.raise_signal(signal.SIGINT),
            )

    def test_an_error_of_the_progress_is_the_callers(self):
        def progress(stage, share):
            raise ArithmeticError(stage)

        with self.assertRaises(ArithmeticError):
            plait.link({"pupils": LARGE[0], "clinic": LARGE[1]}, progress=progress)


class Progress(unittest.TestCase):
    def test_in_a_notebook_a_display_is_updated_and_nothing_of_it_stays(self):
        shown = []

        class Handle:
            def update(self, said):
                shown.append(said)

        def display(said, display_id):
            shown.append(said)
            return Handle()

        page = types.ModuleType("IPython.display")
        page.display, page.HTML = display, str
        notebook = types.ModuleType("IPython")
        notebook.display = page
        notebook.get_ipython = lambda: types.SimpleNamespace(kernel=object())
        with unittest.mock.patch.dict(sys.modules, {"IPython": notebook, "IPython.display": page}):
            plait.link({"pupils": LARGE[0], "clinic": LARGE[1]})
        self.assertGreater(len(shown), 2)
        self.assertRegex(shown[0], r'<progress max="100" value="\d+"></progress> \w.* \d+%')
        self.assertEqual(shown[-1], "")

    def test_a_shell_without_a_kernel_is_no_notebook(self):
        shell = types.ModuleType("IPython")
        shell.get_ipython = lambda: types.SimpleNamespace()
        with unittest.mock.patch.dict(sys.modules, {"IPython": shell}):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                plait.link({"pupils": PUPILS, "clinic": CLINIC})
        self.assertEqual(said.getvalue(), "")

    def test_a_line_is_drawn_where_it_is_asked_for_and_cleared(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            plait.link({"pupils": LARGE[0], "clinic": LARGE[1]}, progress=True)
        self.assertRegex(said.getvalue(), r"^\r\w+.* +\d+%")
        self.assertRegex(said.getvalue(), r"\r +\r$")


class ThePackage(unittest.TestCase):
    def test_nothing_else_is_imported(self):
        code = "import sys, json, plait; print(json.dumps(sorted(sys.modules)))"
        said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        self.assertFalse({"polars", "pandas", "pyarrow", "numpy", "duckdb"} & set(json.loads(said)))

    def test_it_is_imported_at_once(self):
        # the time of the processor, which other programs on the machine do not change
        code = "import time; t = time.process_time(); import plait; print(time.process_time() - t)"
        run = lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        self.assertLess(min(float(run().stdout) for _ in range(7)), 0.060)

    def test_python_and_the_command_line_are_of_one_version(self):
        said = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(said.split()[1], plait.__version__)


if __name__ == "__main__":
    unittest.main()
