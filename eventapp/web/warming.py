"""What every worker will need, made once before there are workers: they share the memory, and nobody waits for it."""

import logging
from collections.abc import Iterator

from flask import Flask
from flask_babel import force_locale, get_translations
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from eventapp import links
from eventapp.db import db
from eventapp.factories.models import Entry, EntryState, Factory
from eventapp.festivals.models import BOOKABLE, Edition, Festival
from eventapp.i18n import LANGUAGES
from eventapp.tours.models import Slot, SlotState

VISITORS = ("base.html", "visitor.html", "_", "errors/", "festivals/", "factories/", "tours/")
DESKS = ("/organizer/", "/factory/", "/desk/")
log = logging.getLogger(__name__)


def warm(app: Flask) -> None:
    """Mappers, both languages, the templates of the visitors' pages, and one look at each kind of page.

    A database that cannot be read is no reason not to start. No connection is left open: processes cannot share one.
    """
    configure_mappers()
    with app.test_request_context():
        for code in LANGUAGES:
            with force_locale(code):
                get_translations()
    for name in app.jinja_env.list_templates(filter_func=_is_for_visitors):
        app.jinja_env.get_template(name)
    try:
        _look_around(app)
    except SQLAlchemyError as error:
        log.warning("no page was drawn beforehand: %s", type(error).__name__)
    with app.app_context():
        db.engine.dispose()


def _is_for_visitors(name: str) -> bool:
    return name.endswith(".html") and name.startswith(VISITORS) and not any(part in name for part in DESKS)


def _look_around(app: Flask) -> None:
    with app.app_context():
        paths, address = list(_paths()), links.base_url()
        db.session.remove()
    for path in paths:
        for code in LANGUAGES:
            app.test_client().get(path, base_url=address, headers={"Accept-Language": code})


def _paths() -> Iterator[str]:
    """The pages of the newest edition that takes bookings: home, what's on, a factory, a slot."""
    found = db.session.execute(
        select(Festival.slug, Edition.slug, Edition.id).join(Edition.festival).where(Edition.state.in_(BOOKABLE))
        .order_by(Edition.first_day.desc(), Edition.id).limit(1)
    ).first()  # fmt: skip
    if found is None:
        return
    home = f"/{found[0]}/{found[1]}/"
    yield from (home, f"{home}whats-on/")
    entries = select(Factory.slug).join(Entry, Entry.factory_id == Factory.id)
    for slug in db.session.scalars(
        entries.where(Entry.edition_id == found[2], Entry.state == EntryState.ACCEPTED).limit(1)
    ):
        yield f"{home}factories/{slug}/"
    for code in db.session.scalars(
        select(Slot.code).where(Slot.edition_id == found[2], Slot.state == SlotState.OPEN).limit(1)
    ):
        yield f"{home}slots/{code}"
