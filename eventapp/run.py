"""`make run`: everything on one machine, from nothing to a festival in the browser. Ctrl-C stops it all."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from eventapp import config
from eventapp.config import ROOT

TRIES = 20


def main() -> int:
    """Prepare what is missing, start the server and the worker, and keep them until told to stop."""
    os.chdir(ROOT)
    os.environ.setdefault("EVENTAPP_DEMO", "1")
    os.environ["EVENTAPP_BIND"] = free_address(os.environ.get("EVENTAPP_BIND", str(config.DEFAULTS["BIND"])))
    prepare()
    commands = {
        "server": [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"],
        "worker": [sys.executable, "-m", "eventapp.worker"],
    }
    running = {name: subprocess.Popen(command) for name, command in commands.items()}
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    while not stopping and all(process.poll() is None for process in running.values()):
        time.sleep(0.2)
    return end(running, by_hand=bool(stopping))


def free_address(bind: str) -> str:
    """The address asked for, or the next free port when somebody already listens there."""
    if bind.startswith("unix:"):
        return bind
    host, _colon, port = bind.rpartition(":")
    for number in range(int(port), int(port) + TRIES):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), number))
                return f"{host}:{number}"
            except OSError:
                continue
    raise SystemExit(f"No port from {port} on is free; set EVENTAPP_BIND.")


def prepare() -> None:
    """Secret keys, the database in its newest form, the demo festival; and where to look."""
    from flask_migrate import upgrade

    from eventapp import create_app
    from eventapp.db import sqlite_is_mended

    app = create_app()
    with app.app_context():
        if not sqlite_is_mended() and app.config["DATABASE_URL"].startswith("sqlite"):
            print(
                "Note: this SQLite has a known bug with several writers; see docs/operator.md, “SQLite”.",
                flush=True,
            )
        upgrade(directory=str(ROOT / "migrations"))
        if app.config["DEMO"]:
            from eventapp.demo import filling

            if filling.is_empty():
                print("Drawing the demo's pictures, this once ...", flush=True)
            filling.fill_if_empty(Path(app.config["INSTANCE"]))
            print(filling.welcome(f"http://{os.environ['EVENTAPP_BIND']}"), flush=True)
        else:
            print(f"Kouba: http://{os.environ['EVENTAPP_BIND']}", flush=True)


def end(running: dict[str, subprocess.Popen[bytes]], *, by_hand: bool) -> int:
    """Ask every process to finish what it has begun, and wait for it."""
    failed = [name for name, process in running.items() if process.poll() not in {None, 0}]
    for process in running.values():
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in running.values():
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
    if not by_hand:
        print(f"Stopped: {', '.join(failed) or 'a process'} ended by itself.", file=sys.stderr)
    return 0 if by_hand else 1


if __name__ == "__main__":
    raise SystemExit(main())
