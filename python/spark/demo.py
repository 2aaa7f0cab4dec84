"""Links made-up people on a cluster of this machine, and says how long each stage took.

usage: demo.py PROGRAM FOLDER [CHILDREN]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import plait
import polars
from cluster import Cluster
from plait import spark as on_spark


def made(program: str, folder: Path, children: int, seed: int) -> dict[str, Path]:
    """Two files of people who do not exist, which share no key."""
    command = [program, "synth", "people", "--children", str(children), "--seed", str(seed), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    census = folder / "school_census.parquet"
    polars.read_csv(folder / "school_census.csv", infer_schema=False).write_parquet(census)
    return {"school_census": census, "social_care": folder / "social_care.parquet"}


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    children = int(sys.argv[3]) if len(sys.argv) > 3 else 800_000
    print(f"making up {children:,} children")
    files = made(program, folder / "all", children, 1)
    print("learning a model from 20,000 others")
    model = plait.link(dict(made(program, folder / "few", 20_000, 2)), progress=False).model
    print("starting a master and two workers")
    with Cluster(workers=2, cores=1) as cluster:
        spark = cluster.open(2, memory="2g")
        frames = {name: spark.read.parquet(str(path)) for name, path in files.items()}
        begin = time.monotonic()
        with on_spark.link(spark, frames, model, progress=True) as found:
            print(found.summary())
            for stage, seconds in found.facts["seconds"].items():
                print(f"  {stage:32} {seconds:6.1f} s")
            print(f"  {'in all':32} {time.monotonic() - begin:6.1f} s")
            people, links = folder / "people", folder / "links"
            found.people.write.mode("overwrite").parquet(str(people))
            found.links.write.mode("overwrite").parquet(str(links))
            print(f"{people} and {links} hold the people and the links.")


if __name__ == "__main__":
    main()
