"""What is missing before opening day, with who can mend it, in a constant number of statements."""

from datetime import UTC, datetime, timedelta

import pytest

from eventapp import clock, outbox
from eventapp.db import db, transaction
from eventapp.factories.models import EntryState, PointKind
from eventapp.festivals.models import EditionState, Style
from eventapp.i18n import use_language
from eventapp.outbox import Mail, MailState
from eventapp.tours.models import EntryMode, HeldAt, ProgrammeState
from eventapp.years import missing
from eventapp.years.missing import Who
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_member,
    make_place,
    make_programme,
    make_slot,
    make_venue,
    texts,
)
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("app")


def said(edition, who=None):
    """Everything the report says, as "name: point"."""
    with use_language("en"):
        return {
            f"{gap.name}: {point.text}"
            for section in missing.report(edition).sections
            for gap in section.gaps
            if who in (None, gap.who)
            for point in gap.points
        }


def test_an_empty_edition_lacks_nearly_everything():
    edition = make_edition(
        state=EditionState.DRAFT, days=(), contact_email=None, privacy=texts("", ""), style=Style.GATHERING
    )

    found = said(edition)

    assert {
        "Days: no day yet", "Contact for visitors: no e-mail and no telephone", "Privacy text: not written yet",
        "Venues: no venue yet, though factories come together", "Information: no information desk on the map",
        "Factories: none takes part yet", "Programmes: nothing is on yet", "Middle of the map: no point on the map",
    } <= found  # fmt: skip
    report = missing.report(edition)
    assert report.musts < report.count
    assert all(gap.must for gap in report.sections[0].gaps[:3])


def test_reservations_need_an_opening_time_only_where_something_is_booked():
    edition = make_edition()
    make_programme(make_entry(edition), entry_mode=EntryMode.OPEN)
    line = "Reservations: no time at which they open: they open as soon as the pages are public"
    assert line not in said(edition)

    make_programme(make_entry(edition))

    assert line in said(edition)


def test_a_factory_is_told_what_it_lacks_and_the_committee_what_waits_for_it():
    edition = make_edition()
    factory = make_factory(
        edition.festival, name=texts("山田製作所", "Yamada"), lat=None, lon=None, point=PointKind.NONE
    )
    make_entry(edition, factory, state=EntryState.SUBMITTED, open_days=False)

    own, ours = said(edition, Who.FACTORY), said(edition, Who.COMMITTEE)

    assert "Yamada: Show where the entrance is on the map" in own
    assert "Yamada: Say on which days and at what hours you are open" in own
    assert "Yamada: Put in a programme" in own
    assert "Yamada: waits for your yes" in ours
    assert "Yamada: nobody there is invited yet" in ours
    make_member(factory)
    assert "Yamada: nobody there is invited yet" not in said(edition)


def test_withdrawn_entries_and_programmes_are_not_asked_for():
    edition = make_edition()
    make_entry(
        edition, make_factory(edition.festival, name=texts("辞退", "Gone")), state=EntryState.WITHDRAWN
    )
    make_programme(edition=edition, state=ProgrammeState.WITHDRAWN, title=texts("中止", "Called off"))

    assert not [line for line in said(edition) if line.startswith(("Gone", "Called off"))]


def test_slots_outside_the_opening_hours_are_found():
    edition = make_edition()
    entry = make_entry(edition, make_factory(edition.festival, name=texts("山田", "Yamada")))
    programme = make_programme(entry, title=texts("見学", "Tour"))
    saturday = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
    make_slot(programme, starts_at=saturday + timedelta(hours=1))  # 10:00-11:00, open
    make_slot(
        programme, starts_at=saturday + timedelta(hours=2, minutes=30)
    )  # 11:30-12:30, into the lunch closure
    make_slot(programme, starts_at=saturday + timedelta(days=7))  # no day of the edition

    found = said(edition)

    assert "Tour — Yamada: 1 slot outside the opening hours" in found
    assert "Tour — Yamada: 1 slot on another day than the edition's" in found


def test_programmes_lack_slots_places_and_links():
    edition = make_edition()
    make_programme(edition=edition, title=texts("町歩き", "Walk"), held_at=HeldAt.PLACE)
    make_programme(
        edition=edition,
        title=texts("配信", "Stream"),
        held_at=HeldAt.ONLINE,
        entry_mode=EntryMode.OPEN,
        state=ProgrammeState.DRAFT,
    )
    make_programme(edition=edition, title=texts("展示", ""), entry_mode=EntryMode.OPEN)

    assert {
        "Walk: no slot yet", "Walk: no meeting point", "Stream: still a draft", "Stream: no link for the online visit", "展示: no English",
    } <= said(edition)  # fmt: skip


def test_places_need_a_point_or_a_venue_that_has_one():
    edition = make_edition()
    venue = make_venue(edition)
    stage, toilet = (
        make_place(edition, name=texts("舞台", "Stage"), venue_id=venue.id),
        make_place(edition, name=texts("便所", "Toilet")),
    )
    with transaction():
        stage.lat = stage.lon = toilet.lat = toilet.lon = None

    assert [line for line in sorted(said(edition)) if line.startswith(("Stage", "Toilet"))] == [
        "Toilet: no point on the map"
    ]


def test_mail_that_does_not_leave_is_missing_too():
    edition = make_edition()
    with clock.stopped_at(NOW - timedelta(minutes=11)), transaction():
        for address in ("a@example.jp", "b@example.jp"):
            outbox.post(
                "people/invited",
                to=address,
                to_key=address,
                language="ja",
                values={},
                festival_id=edition.festival_id,
            )
    with transaction():
        db.session.query(Mail).first().state = MailState.FAILED

    assert "Mail outbox: 1 mail was given up" in said(edition, Who.COMMITTEE)
    assert "Mail outbox: 1 mail has waited for more than ten minutes" in said(edition, Who.OPERATOR)


def test_another_festival_is_never_in_the_report():
    edition, other = make_edition(), make_edition()
    make_slot(
        make_programme(
            make_entry(other, make_factory(other.festival, name=texts("よそ", "Elsewhere"))),
            title=texts("よそ", "Elsewhere"),
        )
    )
    make_venue(other, name=texts("よそ", "Elsewhere"))

    assert not [line for line in said(edition) if "Elsewhere" in line]


def test_the_number_of_statements_does_not_grow(count_statements):
    edition = make_edition()

    def measure():
        db.session.expire_all()
        with count_statements() as seen:
            said(edition)
        return len(seen)

    def add(times):
        for _time in range(times):
            make_slot(make_programme(make_entry(edition, make_factory(edition.festival))))
            make_venue(edition), make_place(edition)

    add(2)
    few = measure()
    add(8)
    assert measure() == few <= 16
