"""Small valid files for the fuzzer to start from, one folder per target.

What `plait synth borough` makes up; a file per nested return, written from its specification; Parquet, Arrow and Excel
files by the example `small_files`; a few lines of text as other programs write them. Nobody in them exists.
"""

import io
import json
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAIT = ROOT / "target/release/plait"
SMALL_FILES = ROOT / "target/release/examples/small_files"

VALUES = {
    "date": "2012-03-04", "integer": "3", "number": "2.5", "boolean": "true", "upn": "A999000000001", "time": "09:30",
    "nhs_number": "9990000018", "postcode": "ZZ99 3CZ", "authority": "999", "urn": "100000", "uln": "1000000000",
}

TEXTS = {
    "quotes": b'forename,surname,dob\n"Ava","O""Neil",2012-03-04\n"two\nlines", "x" ,\n\n,,\n',
    "semicolons": b"sep=;\r\nforename;surname;dob\r\nAva;Khan;04/03/2012\r\nNoah;;05/03/2012\r\n",
    "tabs": "\ufeffforename\tsurname\nZo\u00eb\tM\u00fcller\n".encode(),
    "bars": b"People of a school\n\nforename|surname\nAva|Khan\nNoah|Lee|more\n",
    "windows": b"forename,surname\rZo\xeb,O\x92Brien\rAva,\x81\r",
    "utf16le": "\ufeffforename,surname\r\nZo\u00eb,Khan\r\n".encode("utf-16-le"),
    "utf16be": "forename,surname\r\nAva,Khan\r\nNoah,Lee\r\n".encode("utf-16-be"),
    "numbers": b"id,upn,dob\n0000012,3.02E+11,40179\n12,A999000000001,40180\n",
}


def nested_text(node, name="Message", depth=0):
    """A tree of elements as XML."""
    if not isinstance(node, dict):
        return f"<{name}>{node}</{name}>"
    inner = "\n".join(" " * depth + nested_text(below, key, depth + 1) for key, below in node.items())
    return f"<{name}>\n{inner}\n</{name}>"


def put(tree, path, value):
    """Puts a value at a path of elements."""
    *above, last = [part for part in path.split("/") if part not in ("", ".")]
    for part in above:
        if not isinstance(tree.get(part), dict):
            tree[part] = {}
        tree = tree[part]
    if not isinstance(tree.get(last), dict):
        tree[last] = value


def nested_return(spec):
    """One row of each table of a return, as a tree of elements."""
    tree, xml = {}, spec["xml"] or {}
    for table in spec["tables"]:
        for column in table["columns"] if table["element"] else []:
            name = column["name"] if column["element"] is None else column["element"]
            if name != "-":
                put(tree, f"{table['element']}/{name}", VALUES.get(column["kind"], "1"))
    for key, value in (("year", spec["year"]), ("term", (spec["terms"] or [""])[0]), ("authority", "999")):
        if xml.get(key):
            put(tree, xml[key], value)
    if xml.get("collection"):
        put(tree, *xml["collection"])
    return tree


def zipped(files, compression):
    """An archive of files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as opened:
        for file in files:
            opened.writestr(zipfile.ZipInfo(f"return/{file.name}"), file.read_bytes(), compression)
    return archive.getvalue()


def said(*arguments):
    """What a command prints."""
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def make(corpus, work, others):
    """Writes the seeds of every target below `corpus`. `work` is for temporary files, `others` a folder of more."""
    seeds = {target: {} for target in ("csv", "detect", "ipc", "json", "parquet", "xlsx", "xml", "zip")}
    kinds = {".csv": ["csv"], ".xml": ["xml"], ".json": ["json"], ".xlsx": ["xlsx"], ".zip": ["zip"],
             ".parquet": ["parquet"], ".arrow": ["ipc"], ".arrows": ["ipc"]}

    def add(name, content):
        if len(content) <= 32 << 10:
            for target in kinds.get(Path(name).suffix.lower(), []) + ["detect"]:
                seeds[target][name] = content

    said(PLAIT, "synth", "borough", "--children", "80", "--seed", "1", "--out", work / "borough")
    said(SMALL_FILES, work)
    for name, content in TEXTS.items():
        add(f"{name}.csv", content)
    # in the order of years, so that the newest of each return stays
    returns = {spec["return"]: spec for spec in json.loads(said(PLAIT, "specs", "list", "--json"))}
    for spec in returns.values():
        described = json.loads(said(PLAIT, "specs", "show", spec["id"], "--json"))
        if "xml" in spec["forms"]:
            add(f"{spec['id']}.xml", nested_text(nested_return(described)).encode())
        if "json" in spec["forms"]:
            tree = nested_return(described)
            add(f"{spec['id']}.json", json.dumps(tree, indent=1).encode())
            add(f"{spec['id']}-list.json", json.dumps(list(tree.values())).encode())
    folders = [folder for folder in (work / "borough").iterdir() if folder.is_dir() and folder.name != "truth"]
    for folder in folders:
        for kind, compression in (("stored", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED)):
            add(f"{folder.name}-{kind}.zip", zipped(sorted(folder.glob("*.csv")), compression))
    add("xml.zip", zipped([work / "borough/children_in_need_2026.xml"], zipfile.ZIP_DEFLATED))
    for folder in [work, *([others] if others else [])]:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                add("-".join(file.relative_to(folder).parts), file.read_bytes())
    for target, files in seeds.items():
        (corpus / target).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (corpus / target / f"seed-{name}").write_bytes(content)
