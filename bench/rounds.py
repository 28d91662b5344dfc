"""Short rounds of floor and product in turn, so that what else the machine does falls on both; medians of all rounds."""

import http.client
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import floors, visits
from bench.festival import CURRENT, RUSH_PLACES, SLUG, Facts
from bench.load import Load, Unexpected, drive
from bench.servers import Server
from bench.visits import Visits
from eventapp import db

PLACE = f"/{SLUG}/{CURRENT}/"
CLIENTS, IN_A_RUSH = 8, 16
ATTEMPTS = 200
WARM_PASSES = 4
LONGEST = 60.0  # seconds, for what ends by itself


@dataclass
class Side:
    """One side of a comparison, over all rounds."""

    rates: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)  # ms for one operation

    def add(self, loads: list[Load], cpu_seconds: float) -> None:
        operations = sum(len(load.times) for load in loads)
        self.rates.append(operations / sum(load.seconds for load in loads))
        self.p50s.append(median(load.quantile(0.5) for load in loads) * 1000)
        self.p99s.append(median(load.quantile(0.99) for load in loads) * 1000)
        self.cpus.append(cpu_seconds / operations * 1000)


@dataclass
class Pair:
    """Floor and product, measured in turn."""

    first: float = 0.0  # CPU ms where Kouba was asked for the first time
    floor: Side = field(default_factory=Side)
    kouba: Side = field(default_factory=Side)

    @property
    def rate(self) -> float:
        """How much of the floor's rate Kouba reaches: the median of the rounds."""
        return median(mine / theirs for mine, theirs in zip(self.kouba.rates, self.floor.rates, strict=True))

    @property
    def p99(self) -> float:
        """How many times the floor's 99th percentile Kouba's takes."""
        return median(self.kouba.p99s) / median(self.floor.p99s)


class Rounds:
    """All measurements of speed: the servers, and how long a round is."""

    def __init__(self, floor: Server, fresh: Server, kept: Server, *, instance: Path, floors_database: Path, facts: Facts,
                 rounds: int, seconds: float) -> None:  # fmt: skip
        self.floor, self.fresh, self.kept = floor, fresh, kept
        self.database = Database(instance / "kouba.sqlite3", floors_database)
        self.facts, self.rounds, self.seconds = facts, rounds, seconds

    def pages(
        self, floor: Visits, server: Server, *paths: str, headers: Sequence[str] = (), status: int = 200
    ) -> Pair:
        """A page of the floor and pages of Kouba, each of which was asked for before: what is drawn for the first time
        costs more, and is told apart.
        """  # fmt: skip
        pair = Pair(first=self._first(server, *paths, headers=headers, status=status))
        for _round in range(self.rounds):
            self.add(pair.floor, self.floor, [floor])
            self.add(pair.kouba, server, [visits.look(*paths, headers=headers, status=status)])
        return pair

    def _first(self, server: Server, *paths: str, headers: Sequence[str], status: int) -> float:
        """Ask for everything until both workers know it; CPU ms of a page, each asked for the first time."""
        before = server.cpu_seconds()
        once = visits.look(*paths, headers=headers, status=status, most=len(paths))
        asked = drive(server.port, once, clients=CLIENTS, seconds=LONGEST)
        cpu = (server.cpu_seconds() - before) / len(asked.times) * 1000
        again = visits.look(*paths, headers=headers, status=status, most=max(60, WARM_PASSES * len(paths)))
        drive(server.port, again, clients=CLIENTS, seconds=LONGEST)
        return cpu

    def list_fresh(self) -> Pair:
        """The list, put together anew each time, against the page of one statement."""
        return self.pages(visits.look("/list"), self.fresh, f"{PLACE}whats-on/")

    def list_kept(self) -> Pair:
        """The list as it is kept for two seconds, against a page kept for good."""
        return self.pages(visits.look("/cached"), self.kept, f"{PLACE}whats-on/")

    def list_unchanged(self) -> Pair:
        """The list asked for again by its tag, both answered 304."""
        theirs, mine = (
            _etag(server, path)
            for server, path in ((self.floor, "/cached"), (self.kept, f"{PLACE}whats-on/"))
        )
        return self.pages(
            visits.look("/cached", headers=[f"If-None-Match: {theirs}"], status=304), self.kept, f"{PLACE}whats-on/",
            headers=[f"If-None-Match: {mine}"], status=304,
        )  # fmt: skip

    def list_zipped(self) -> Pair:
        """The list made anew and gzipped, as browsers ask for it; the floor sends it as it is."""
        return self.pages(
            visits.look("/list"), self.fresh, f"{PLACE}whats-on/", headers=["Accept-Encoding: gzip, br"]
        )

    def factory(self) -> Pair:
        """Pages of factories, made anew, against hello."""
        paths = [f"{PLACE}factories/{slug}/" for slug in self.facts.factories]
        return self.pages(visits.look("/hello"), self.fresh, *paths)

    def slot(self) -> Pair:
        """Pages of slots with their form, against hello."""
        paths = [f"{PLACE}slots/{code}" for code in self.facts.slots]
        return self.pages(visits.look("/hello"), self.fresh, *paths)

    def booking(self) -> Pair:
        """From the slot's page to the confirmation, against one guarded UPDATE and INSERT."""
        pair = Pair()
        takes = [f"/take/{number}" for number in range(floors.RUSHES + 1, floors.SLOTS)]
        before = self.kept.cpu_seconds()
        warm = visits.book(PLACE, self.facts.slots, "warm", most=WARM_PASSES * len(self.facts.slots))
        asked = drive(self.kept.port, warm, clients=CLIENTS, seconds=LONGEST)
        pair.first = (self.kept.cpu_seconds() - before) / len(asked.times) * 1000
        for number in range(self.rounds):
            self.database.tidy()
            self.add(pair.floor, self.floor, [visits.send(*takes, words={201: "booked"})])
            self.add(pair.kouba, self.kept, [visits.book(PLACE, self.facts.slots, f"round{number}")])
        return pair

    def last_seats(self) -> Pair:
        """Two hundred attempts on twenty seats, several slots one after the other. Raises Unexpected unless twenty get in."""
        pair = Pair()
        for number in range(self.rounds):
            self.database.tidy()
            theirs = [visits.send(f"/take/{slot}", words={201: "booked", 409: "full"}, most=ATTEMPTS)
                      for slot in range(1, floors.RUSHES + 1)]  # fmt: skip
            mine = [
                visits.rush(PLACE, slot, *self._open(slot), f"rush{number}{slot}", ATTEMPTS)
                for slot in self.facts.rushes
            ]
            for side, server, rushes in ((pair.floor, self.floor, theirs), (pair.kouba, self.kept, mine)):
                self.add(
                    side,
                    server,
                    rushes,
                    clients=IN_A_RUSH,
                    seconds=LONGEST,
                    ends={"booked": RUSH_PLACES, "full": ATTEMPTS - RUSH_PLACES},
                )
        self.database.check()
        return pair

    def insert(self) -> Side:
        """The floor of later measurements: one INSERT."""
        side = Side()
        for _round in range(self.rounds):
            self.add(side, self.floor, [visits.send("/insert", words={200: "written"})])
        return side

    def add(self, side: Side, server: Server, batches: list[Visits], *, clients: int = CLIENTS, seconds: float | None = None,
             ends: dict[str, int] | None = None) -> None:  # fmt: skip
        before = server.cpu_seconds()
        loads = [
            drive(server.port, batch, clients=clients, seconds=seconds or self.seconds) for batch in batches
        ]
        side.add(loads, server.cpu_seconds() - before)
        for load in loads:
            if ends is not None and load.ends != ends:
                raise Unexpected(f"the rush ended with {load.ends}")

    def _open(self, slot: str) -> tuple[str, str]:
        head, body = _fetch(self.kept, f"{PLACE}slots/{slot}")
        return visits.opened(body, head)


