"""The people whose places can be tried in the demo. They sign in from this very machine only, so their password is no secret."""

from typing import NamedTuple

from eventapp import clock, text
from eventapp.db import db
from eventapp.factories.models import Factory
from eventapp.i18n import lazy
from eventapp.people.models import Person

PASSWORD = "follow-the-sound-2311"
VISITOR = "visitor"  # nobody signs in: visitors have no account


class Part(NamedTuple):
    """A place one can take: its key, address and name, what one does there, and an icon."""

    key: str
    email: str
    name: str
    label: object
    does: object
    icon: str


PARTS = (
    Part("committee", "committee@tsuchimi.example.jp", "見本 実行委員長", lazy("Committee"),
         lazy("Sees everything: what is missing, entries, reservations, mail, settings."), "checklist"),
    Part("townhall", "townhall@tsuchimi.example.jp", "見本 役場の担当", lazy("Town hall"),
         lazy("Looks and changes nothing: figures and pages, without visitors' names in the history."), "eye"),
    Part("factory", "factory@tsuchimi.example.jp", "見本 工場の担当", lazy("Factory"),
         lazy("Keeps the pages of one factory: programmes, slots, photos, opening days."), "factory"),
    Part("gate", "gate@tsuchimi.example.jp", "見本 受付の当番", lazy("Gate"),
         lazy("Stands at the door of the same factory on the day: who comes when, who has come."), "qr"),
)  # fmt: skip


def add(part: Part, password_hash: str) -> Person:
    """The person who plays this part. The hash is made outside the transaction."""
    return _add(part.email, part.name, password_hash)


def add_keeper(factory: Factory) -> Person:
    """Somebody who keeps a factory's pages; without a password, for nobody plays them."""
    return _add(factory.email or f"{factory.slug}@example.jp", f"見本 {factory.name.text('ja')}", None)


def _add(email: str, name: str, password_hash: str | None) -> Person:
    now = clock.now()
    person = Person(email=email, email_key=text.email_key(email), name=name, password_hash=password_hash, is_demo=True,
                    accepted_at=now, created_at=now)  # fmt: skip
    db.session.add(person)
    db.session.flush()  # its id is needed for its places
    return person
