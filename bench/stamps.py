"""The stamp rally's rows: a new stamp, fifty at once, and 120 posters that were read back.

The rally stands in the big festival: a station with a poster at each of its hundred factories, prizes for two, five and
ten stamps. A phone is made as the pages' scripts make one: its own card, its own outbox, one stamp a request, five stamps;
then the next visitor comes.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from bench import visits
from bench.festival import CURRENT, NOW, SECRET, SLUG
from bench.load import Unexpected, Visit
from bench.rounds import Pair, Rounds, Side
from bench.statements import counting
from bench.storm import break_loose
from bench.table import Row
from bench.visits import Visits
from eventapp import clock, codes, create_app, paper
from eventapp.db import db, transaction
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.stamps import art, drawing, keys, prizes, stations, tokens
from eventapp.stamps.art import Subject
from eventapp.stamps.drawing import PosterFacts, Size
from eventapp.stamps.models import RallyState

PATH = f"/{SLUG}/{CURRENT}/stamps/sync"
OURS = (
    "Content-Type: application/json",
    "X-Kouba: 1",
    "Origin: http://127.0.0.1",
    "Sec-Fetch-Site: same-origin",
)
STAMPS_A_PHONE, IN_A_BATCH, POSTERS = 5, 50, 120
PHONES_IN_STORM, STORM_SECONDS = 2000, 30.0
MOST_STATEMENTS = 6
MONTH = timedelta(days=30)


def make(instance: Path) -> list[str]:
    """A running rally in the database of `festival.make`; the codes on its posters."""
    app = create_app({"MASTER_SECRET": SECRET, "NOW": NOW}, instance=instance)
    with app.app_context():
        edition = db.session.scalars(db.select(Edition).where(Edition.slug == CURRENT)).one()
        with transaction():
            rally = stations.make_rally(edition, by="bench")
            rally.opens_at, rally.closes_at = clock.now() - MONTH, clock.now() + MONTH
            for station in stations.add_missing(rally, by="bench"):
                station.hours = [[NOW[:10], "00:00", "23:59"]]
            for needed in (2, 5, 10):
                prizes.add_prize(rally, needed=needed, position=needed, stock=1000, name=Translated({"ja": "手ぬぐい", "en": "Towel"}),
                                 description=Translated({}), by="bench")  # fmt: skip
            stations.set_state(rally, RallyState.RUNNING, by="bench")
            for poster in stations.live_posters(rally):
                poster.valid_from = clock.now() - MONTH  # no stamp is older than its poster
        found = [stations.token_of(poster) for poster in stations.live_posters(rally)]
        db.session.remove()
        db.engine.dispose()
    return found


# --- phones --------------------------------------------------------------------------------------------------------


class Phone:
    """One visitor's card and what it has captured so far."""

    def __init__(self, source: Random) -> None:
        self.source, self.seq, self.cookie = source, 0, ""
        self.card, self.secret, self.device = (self._letters(length) for length in (16, 20, 16))

    def _letters(self, length: int) -> str:
        return tokens.encode_number(self.source.getrandbits(5 * length), length)

    def message(self, codes_read: Sequence[str], now: int) -> dict[str, Any]:
        """What it sends after reading these codes, one in five minutes without a signal, the last a second ago."""
        items = []
        for place, token in enumerate(codes_read, 1):
            self.seq += 1
            read = now - 1000 - (len(codes_read) - place) * 300_000
            items.append({"scan_id": self._letters(26), "seq": self.seq, "token": token, "t_client": read, "after": None,
                          "method": "camera", "geo": "near", "in_app": False})  # fmt: skip
        return {"v": 1, "card": self.card, "secret": self.secret, "device": self.device, "now_client": now, "have_digest": "",
                "items": items}  # fmt: skip

    def request(self, codes_read: Sequence[str], *headers: str) -> bytes:
        body = json.dumps(self.message(codes_read, int(time.time() * 1000))).encode()
        cookie = (f"Cookie: {self.cookie}",) if self.cookie else ()
        lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: ja", *OURS, *cookie, *headers,
                 f"Content-Length: {len(body)}"]  # fmt: skip
        return "\r\n".join([*lines, "", ""]).encode() + body


