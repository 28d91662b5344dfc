"""The life of an edition: made, changed, moved, frozen."""

from datetime import UTC, date, datetime, timedelta

import pytest

from eventapp import clock
from eventapp.audit import Line
from eventapp.db import db, transaction
from eventapp.factories import freezing
from eventapp.factories.models import Craft, EntryState
from eventapp.festivals import editions, privacy
from eventapp.festivals.editions import EditionError
from eventapp.festivals.models import NEXT, EditionState, Style
from eventapp.i18n import use_language
from tests.builders import (
    SATURDAY,
    SUNDAY,
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    texts,
)

pytestmark = pytest.mark.usefixtures("app")


def create(festival, slug="2027", **values):
    values = {
        "name": texts("2027 秋", "Autumn 2027"),
        "style": Style.MIXED,
        "dates": [SATURDAY],
        "zone_name": "Asia/Tokyo",
        **values,
    }
    with transaction():
        return editions.create(festival, slug=slug, by="test", **values)


def change(edition, dates=(SATURDAY, SUNDAY), **values):
    with transaction():
        editions.change(edition, values, dates, by="test")


def test_create_makes_a_draft_with_the_standard_privacy_text():
    edition = create(make_festival())

    assert edition.state is EditionState.DRAFT
    assert edition.dates == [SATURDAY]
    assert "2027年2月26日" in edition.privacy["ja"]  # 90 days after the last day
    assert "February 26, 2027" in edition.privacy["en"]
    assert privacy.is_standard(edition)


@pytest.mark.parametrize("slug", ["", "A b", "ä", "settings", "people", "-x", "x" * 41, "../x"])
def test_create_refuses_an_address_that_is_not_free(slug):
    with pytest.raises(EditionError) as refused:
        create(make_festival(), slug)
    assert refused.value.field == "slug"


def test_create_refuses_the_address_of_another_edition_of_the_same_festival_only():
    first, second = make_festival(), make_festival()
    create(first)
    create(second)

    with pytest.raises(EditionError):
        create(first)


def test_change_lets_the_standard_privacy_text_follow_the_settings():
    edition = create(make_festival())

    change(edition, keep_visitors_days=30, contact_email="desk@example.jp", privacy=edition.privacy)

    assert "desk@example.jp" in edition.privacy["ja"]
    assert "30日後" in edition.privacy["ja"]
    assert edition.privacy_version == 2


def test_change_leaves_a_privacy_text_alone_that_was_written_by_hand():
    edition = create(make_festival())
    change(edition, privacy=texts("自分の文"))

    change(edition, keep_visitors_days=30, privacy=texts("自分の文"))

    assert edition.privacy == texts("自分の文")
    assert edition.privacy_version == 2


def test_change_notes_what_was_before_and_after_and_makes_pages_anew():
    edition = make_edition()
    before = edition.content_version

    change(edition, contact_phone="03-1234-5678")

    line = db.session.query(Line).filter_by(action="edition.changed").one()
    assert line.details == {"contact_phone": [None, "03-1234-5678"]}
    db.session.expire_all()
    assert (edition.content_version, edition.version) == (before + 1, 2)


def test_change_refuses_times_that_contradict_each_other():
    edition = make_edition()
    with pytest.raises(EditionError) as refused:
        change(
            edition,
            booking_opens_at=datetime(2026, 11, 2, tzinfo=UTC),
            booking_closes_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
    assert refused.value.field == "booking_closes_at"


def test_change_refuses_a_public_edition_without_days():
    with pytest.raises(EditionError):
        change(make_edition(), dates=())


def test_days_are_a_set_not_a_range():
    edition = make_edition(state=EditionState.DRAFT)

    change(edition, dates=[date(2026, 12, 5), SATURDAY, SATURDAY])

    assert edition.dates == [SATURDAY, date(2026, 12, 5)]
    assert (edition.first_day, edition.last_day) == (SATURDAY, date(2026, 12, 5))


@pytest.mark.parametrize("state", list(EditionState))
def test_moves_are_those_that_move_allows(state):
    edition = make_edition(state=state)
    assert set(editions.moves(edition)) == NEXT[state]

    for forbidden in set(EditionState) - NEXT[state]:
        with pytest.raises(EditionError), transaction():
            editions.move(edition, forbidden, by="test")


def test_what_begins_by_itself_today_cannot_be_put_back():
    edition = make_edition(state=EditionState.RUNNING)
    morning = datetime(2026, 11, 28, 0, tzinfo=UTC)

    with clock.stopped_at(morning):
        assert editions.moves(edition) == [EditionState.CLOSED]
        with pytest.raises(EditionError), transaction():
            editions.move(edition, EditionState.PUBLISHED, by="test")
    with clock.stopped_at(morning - timedelta(days=1)), transaction():
        editions.move(edition, EditionState.PUBLISHED, by="test")
    with clock.stopped_at(morning), transaction():
        assert editions.start_due() == 1


def test_publishing_needs_days():
    edition = make_edition(state=EditionState.DRAFT, days=())
    with pytest.raises(EditionError), transaction():
        editions.move(edition, EditionState.PUBLISHED, by="test")


def test_freeze_all_keeps_what_accepted_factories_said():
    edition = make_edition()
    factory = make_factory(edition.festival, min_age=10, craft=Craft.PRESS)
    name = dict(factory.name)
    accepted, draft = make_entry(edition, factory), make_entry(edition, state=EntryState.DRAFT)

    with transaction():
        assert freezing.freeze_all(edition) == 1
    with transaction():
        factory.name, factory.min_age, factory.craft = texts("新しい名前"), 18, Craft.WOOD

    shown = freezing.shown_factory(accepted)
    with use_language("ja"):
        assert str(shown.name) == name["ja"]
    assert (shown.min_age, shown.craft, shown.slug) == (10, Craft.PRESS, factory.slug)
    assert freezing.shown_factory(draft) is draft.factory


def test_thaw_all_shows_todays_texts_again():
    edition = make_edition()
    entry = make_entry(edition)
    with transaction():
        freezing.freeze_all(edition)
    with transaction():
        freezing.thaw_all(edition)

    db.session.expire_all()
    assert freezing.shown_factory(entry) is entry.factory
