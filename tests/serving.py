"""A real server for tests: gunicorn on a free port with the product's own flags, and plain HTTP clients for it."""

import http.cookiejar
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup

from eventapp import ROOT


@contextmanager
def gunicorn(
    database_url: str, instance: Path, *, workers: int = 2, **environment: str
) -> Iterator["Server"]:
    """Serve until the block is left. The clock starts at the tests' time, which only a loopback server obeys."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    values = {
        "EVENTAPP_BIND": bind, "EVENTAPP_DATABASE_URL": database_url, "EVENTAPP_NOW": "2026-10-01T09:00",
        "EVENTAPP_SECRET_KEY": "a secret of the tests, long enough to be taken", "WEB_CONCURRENCY": str(workers),
        "EVENTAPP_INSTANCE": str(instance), **environment,
    }  # fmt: skip
    log = (instance / "gunicorn.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", bind],
        cwd=ROOT, env={**os.environ, **values}, stdout=log, stderr=log,
    )  # fmt: skip
    server = Server(f"http://{bind}", process, instance)
    try:
        server.wait_until_ready()
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


class Server:
    """A running gunicorn: its address and its worker processes."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]", instance: Path) -> None:
        self.url = url
        self.process = process
        self.instance = instance

    def wait_until_ready(self) -> None:
        for _attempt in range(600):
            if self.process.poll() is not None:
                raise AssertionError((self.instance / "gunicorn.log").read_text())
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).read()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                self.process.poll()
                socket.socket().close()
                _pause()
        raise AssertionError("the server did not start")

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(one) for one in children.split()]

    def kill_a_worker(self, number: int) -> None:
        """SIGKILL, as a power cut or the system's memory guard would."""
        living = self.workers()
        if living:
            os.kill(living[number % len(living)], signal.SIGKILL)


def kill_workers(
    server: Server,
    work: Callable[[int], None],
    done: threading.Event,
    *,
    clients: int,
    kills: int,
    is_due: Callable[[int], bool],
) -> None:
    """`work(client)` in threads until `done`; meanwhile a worker is killed, again and again, each time when `is_due(kill)`."""
    dice = random.Random(9)
    threads = [threading.Thread(target=work, args=(one,)) for one in range(clients)]
    for one in threads:
        one.start()
    for kill in range(1, kills + 1):
        while not is_due(kill) and any(one.is_alive() for one in threads):
            done.wait(0.005)
        server.kill_a_worker(dice.randrange(10))
    done.set()
    for one in threads:
        one.join()


def _pause() -> None:
    """Let the server's process have the processor; nothing is asserted about how long it takes."""
    import select

    select.select([], [], [], 0.05)


class Browser:
    """Cookies and forms over real HTTP, nothing more."""

    def __init__(self, server: Server) -> None:
        self.server = server
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.opener.addheaders = [("Accept-Language", "en")]

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self._url(path)))

    def post(self, path: str, values: dict[str, str]) -> tuple[int, str]:
        body = urllib.parse.urlencode(values, doseq=True).encode()
        return self._open(
            urllib.request.Request(self._url(path), data=body, headers={"Origin": self.server.url})
        )

    def _url(self, path: str) -> str:
        return urllib.parse.urljoin(self.server.url, path)

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")


def form_of(html: str, action: str) -> tuple[str, dict[str, str]]:
    """Action and values of the form whose action contains `action`."""
    from tests.visiting import form_values

    for form in BeautifulSoup(html, "html.parser").find_all("form"):
        if action in str(form.get("action")):
            return str(form["action"]), form_values(form)
    raise AssertionError(f"no form {action!r}")
