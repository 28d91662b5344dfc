"""People and their signed-in browsers: found by address or key, listed and ended one by one."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update

from eventapp import clock, text
from eventapp.db import NotThere, db
from eventapp.people.models import Person, SignIn

LONGEST = timedelta(days=14)
IDLE = timedelta(days=3)  # a factory's phone from Friday to Sunday
IDLE_IN_COMMITTEE = timedelta(hours=12)  # who sees every visitor's name signs in each day
SEEN_EVERY = timedelta(hours=1)  # reading is not noted; what changes something is, once an hour
KEPT = timedelta(days=30)  # rows of ended sign-ins

BROWSERS = (("Line/", "LINE"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
            ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
           ("Mac OS X", "Mac"), ("Linux", "Linux"))  # fmt: skip


def hashed(key: str) -> str:
    """What the table keeps of a random key."""
    return sha256(key.encode()).hexdigest()


def find_person(address: str) -> Person | None:
    """The person with this e-mail address, however it is typed."""
    try:
        key = text.email_key(address)
    except ValueError:
        return None
    return db.session.scalar(select(Person).where(Person.email_key == key))


def start_sign_in(person: Person, browser: str = "") -> str:
    """Remember a signed-in browser; returns the key for its cookie. Rows that ended long ago are forgotten."""
    key = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.execute(delete(SignIn).where(SignIn.person_id == person.id, SignIn.expires_at < now - KEPT))
    db.session.add(
        SignIn(
            key_hash=hashed(key),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
            browser=browser,
        )
    )
    return key


def find_sign_in(key: str) -> SignIn | None:
    """The living sign-in of a cookie's key; ended, idle and expired ones count for nothing."""
    found = db.session.scalar(select(SignIn).where(SignIn.key_hash == hashed(key)))
    now = clock.now()
    if found is None or found.ended_at or found.expires_at <= now or found.seen_at + IDLE <= now:
        return None
    return found


def is_idle_for_committee(row: SignIn) -> bool:
    """Whether an organizer's sign-in has been left alone too long, though a factory's would still count."""
    return row.seen_at + IDLE_IN_COMMITTEE <= clock.now()


def wants_noting(row: SignIn) -> bool:
    """Whether this sign-in was last noted so long ago that it is worth a write."""
    return row.seen_at + SEEN_EVERY <= clock.now()


def note_seen(row: SignIn) -> None:
    """The browser of this sign-in has just done something."""
    db.session.execute(
        update(SignIn).where(SignIn.id == row.id, SignIn.ended_at.is_(None)).values(seen_at=clock.now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def list_sign_ins(person: Person, *, idle: timedelta = IDLE) -> Sequence[SignIn]:
    """The browsers in which this person is signed in, the latest first."""
    now = clock.now()
    living = select(SignIn).where(
        SignIn.person_id == person.id,
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.seen_at > now - idle,
    )
    return db.session.scalars(living.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def get_sign_in(person: Person, code: str) -> SignIn:
    """One of this person's own sign-ins."""
    found = db.session.scalar(select(SignIn).where(SignIn.person_id == person.id, SignIn.code == code))
    if found is None:
        raise NotThere(code)
    return found


def end_sign_in(row: SignIn) -> None:
    """The cookie of this browser is worth nothing from now on."""
    row.ended_at = row.ended_at or clock.now()


def end_sign_ins(person: Person, *, keep: SignIn | None = None) -> None:
    """End every sign-in of the person, except perhaps the one at hand."""
    open_ones = update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    if keep is not None:
        open_ones = open_ones.where(SignIn.id != keep.id)
    db.session.execute(open_ones.values(ended_at=clock.now()).execution_options(synchronize_session="fetch"))


def describe_browser(agent: str) -> str:
    """A browser as its owner recognises it in the list: "Firefox, Android". Nothing else of it is kept."""
    names = [next((name for mark, name in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in names if name)