def scan(posters: Sequence[str], name: str, *, at_once: int = 1) -> Visits:
    """One request a visit: so many new stamps, each answered as accepted, or the measurement ends."""
    source, numbers = Random(name), count()
    phones: dict[int, Phone] = {}

    def visit(number: int) -> Visit:
        phone, turn = phones.get(number // STAMPS_A_PHONE), number % STAMPS_A_PHONE
        if phone is None or at_once > 1:
            phone = phones[number // STAMPS_A_PHONE] = Phone(source)
            phones.pop(number // STAMPS_A_PHONE - 40, None)
        first = (number // STAMPS_A_PHONE * 7 + turn * at_once) % len(posters)
        answer = yield phone.request([posters[(first + place) % len(posters)] for place in range(at_once)])
        if answer.status != 200 or answer.body.count(b'"verdict":"accepted"') != at_once:
            raise Unexpected(f"no stamp: {answer.status} {answer.body[:300]!r}")
        if found := visits.COOKIE.search(answer.head):
            phone.cookie = found[1].decode()
        return "ok"

    return lambda: visit(next(numbers))


# --- what is measured ----------------------------------------------------------------------------------------------


def measure(rounds: Rounds, instance: Path, posters: Sequence[str]) -> tuple[list[Row], dict[str, str]]:
    """The rows of the rally, and the figures that stand below the table."""
    new, (one, fifty) = _new_stamp(rounds, posters), _batches(rounds, posters)
    storm, told = _storm(rounds, posters)
    statements = _statements(instance, posters)
    drawn, plain = _posters(max(2, rounds.rounds // 2))
    batch = median(fifty.p50s) / median(one.p50s)
    rows = [
        Row("new stamp, whole request", new.rate, 0.2, 0.35, kouba=f"{median(new.kouba.rates):,.0f}/s",
            floor=f"{median(new.floor.rates):,.0f}/s", cpu=f"{median(new.kouba.cpus):.2f} / {median(new.floor.cpus):.2f}"),
        Row("  its 99th percentile", new.p99, 4.0, 2.5, more_is_better=False, kouba=f"{median(new.kouba.p99s):.1f} ms",
            floor=f"{median(new.floor.p99s):.1f} ms"),
        Row("  50 scans in one batch, time of one", batch, 8.0, 5.0, more_is_better=False, kouba=f"{median(fifty.p50s):.1f} ms",
            floor=f"{median(one.p50s):.1f} ms", cpu=f"{median(fifty.cpus):.2f} / {median(one.cpus):.2f}"),
        Row("120 checked A4 posters", drawn / plain, 2.0, 1.5, more_is_better=False, kouba=f"{drawn:.1f} s", floor=f"{plain:.1f} s"),
        storm,
        Row("SQL statements, new stamp", statements, MOST_STATEMENTS, 5, more_is_better=False, unit="",
            kouba=str(statements)),
    ]  # fmt: skip
    return rows, {"verifying a code, drawing a QR code": _small_things(posters), "the storm": told}


def _new_stamp(rounds: Rounds, posters: Sequence[str]) -> Pair:
    pair = Pair()
    rounds.add(Side(), rounds.kept, [scan(posters, "warm")])
    for number in range(rounds.rounds):
        rounds.add(pair.floor, rounds.floor, [visits.send("/insert", words={200: "written"})])
        rounds.add(pair.kouba, rounds.kept, [scan(posters, f"round {number}")])
    return pair


def _batches(rounds: Rounds, posters: Sequence[str]) -> tuple[Side, Side]:
    """One phone alone, with one scan and with fifty."""
    one, fifty = Side(), Side()
    for number in range(rounds.rounds):
        rounds.add(one, rounds.kept, [scan(posters, f"one {number}")], clients=1)
        rounds.add(fifty, rounds.kept, [scan(posters, f"fifty {number}", at_once=IN_A_BATCH)], clients=1)
    return one, fifty


def _storm(rounds: Rounds, posters: Sequence[str]) -> tuple[Row, str]:
    """2,000 phones that come back within thirty seconds (a tenth of both in quick rounds), each with five stamps it has kept.

    Raises Unexpected where one is not answered, or not told of all five.
    """
    part = 1 if rounds.seconds > 1 else 10
    source = Random("storm")
    requests = [Phone(source).request(posters[number % 50 : number % 50 + STAMPS_A_PHONE], "Connection: close")
                for number in range(PHONES_IN_STORM // part)]  # fmt: skip
    before = rounds.kept.cpu_seconds()
    met = break_loose(rounds.kept.port, requests, seconds=STORM_SECONDS / part)
    cpu = (rounds.kept.cpu_seconds() - before) / len(met) * 1000
    wrong = [
        one for one in met if one.status != 200 or one.body.count(b'"verdict":"accepted"') != STAMPS_A_PHONE
    ]
    if wrong:
        raise Unexpected(f"{len(wrong)} phones were not answered: {wrong[0]}")
    last, waited = max(one.answered_at for one in met), sorted(one.answered_at - one.sent_at for one in met)
    told = f"{len(met):,} phones in {last:.1f} s, longest wait {waited[-1]:.2f} s, median {median(waited) * 1000:.0f} ms"
    return Row(
        "storm: last answer, seconds for each that it lasts",
        last / (STORM_SECONDS / part),
        2.0,
        1.1,
        more_is_better=False,
        kouba=f"{last:.1f} s",
        floor=f"{STORM_SECONDS / part:.0f} s",
        cpu=f"{cpu:.2f}",
    ), told


def _posters(times: int) -> tuple[float, float]:
    """Seconds of processor for 120 posters: drawn and read back; and only their QR codes and Typst."""
    drawing.draw_many([_facts(0)])  # fonts and libraries are loaded

    def floor(facts: Sequence[PosterFacts], data: dict[str, Any]) -> None:
        for each in facts:
            codes.qr_modules(each.url)
        paper.compile("poster", data)

    mine, theirs = [], []
    for turn in range(times):  # other posters each time: Typst remembers what it has set before
        one, two = (
            [_facts(POSTERS * (2 * turn + half) + number) for number in range(POSTERS)] for half in (0, 1)
        )
        data = drawing.poster_data(two, Size.A4, "ja")
        mine.append(_seconds(partial(drawing.draw_many, one)))
        theirs.append(_seconds(partial(floor, two, data)))
    return median(mine), median(theirs)


def _facts(number: int) -> PosterFacts:
    url = f"https://festival.example.jp/s/{tokens.make_poster(3, number, b'k' * 32)}"
    name = {"ja": f"見本製作所{number}", "en": f"Mihon Works {number}"}
    return PosterFacts(url=url, number=number, name=name, short="K7QF2M", art=art.draw_stamp(Subject(name["ja"], name["en"], "cutting", "2026", number)),
                       poster=f"P{number:03}", domain="festival.example.jp", festival={"ja": "大きな工場まつり", "en": "The Big Factory Festival"})  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _small_things(posters: Sequence[str]) -> str:
    source = keys.key_source({3: b"k" * 32}, ZoneInfo("Asia/Tokyo"))
    token = tokens.make_poster(3, 17, b"k" * 32)
    verifying = _seconds(lambda: [tokens.verify(token, source) for _time in range(5000)]) / 5000
    drawn = _seconds(
        lambda: [codes.qr_modules(f"https://festival.example.jp/s/{one}") for one in posters]
    ) / len(posters)
    return f"{verifying * 1e6:.0f} us, {drawn * 1000:.1f} ms CPU"


def _statements(instance: Path, posters: Sequence[str]) -> int:
    """Of a card's second stamp, which earns a prize."""
    app = create_app({"MASTER_SECRET": SECRET, "NOW": NOW}, instance=instance)
    with app.app_context():
        engine = db.engine
    phone, client = Phone(Random("counted")), app.test_client()
    headers = dict(line.split(": ", 1) for line in OURS[1:]) | {"Origin": "http://localhost"}
    for token in posters[:2]:
        with counting(engine) as seen:
            answer = client.post(PATH, json=phone.message([token], int(time.time() * 1000)), headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    return len(seen)
