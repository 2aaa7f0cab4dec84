"""A cluster of Spark's own kind on this machine: a master and workers on the loopback address."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Cluster:
    """Runs from ``with`` to its end; everything it writes goes with it. ``environment`` is that of its workers and executors."""

    def __init__(
        self, workers: int = 2, cores: int = 1, memory: str = "3g", environment: Mapping[str, str] | None = None
    ) -> None:
        import pyspark

        self.home = Path(os.environ.get("SPARK_HOME") or str(Path(pyspark.__file__).parent))
        self.folder = Path(tempfile.mkdtemp(prefix="plait-spark-"))
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.shape = (workers, cores, memory)
        self.environment = {**os.environ, **(environment or {})}
        self.workers: list[subprocess.Popen[bytes]] = []
        self.session: Any = None

    def __enter__(self) -> Cluster:
        workers, cores, memory = self.shape
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--webui-port", str(free_port())]
        self.master = self._start("master", "org.apache.spark.deploy.master.Master", place)
        self._wait_for(self.port)
        for number in range(workers):
            folder = self.folder / f"worker-{number}"
            size = ["--cores", str(cores), "--memory", memory, "--work-dir", str(folder)]
            place = ["--host", "127.0.0.1", "--webui-port", str(free_port()), *size, self.url]
            self.workers.append(self._start(f"worker-{number}", "org.apache.spark.deploy.worker.Worker", place))
        return self

    def _start(self, name: str, what: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        own = {
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_DAEMON_MEMORY": "512m",
            "PYSPARK_PYTHON": sys.executable,
        }
        command = [str(self.home / "bin" / "spark-class"), what, *arguments]
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command, env={**self.environment, **own}, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_for(self, port: int) -> None:
        for _ in range(600):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "master.log").read_text(errors="replace"))

    def open(self, executors: int, memory: str = "1g", cores: int = 1, **settings: str) -> Any:
        """A session with so many executors, in the place of the one before."""
        from pyspark.sql import SparkSession

        self.close()
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        builder = SparkSession.builder.master(self.url).appName("plait")
        own = {
            "spark.executor.cores": str(cores),
            "spark.executor.memory": memory,
            "spark.cores.max": str(executors * cores),
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.local.dir": str(self.folder / "local"),
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
        }
        for name, value in {**own, **settings}.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")
        return self.session

    def close(self) -> None:
        if self.session is not None:
            self.session.stop()
            self.session = None

    def kill_worker(self, number: int) -> None:
        """Ends a worker and its executors at once, as a machine that is switched off."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        folder = str(self.folder / f"worker-{number}")
        for process in Path("/proc").iterdir():
            # executors are in a group of their own
            if process.name.isdigit() and _runs_in(process, folder):
                os.kill(int(process.name), signal.SIGKILL)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        for process in [*self.workers, self.master]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


def _runs_in(process: Path, folder: str) -> bool:
    try:
        return os.readlink(process / "cwd").startswith(folder)
    except OSError:
        return False