def _fetch(server: Server, path: str) -> tuple[bytes, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers={"Accept-Language": "ja", "Host": "127.0.0.1"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return b"".join(f"\r\n{name}: {value}".encode() for name, value in answer.getheaders()) + b"\r\n", body


def _etag(server: Server, path: str) -> str:
    return visits.etag(_fetch(server, path)[0])


class Database:
    """Puts both databases back between rounds, so that no slot runs full, and looks whether all is right at the end."""

    def __init__(self, product: Path, floor: Path) -> None:
        self.product, self.floor = product, floor
        with self._open(product) as connection:
            self.generated = connection.execute("SELECT MAX(id) FROM booking").fetchone()[0]

    def tidy(self) -> None:
        """Forget what was booked by earlier rounds."""
        with self._open(self.product) as connection:
            connection.execute("DELETE FROM reservation WHERE booking_id > ?", (self.generated,))
            connection.execute("DELETE FROM booking WHERE id > ?", (self.generated,))
            connection.execute(f"UPDATE slot SET seats_taken = {PARTIES} WHERE seats_taken <> {PARTIES}")
        with self._open(self.floor) as connection:
            connection.execute("UPDATE slot SET taken = 0 WHERE taken > 0")
            connection.execute("DELETE FROM booking")

    def check(self) -> None:
        """Raise Unexpected where seats and parties differ, or more are in than there is room."""
        with self._open(self.product) as connection:
            wrong = connection.execute(
                f"SELECT COUNT(*) FROM slot WHERE seats_taken <> {PARTIES} OR seats_taken > capacity"
            ).fetchone()[0]
        if wrong:
            raise Unexpected(f"{wrong} slots are counted wrong")

    @staticmethod
    def _open(path: Path) -> Any:
        return db.sqlite_module.connect(path, timeout=10)


PARTIES = """(SELECT COALESCE(SUM(party_size), 0) FROM reservation
WHERE slot_id = slot.id AND status IN ('confirmed', 'offered', 'attended', 'no_show'))"""
