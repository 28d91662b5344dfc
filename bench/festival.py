"""The database of a big festival, generated, and the same every time: nobody in it exists.

150 factories, 10 editions, 2,000 slots with 25,000 places. Starts, lengths and sizes follow what real festivals
publish: 50-minute tours at 10:00, 11:00, 13:30 and so on, two or three a day for a factory, mostly 8 to 18 places and
a little over ten on average, some of 20. Rows are written in bulk, without the rules, but so that the rules would find
them right: `seats_taken` is the sum of the parties.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from eventapp import codes, create_app, text
from eventapp.db import Model, db
from eventapp.factories.models import (
    Craft,
    Degree,
    Entry,
    EntryState,
    Factory,
    Opening,
    OpeningPlace,
    PointKind,
)
from eventapp.festivals.models import Edition, EditionDay, EditionState, Festival, Style
from eventapp.i18n import Translated
from eventapp.tours.models import (
    Booking,
    EntryMode,
    HeldAt,
    Kind,
    Programme,
    ProgrammeState,
    Reservation,
    Slot,
    SlotState,
    Status,
)  # fmt: skip

NOW = "2026-10-01T09:00"
SLUG, CURRENT, EARLIER = "big", "2026", "2020"
FACTORIES, EDITIONS, SLOTS, PLACES = 150, 10, 2000, 25_000
IN_CURRENT, IN_EARLIER, SLOTS_IN_CURRENT = 100, 60, 650
ASKED_FOR, ROOM = 120, 8  # slots whose pages are asked for, and the places free in each
RUSHES = 8  # slots with exactly twenty free places, for the race on the last seats
RUSH_PLACES = 20
SIZES, SIZES_OFTEN = (8, 9, 10, 12, 15, 18, 20), (22, 8, 24, 14, 16, 8, 8)
LENGTHS, LENGTHS_OFTEN = (50, 60, 110, 150), (60, 25, 10, 5)
STARTS = (time(10), time(11), time(13, 30), time(14, 30), time(15, 30), time(9, 30), time(13), time(16, 30))
PARTIES, PARTIES_OFTEN = (1, 2, 3, 4), (35, 40, 15, 10)
FAMILY = (
    "青木",
    "石田",
    "上野",
    "遠藤",
    "大西",
    "片山",
    "久保",
    "小松",
    "坂井",
    "杉本",
    "田口",
    "中野",
    "西川",
    "野村",
    "浜田",
)
ROMAN = ("Aoki", "Ishida", "Ueno", "Endo", "Onishi", "Katayama", "Kubo", "Komatsu", "Sakai", "Sugimoto", "Taguchi",
         "Nakano", "Nishikawa", "Nomura", "Hamada")  # fmt: skip
TRADES = (("製作所", "Works"), ("工業", "Industries"), ("精機", "Precision"), ("鉄工", "Ironworks"), ("木工所", "Woodworks"),
          ("金型", "Tool & Die"), ("塗装", "Coating"), ("紙器", "Paper"), ("染工", "Dyeing"), ("硝子", "Glass"))  # fmt: skip
ZONE = ZoneInfo("Asia/Tokyo")
MADE = datetime(2026, 1, 1, tzinfo=UTC)


class Facts(NamedTuple):
    """What the rounds need to know of the database."""

    factories: list[str]  # slugs of the current edition's
    slots: list[str]  # codes of its slots, open and with room
    rushes: list[str]  # codes of those with exactly twenty places left


def make(instance: Path) -> Facts:
    """Create the database of a fresh instance folder."""
    app = create_app({"MASTER_SECRET": SECRET}, instance=instance)
    with app.app_context(), codes.use_randomness(Random(20261001)):
        db.create_all()
        with db.engine.begin() as connection:
            return _Festival(connection).fill()


SECRET = "a secret of the bench, long enough to be taken"


def _texts(ja: str, en: str) -> Translated:
    return Translated({"ja": ja, "en": en})


class _Festival:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.random = Random(2026)
        self.rows: dict[type[Any], list[dict[str, Any]]] = {}
        self.numbers = count(1)

    def fill(self) -> Facts:
        """Everything, in bulk; rows go in table by table so that each finds what it belongs to."""
        self._festival()
        self._factories()
        facts = [self._edition(number) for number in range(1, EDITIONS + 1)][-1]
        for model in (
            Festival,
            Edition,
            EditionDay,
            Factory,
            Entry,
            Opening,
            Programme,
            Slot,
            Booking,
            Reservation,
        ):
            self.connection.execute(insert(model), self.rows[model])
        return facts

    def _add(self, model: type[Model], **values: Any) -> dict[str, Any]:
        rows = self.rows.setdefault(model, [])
        row = {"id": len(rows) + 1, **values}
        rows.append(row)
        return row

    def _festival(self) -> None:
        self._add(Festival, slug=SLUG, name=_texts("大きな工場まつり", "The Big Factory Festival"),
                  factory_word=_texts("工場", "factory"), accent="#b4451f", logo=None, cover=None, website=None, is_demo=False,
                  import_columns={}, version=1, created_at=MADE)  # fmt: skip

    def _factories(self) -> None:
        crafts = list(Craft)
        names = list(_names())
        for number in range(FACTORIES):
            ja, en = names[number]
            craft = crafts[number % len(crafts)]
            self._add(
                Factory, festival_id=1, slug=f"factory-{number + 1}", code=codes.random_code(), import_key=None,
                name=_texts(ja, en), kana=f"こうば{number:03}", craft=craft,
                products=_texts("精密部品の加工、試作、一品ものの製作", "Precision parts, prototypes and single pieces"),
                story=_texts("三代続く町の工場です。" * 12, "A workshop of the town, now in its third generation. " * 8),
                website="https://factory.example.jp/", phone="03-0000-0000", postal_code="144-0000",
                address=_texts(f"見本市見本町{number + 1}-2-3", f"{number + 1}-2-3 Mihon-cho, Mihon"),
                area=_texts(f"見本{number % 6 + 1}丁目", f"Mihon {number % 6 + 1}"), lat=35.55 + number * 0.0003, lon=139.70 + number * 0.0002,
                point=PointKind.EXACT, access=_texts("北側の青い扉から", "Through the blue door on the north side"),
                parking=_texts("ありません", "None"), min_age=self.random.choice((0, 0, 6, 7, 10)), guardian_below=12,
                infants_take_place=False, shoes=_texts("かかとのある靴で", "Closed shoes"), clothes=Translated({}), photography=None,
                photography_note=Translated({}), languages=["ja", "en"] if number % 3 == 0 else ["ja"], step_free=Degree.PARTLY,
                stroller=Degree.YES, under_roof=True, toilet=True, nappy_change=None, noise=1, insurance_list=False, no_same_trade=False,
                asks_company=False, import_note=None, search_key=text.search_key(ja, en), version=1, created_at=MADE, updated_at=MADE,
            )  # fmt: skip

    def _edition(self, number: int) -> Facts:
        """One edition: two days in November; the last one is this year's, open for booking."""
        year, is_current = 2016 + number, number == EDITIONS
        days = [date(year, 11, 28), date(year, 11, 29)]
        self._add(
            Edition, festival_id=1, slug=str(year), name=_texts(f"{year} 秋", f"Autumn {year}"), style=Style.CIRCUIT,
            state=EditionState.PUBLISHED if is_current else EditionState.CLOSED, zone_name="Asia/Tokyo", first_day=days[0],
            last_day=days[1], tagline=_texts("町の工場を訪ねる二日間", "Two days in the workshops of the town"),
            introduction=_texts("はじめに", "Welcome"), access=_texts("駅から歩けます", "On foot from the station"),
            rules=_texts("受付で番号をお伝えください。", "Please say your number at the door."), privacy=_texts("予約のためだけに使います。", "For your booking only."),
            privacy_version=1, booking_opens_at=None, booking_closes_at=None, change_hours=0, max_open_reservations=6, max_party_size=6,
            contact_email="office@example.jp", contact_phone=None, keep_visitors_days=90, lat=35.56, lon=139.71, base_map={},
            content_version=1, version=1, created_at=MADE,
        )  # fmt: skip
        for day in days:
            self._add(EditionDay, edition_id=number, date=day)
        members = (
            range(1, IN_CURRENT + 1)
            if is_current
            else self.random.sample(range(1, FACTORIES + 1), IN_EARLIER)
        )
        programmes = [self._programme(number, factory, days) for factory in members]
        return self._slots(number, programmes, days, is_current)

    def _programme(self, edition: int, factory: int, days: list[date]) -> dict[str, Any]:
        entry = self._add(
            Entry, code=codes.random_code(), factory_id=factory, edition_id=edition, state=EntryState.ACCEPTED, at_factory=True,
            booth_id=None, last_entry_minutes=0, message=Translated({}), frozen={}, version=1, created_at=MADE,
        )  # fmt: skip
        for day in days:
            for opens, closes in ((time(10), time(12)), (time(13), time(16))):
                self._add(
                    Opening,
                    entry_id=entry["id"],
                    date=day,
                    place=OpeningPlace.ENTRANCE,
                    opens=opens,
                    closes=closes,
                )
        return self._add(
            Programme, code=codes.random_code(), edition_id=edition, entry_id=entry["id"], venue_id=None,
            kind=self.random.choices((Kind.TOUR, Kind.WORKSHOP, Kind.TALK), (70, 25, 5))[0], entry_mode=EntryMode.BOOKING,
            state=ProgrammeState.PUBLISHED, title=_texts("工場見学", "Factory tour"),
            description=_texts("職人が機械の前で説明します。", "The makers explain at their machines."), held_at=HeldAt.ENTRANCE, place_id=None,
            online_url=None, duration_minutes=self.random.choices(LENGTHS, LENGTHS_OFTEN)[0], languages=["ja"],
            price_yen=self.random.choices((0, 500, 1100, 2000), (70, 10, 12, 8))[0], price_note=Translated({}), min_age=None,
            guardian_below=None, bring=Translated({}), confirm_address=False, import_key=None, search_key=text.search_key("工場見学", "Factory tour"),
            version=1, created_at=MADE,
        )  # fmt: skip

    def _slots(
        self, edition: int, programmes: list[dict[str, Any]], days: list[date], is_current: bool
    ) -> Facts:
        """So many slots in turn over programmes, days and starts; the very last one makes the sum of places come out."""
        wanted = (
            SLOTS_IN_CURRENT if is_current else (SLOTS - SLOTS_IN_CURRENT + EDITIONS - 2) // (EDITIONS - 1)
        )
        wanted = min(wanted, SLOTS - len(self.rows.get(Slot, [])))
        spots = [(start, day, programme) for start in STARTS for day in days for programme in programmes][
            :wanted
        ]
        facts = Facts([f"factory-{one}" for one in range(1, IN_CURRENT + 1)], [], [])
        for number, (start, day, programme) in enumerate(spots):
            left = SLOTS - len(self.rows.get(Slot, []))
            is_rush = is_current and number < RUSHES
            capacity = RUSH_PLACES if is_rush else self._capacity(left)
            slot = self._slot(programme, start, day, capacity)
            if is_rush:
                facts.rushes.append(slot["code"])
                continue
            self._bookings(edition, slot, full=0.9 if not is_current else 0.35)
            if is_current and slot["capacity"] - slot["seats_taken"] >= ROOM and len(facts.slots) < ASKED_FOR:
                facts.slots.append(slot["code"])
        return facts

    def _capacity(self, left: int) -> int:
        """As real slots have it, kept so that the last slots can make the sum come out."""
        missing: int = PLACES - sum(slot["capacity"] for slot in self.rows.get(Slot, []))
        if left <= 400:  # what is left, evenly
            return missing // left
        return self.random.choices(SIZES, SIZES_OFTEN)[0]

    def _slot(self, programme: dict[str, Any], start: time, day: date, capacity: int) -> dict[str, Any]:
        starts_at = datetime.combine(day, start, ZONE).astimezone(UTC)
        return self._add(
            Slot, code=codes.random_code(), programme_id=programme["id"], edition_id=programme["edition_id"], day=day,
            starts_at=starts_at, ends_at=starts_at + timedelta(minutes=programme["duration_minutes"]), closes_at=starts_at,
            capacity=capacity, seats_taken=0, walk_in_places=0, state=SlotState.OPEN, version=1,
        )  # fmt: skip

    def _bookings(self, edition: int, slot: dict[str, Any], *, full: float) -> None:
        """Parties until about this share of the places is taken."""
        wanted = round(slot["capacity"] * full * self.random.uniform(0.5, 1.1))
        while slot["seats_taken"] < wanted:
            party = self.random.choices(PARTIES, PARTIES_OFTEN)[0]
            if slot["seats_taken"] + party > slot["capacity"]:
                break
            slot["seats_taken"] += party
            number = next(self.numbers)
            address = f"visitor{number}@example.jp"
            booking = self._add(
                Booking, code=codes.random_code(), edition_id=edition, gate_number=f"{number:06}", name="来場 太郎", kana="", email=address,
                email_key=address, phone=None, phone_key="", language="ja", consent_version=1, company=None, purpose=None,
                not_same_trade=None, note=None, request_key=f"generated-{number:08}", link_version=1, address_confirmed_at=None,
                booked_by_id=None, search_key="", calendar_sequence=0, created_at=MADE, erased_at=None,
            )  # fmt: skip
            self._add(
                Reservation, code=codes.random_code(), booking_id=booking["id"], slot_id=slot["id"], email_key=address, party_size=party,
                guests=None, status=Status.CONFIRMED, expires_at=None, created_at=MADE, changed_at=MADE,
            )  # fmt: skip


def _names() -> Iterator[tuple[str, str]]:
    """青木製作所, Aoki Works, and so on: put together, of nobody."""
    for trade_ja, trade_en in TRADES:
        for family, roman in zip(FAMILY, ROMAN, strict=True):
            yield f"{family}{trade_ja}", f"{roman} {trade_en}"
