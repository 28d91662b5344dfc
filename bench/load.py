"""A load generator: so many visitors at once over kept-alive sockets, in a process of its own, on loopback only.

One thread waits on all sockets, so that it takes little of the processors it shares with the server. A visit is a
generator: it yields requests and is sent the answers; the time from its first request to its end is what is measured.
A socket carries ten requests and is then opened anew: kept longer, all of them may by chance stay with one worker.
"""

import gc
import re
import select
import socket
import time
from collections.abc import Callable, Generator
from multiprocessing import get_context
from typing import Any, NamedTuple

REQUESTS_A_SOCKET = 10
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
CLOSE = re.compile(rb"\r\nconnection: close", re.IGNORECASE)


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes


Visit = Generator[bytes, Answer, str]  # ends with a word for what came of it: "ok", "full"


class Load(NamedTuple):
    """What visitors met: how many visits ended how, how long each took, in how many seconds altogether."""

    seconds: float
    times: list[float]
    ends: dict[str, int]

    @property
    def rate(self) -> float:
        """Visits a second."""
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        """The time that this share of the visits did not exceed, in seconds."""
        times = sorted(self.times)
        return times[min(len(times) - 1, int(len(times) * share))]


class Unexpected(Exception):
    """The server answered something that ends the measurement."""


class _Client:
    """One visitor after the other on one socket."""

    def __init__(self, port: int, poll: "select.epoll") -> None:
        self.port, self.poll = port, poll
        self.socket: socket.socket | None = None
        self.sent, self.buffer = 0, b""
        self.visit: Visit | None = None
        self.began = 0.0

    def start(self, visit: Visit) -> None:
        self.visit, self.began = visit, time.perf_counter()
        self.send(next(visit))

    def send(self, request: bytes) -> None:
        if self.socket is None or self.sent >= REQUESTS_A_SOCKET:
            self.close()
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.poll.register(self.socket.fileno(), select.EPOLLIN)
            self.sent = 0
        self.sent += 1
        self.socket.sendall(request)

    def close(self) -> None:
        if self.socket is not None:
            self.poll.unregister(self.socket.fileno())
            self.socket.close()
            self.socket = None

    def receive(self) -> Answer | None:
        """The answer, once all of it has come."""
        assert self.socket is not None
        data = self.socket.recv(262_144)
        if not data:
            raise Unexpected("the server closed the connection")
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.buffer[:end]
        status = int(head[9:12])
        length = 0 if status in {204, 304} else _length(head)
        if len(self.buffer) < end + 4 + length:
            return None
        answer = Answer(status, head, self.buffer[end + 4 :])
        self.buffer = b""
        if CLOSE.search(head):
            self.sent = REQUESTS_A_SOCKET
        return answer


def _length(head: bytes) -> int:
    found = LENGTH.search(head)
    if found is None:
        raise Unexpected(f"an answer without Content-Length: {head[:200]!r}")
    return int(found[1])


def drive(port: int, visits: Callable[[], Visit | None], *, clients: int, seconds: float) -> Load:
    """Let `clients` visitors at a time visit until the time is over or `visits` gives None; in a process of its own."""
    context = get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_drive, args=(there, port, visits, clients, seconds))
    process.start()
    there.close()
    try:
        result = here.recv()
    except EOFError:
        result = Unexpected("the load generator ended")
    process.join()
    if isinstance(result, Exception):
        raise result
    return Load(*result)


def _drive(pipe: Any, port: int, visits: Callable[[], Visit | None], clients: int, seconds: float) -> None:
    gc.disable()
    try:
        pipe.send(_visit_all(port, visits, clients, seconds))
    except Exception as error:
        pipe.send(Unexpected(f"{type(error).__name__}: {error}"))


def _visit_all(
    port: int, visits: Callable[[], Visit | None], clients: int, seconds: float
) -> tuple[float, list[float], dict[str, int]]:
    poll = select.epoll()
    times: list[float] = []
    ends: dict[str, int] = {}
    busy: dict[int, _Client] = {}
    began = time.perf_counter()
    deadline = began + seconds

    def begin(client: _Client) -> None:
        visit = visits() if time.perf_counter() < deadline else None
        if visit is None:
            client.close()
            return
        client.start(visit)
        assert client.socket is not None
        busy[client.socket.fileno()] = client

    def go_on(client: _Client, answer: Answer) -> None:
        assert client.visit is not None
        try:
            request = client.visit.send(answer)
        except StopIteration as end:
            times.append(time.perf_counter() - client.began)
            ends[end.value] = ends.get(end.value, 0) + 1
            begin(client)
            return
        client.send(request)
        assert client.socket is not None
        busy[client.socket.fileno()] = client

    for _one in range(clients):
        begin(_Client(port, poll))
    while busy:
        events = poll.poll(60)
        if not events:
            raise Unexpected("no answer within a minute")
        for number, _event in events:
            client = busy[number]
            if (answer := client.receive()) is not None:
                del busy[number]
                go_on(client, answer)
    return time.perf_counter() - began, times, ends
