"""Generated visitors who book what they like: some slots are full, others fill as the town's `demand` says.

Names and addresses are put together by chance, the same every time; example.jp belongs to nobody. Every booking goes
through the real rule, at a moment of the past weeks.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import update

from eventapp import clock
from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.outbox import Mail, MailState
from eventapp.tours import booking as rules
from eventapp.tours import changing
from eventapp.tours.booking import BookingError, Contact
from eventapp.tours.models import Booking, Purpose, Slot, SlotState

PARTIES, HOW_OFTEN = (1, 2, 3, 4), (35, 40, 15, 10)
LAST_ONES = 5  # booked in the last minutes: their mail is still in the outbox when the server starts
FAMILY = (
    ("青木", "あおき", "aoki"), ("石田", "いしだ", "ishida"), ("上野", "うえの", "ueno"), ("遠藤", "えんどう", "endo"),
    ("大西", "おおにし", "onishi"), ("片山", "かたやま", "katayama"), ("久保", "くぼ", "kubo"), ("小松", "こまつ", "komatsu"),
    ("坂井", "さかい", "sakai"), ("杉本", "すぎもと", "sugimoto"), ("田口", "たぐち", "taguchi"), ("中野", "なかの", "nakano"),
    ("西川", "にしかわ", "nishikawa"), ("野村", "のむら", "nomura"), ("浜田", "はまだ", "hamada"), ("福島", "ふくしま", "fukushima"),
    ("松尾", "まつお", "matsuo"), ("村上", "むらかみ", "murakami"), ("森", "もり", "mori"), ("吉村", "よしむら", "yoshimura"),
)  # fmt: skip
GIVEN = (
    ("葵", "あおい"), ("一樹", "かずき"), ("咲", "さき"), ("翔太", "しょうた"), ("千尋", "ちひろ"), ("直人", "なおと"),
    ("花", "はな"), ("浩", "ひろし"), ("真理", "まり"), ("美咲", "みさき"), ("優", "ゆう"), ("陽子", "ようこ"),
    ("涼", "りょう"), ("和子", "かずこ"), ("健", "けん"), ("楓", "かえで"),
)  # fmt: skip
ABROAD = (
    ("Amara", "Okafor"),
    ("Liam", "Byrne"),
    ("Mei", "Chen"),
    ("Sofia", "Rossi"),
    ("Jonas", "Weber"),
    ("Priya", "Nair"),
)
COMPANIES = ("個人", "個人", "見本精機", "見本デザイン事務所", "見本大学")


class Wanted(NamedTuple):
    """A slot and how sought after it is: 1.0 lets every place find somebody."""

    slot: Slot
    demand: float


class Wish(NamedTuple):
    """A party that wants a slot."""

    slot: Slot
    party: int


class Caller:
    """Staff who book for somebody on the telephone."""

    actor_name = "事務局"
    person_id = None


def book_all(wanted: Sequence[Wanted], edition: Edition, *, rng: Random, opened_at: datetime) -> None:
    """Fill the slots and change a few minds."""
    wishes = [wish for one in wanted for wish in _wishes(one, rng, edition.max_party_size)]
    rng.shuffle(wishes)
    people: list[Contact] = []
    bookings = []
    for moment, wish in zip(_moments(len(wishes), rng, opened_at), wishes, strict=True):
        with clock.stopped_at(moment):
            bookings.append(_book(wish, edition, people, rng))
    db.session.flush()
    _change_minds(bookings, rng)
    db.session.flush()


def _wishes(wanted: Wanted, rng: Random, largest: int) -> Iterator[Wish]:
    """Parties up to what the demand lets expect."""
    slot = wanted.slot
    if slot.capacity is None or slot.state is not SlotState.OPEN:
        return
    left = round(slot.capacity * min(1.0, wanted.demand * rng.uniform(0.5, 1.0)))
    while left > 0:
        party = min(rng.choices(PARTIES, HOW_OFTEN)[0], left, largest)
        left -= party
        yield Wish(slot, party)


def _moments(count: int, rng: Random, opened_at: datetime) -> list[datetime]:
    """When they book: most soon after the opening, the last a minute ago."""
    now = clock.now()
    span = (now - opened_at - timedelta(hours=1)).total_seconds()
    early = sorted(
        opened_at + timedelta(seconds=int(span * rng.random() ** 2.2))
        for _one in range(max(0, count - LAST_ONES))
    )
    late = [now - timedelta(minutes=minute) for minute in range(min(count, LAST_ONES), 0, -1)]
    return [*early, *late]


def _book(wish: Wish, edition: Edition, people: list[Contact], rng: Random) -> Booking:
    """Book for somebody who was here before, if it fits into their day, else for somebody new; a few by telephone."""
    known = rng.choice(people) if people and rng.random() < 0.25 else None
    if known is not None:
        try:
            return _try(wish, known, rng)
        except BookingError:  # something else at that time, or six already
            known = None
    contact = _somebody(len(people), edition, rng)
    people.append(contact)
    return _try(wish, contact, rng)


def _try(wish: Wish, contact: Contact, rng: Random) -> Booking:
    by_telephone = Caller() if contact.email is None else None
    asked = rules.questions([wish.slot])
    guests = "\n".join(
        [
            contact.name,
            *(f"{contact.name.split()[0]} {rng.choice(GIVEN)[0]}" for _one in range(wish.party - 1)),
        ]
    )
    full = Contact(
        name=contact.name, email=contact.email, language=contact.language, consent_version=contact.consent_version,
        phone=contact.phone, kana=contact.kana, company=rng.choice(COMPANIES) if asked.company else None,
        purpose=rng.choice(list(Purpose)) if asked.company else None, not_same_trade=True if asked.same_trade else None,
        guests=guests if asked.guests else None,
    )  # fmt: skip
    booking = rules.book(
        [wish.slot],
        contact=full,
        party_size=wish.party,
        request_key=f"demo-{rng.getrandbits(64):x}",
        staff=by_telephone,
    )
    if wish.slot.programme.confirm_address and by_telephone is None:
        db.session.flush()  # a later request would confirm it
        changing.confirm_address(booking)
    return booking


def _somebody(number: int, edition: Edition, rng: Random) -> Contact:
    version = edition.privacy_version
    if rng.random() < 0.06:
        first, last = rng.choice(ABROAD)
        return Contact(f"{first} {last}", f"{first}.{last}{number}@example.jp".lower(), "en", version)
    family, kana, latin = rng.choice(FAMILY)
    given, given_kana = rng.choice(GIVEN)
    name, reading = f"{family} {given}", f"{kana} {given_kana}"
    if rng.random() < 0.03:
        return Contact(name, None, "ja", version, phone=f"090-0000-{number:04}", kana=reading)
    return Contact(name, f"{latin}{number}@example.jp", "ja", version)


def _change_minds(bookings: Sequence[Booking], rng: Random) -> None:
    """A few cancel, a few come with one fewer; their places are free again."""
    for booking in rng.sample(list(bookings), len(bookings) // 30):
        reservation = booking.reservations[0]
        with clock.stopped_at(booking.created_at + timedelta(minutes=20)):
            if reservation.party_size > 1 and rng.random() < 0.5:
                changing.change_party(reservation, reservation.party_size - 1)
            else:
                changing.cancel(reservation)


def send_mail() -> None:
    """Mail of the past has gone out; only that of the last minutes waits for the worker."""
    fresh = clock.now() - timedelta(minutes=LAST_ONES, seconds=30)
    db.session.execute(
        update(Mail).where(Mail.state == MailState.WAITING, Mail.created_at < fresh)
        .values(state=MailState.SENT, sent_at=Mail.created_at, tries=1).execution_options(synchronize_session=False)
    )  # fmt: skip
