"""gunicorn for a measurement: started with the product's own flags, asked for its processor time and memory."""

import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "gunicorn.conf.py"
WORKERS = 2
FLAGS = (
    "worker_class",
    "threads",
    "preload_app",
    "keepalive",
    "timeout",
    "graceful_timeout",
    "max_requests",
    "control_socket_disable",
)
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running gunicorn with its workers."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.port, self.process = port, process

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        return [
            int(one)
            for one in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def cpu_seconds(self) -> float:
        """Processor time of the workers so far, in their own code and in the system on their behalf."""
        return sum(_cpu_seconds(worker) for worker in self.workers())

    def megabytes(self) -> float:
        """Memory (PSS) of the whole server; a page that processes share counts once."""
        return sum(_pss(process) for process in [self.process.pid, *self.workers()]) / 1024


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _pss(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise OSError("no Pss")


@contextmanager
def product(instance: Path, **environment: str) -> Iterator[Server]:
    """Kouba itself, under gunicorn.conf.py as it is."""
    with _gunicorn(
        ["--config", str(CONFIG)],
        instance / "gunicorn.log",
        "/health",
        EVENTAPP_INSTANCE=str(instance),
        **environment,
    ) as server:
        yield server


@contextmanager
def floor(application: str, folder: Path, database: Path) -> Iterator[Server]:
    """One of the floors, under the same flags; Kouba's own logger and hooks are left out with the rest of its code."""
    values = runpy.run_path(str(CONFIG))
    config = folder / f"floor_{application}.conf.py"
    config.write_text(
        "".join(f"{name} = {values[name]!r}\n" for name in FLAGS if name in values) + f"workers = {WORKERS}\n"
    )
    arguments = ["--config", str(config), f"bench.floors:{application}()"]
    with _gunicorn(
        arguments, folder / f"floor_{application}.log", "/list", FLOORS_DATABASE=str(database)
    ) as server:
        yield server


@contextmanager
def _gunicorn(arguments: list[str], log: Path, path: str, **environment: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bind = f"127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", bind, *arguments], cwd=ROOT, stdout=output, stderr=output,
            env={**os.environ, "WEB_CONCURRENCY": str(WORKERS), "EVENTAPP_BIND": bind, **environment},
        )  # fmt: skip
        try:
            _wait(port, path, process, log)
            yield Server(port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait(port: int, path: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                answer.read()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"a server did not start:\n{log.read_text()}")
