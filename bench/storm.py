"""A hall full of phones whose signal comes back at once: each opens a connection of its own and sends what it has kept."""

import asyncio
import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

LONGEST = 120.0  # seconds that a phone waits for its answer


class Met(NamedTuple):
    """What a phone met: the status (0: no connection, or one that broke), the body, and when, in seconds since the beginning."""

    status: int
    body: bytes
    sent_at: float
    answered_at: float


def break_loose(port: int, requests: Sequence[bytes], *, seconds: float) -> list[Met]:
    """Send every request at a random moment of so many seconds, whether the others have been answered or not."""
    return asyncio.run(_all(port, requests, seconds))


async def _all(port: int, requests: Sequence[bytes], seconds: float) -> list[Met]:
    dice, began = Random(2000), time.perf_counter()
    return await asyncio.gather(*[_one(port, one, dice.uniform(0, seconds), began) for one in requests])


async def _one(port: int, request: bytes, at: float, began: float) -> Met:
    await asyncio.sleep(at)
    sent = time.perf_counter() - began
    try:
        status, body = await asyncio.wait_for(_ask(port, request), LONGEST)
    except (OSError, EOFError, ValueError, TimeoutError):
        status, body = 0, b""
    return Met(status, body, sent, time.perf_counter() - began)


async def _ask(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        return int(head[9:12]), await reader.readexactly(length)
    finally:
        writer.close()
