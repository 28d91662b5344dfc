"""`make bench`: measure, print the table, write BENCH_JSON, and fail where something that must be is not."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import festival, floors, servers, stamps, statements, table, visits, walks
from bench.load import drive
from bench.rounds import CLIENTS, Pair, Rounds
from bench.servers import Server
from bench.table import Row

SECTIONS = ("pages", "stamps", "walks")
IN_PROCESS = {"walks"}  # without servers


def main(asked: Sequence[str] = ()) -> int:
    """All of it: some three minutes, or under one with BENCH_QUICK=1. `python -m bench stamps walks` measures these parts alone."""
    began = time.monotonic()
    if unknown := set(asked) - set(SECTIONS):
        raise SystemExit(f"{', '.join(sorted(unknown))}: not one of {', '.join(SECTIONS)}")
    asked, quick = asked or SECTIONS, os.environ.get("BENCH_QUICK") == "1"
    rows: list[Row] = []
    others: dict[str, str] = {}
    with TemporaryDirectory(prefix="kouba-bench-") as folder:
        if set(asked) - IN_PROCESS:
            rows, others = _sections(Path(folder), asked, quick=quick)
        if "walks" in asked:
            more, figures = walks.measure(Path(folder), quick=quick)
            rows, others = rows + more, others | figures
    table.show(rows, others)
    table.write(rows, others, time.monotonic() - began)
    return 0 if all(row.holds for row in rows) else 1


def _sections(folder: Path, asked: Sequence[str], *, quick: bool) -> tuple[list[Row], dict[str, str]]:
    instance, floors_database = folder / "instance", folder / "floors.sqlite3"
    instance.mkdir()
    facts = festival.make(instance)
    posters = stamps.make(instance) if "stamps" in asked else []
    floors.fill(str(floors_database))
    settings = {"EVENTAPP_NOW": festival.NOW, "EVENTAPP_SECRET_KEY": festival.SECRET}
    rows: list[Row] = []
    others: dict[str, str] = {}
    with ExitStack() as stack:
        kept = stack.enter_context(servers.product(instance, **settings))
        speed = stack.enter_context(servers.floor("speed", folder, floors_database))
        rounds = Rounds(speed, kept, kept, instance=instance, floors_database=floors_database, facts=facts,
                        rounds=3 if quick else 5, seconds=0.5 if quick else 1.5)  # fmt: skip
        if "pages" in asked:
            rounds.fresh = stack.enter_context(
                servers.product(instance, EVENTAPP_PAGE_CACHE_SECONDS="0", **settings)
            )
            memory = stack.enter_context(servers.floor("memory", folder, floors_database))
            rows, others = _measure(rounds)
            rows += _memory(memory, [rounds.fresh, kept], rounds.seconds)
            rows += _statements(statements.count(instance, facts))
        if "stamps" in asked:
            more, figures = stamps.measure(rounds, instance, posters)
            rows, others = rows + more, others | figures
    return rows, others


def _measure(rounds: Rounds) -> tuple[list[Row], dict[str, str]]:
    booking, fresh, factory, slot = rounds.booking(), rounds.list_fresh(), rounds.factory(), rounds.slot()
    rows = [
        _rate("what's-on list, 100 factories, not cached", fresh, 0.5, 0.8),
        _rate("  the same cached", rounds.list_kept(), 0.5, 0.8),
        _rate("  the same as 304", rounds.list_unchanged(), 0.5, 0.8),
        _rate("factory page", factory, 0.2, 0.35),
        _rate("slot page", slot, 0.2, 0.35),
        _rate("booking, slot page to confirmation", booking, 0.12, 0.2),
        _p99("  its 99th percentile", booking, 6.0, 4.0),
        _rate("200 attempts on the last 20 seats", rounds.last_seats(), 0.25, 0.4),
    ]
    insert, zipped = rounds.insert(), rounds.list_zipped()
    return rows, {
        "one insert (floor)": f"{median(insert.rates):,.0f}/s, {median(insert.cpus):.2f} ms CPU",
        "the list not cached, gzipped": f"{median(zipped.kouba.rates):,.0f}/s, {median(zipped.kouba.cpus):.2f} ms CPU, {zipped.rate:.2f}x",
        "asked for the first time since something changed (CPU ms)":
            f"list {fresh.first:.1f}, factory page {factory.first:.1f}, slot page {slot.first:.1f}",
    }  # fmt: skip


def _rate(what: str, pair: Pair, must: float, aim: float) -> Row:
    mine, theirs = pair.kouba, pair.floor
    return Row(what, pair.rate, must, aim, kouba=f"{median(mine.rates):,.0f}/s", floor=f"{median(theirs.rates):,.0f}/s",
               cpu=f"{median(mine.cpus):.2f} / {median(theirs.cpus):.2f}")  # fmt: skip


def _p99(what: str, pair: Pair, must: float, aim: float) -> Row:
    return Row(what, pair.p99, must, aim, more_is_better=False, kouba=f"{median(pair.kouba.p99s):.1f} ms",
               floor=f"{median(pair.floor.p99s):.1f} ms")  # fmt: skip


def _memory(floor: Server, product: list[Server], seconds: float) -> list[Row]:
    """After everything was asked of it; of Kouba's two servers the larger counts."""
    drive(floor.port, visits.look("/list"), clients=CLIENTS, seconds=seconds)
    mine, theirs = max(server.megabytes() for server in product), floor.megabytes()
    return [Row("memory of two workers, after the run", mine / theirs, 1.8, 1.3, more_is_better=False, kouba=f"{mine:.0f} MiB",
                floor=f"{theirs:.0f} MiB")]  # fmt: skip


def _statements(counts: dict[str, int]) -> list[Row]:
    """Two lists of different length: both cost the same."""
    limits = (
        ("booking", "booking POST", 8, 6),
        ("list", "list of 100", 4, 3),
        ("shorter", "list of 60", 4, 3),
    )
    return [
        Row(
            f"SQL statements, {what}",
            counts[name],
            must,
            aim,
            more_is_better=False,
            unit="",
            kouba=str(counts[name]),
        )
        for name, what, must, aim in limits
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
