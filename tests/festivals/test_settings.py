"""Settings of an edition and of the festival: saved, refused, and met by two people at once."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from eventapp.db import db, transaction
from eventapp.festivals import editions
from eventapp.festivals.models import Edition, Festival, Role
from tests.builders import (
    SATURDAY,
    make_edition,
    make_entry,
    make_festival,
    make_organizer,
    make_programme,
    make_slot,
)
from tests.visiting import Visitor

TEXTS, SETTINGS = "/manage/kawabe/2026/settings", "/manage/kawabe/settings"


@pytest.fixture
def edition(visit):
    made = make_edition(make_festival("kawabe"))
    visit.sign_in(make_organizer(made.festival, Role.OWNER))
    return made


def fresh(thing):
    db.session.expire_all()
    return db.session.get(type(thing), thing.id)


def picture(colour="brown", size=(900, 600)):
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


def test_texts_are_saved_with_times_to_the_second_and_a_point_from_a_link(visit, edition):
    page = visit(TEXTS).submit(
        action="settings", button="", **{"tagline-en": "Come and see"}, booking_opens_at="2026-10-10T10:00:05",
        more_days="12/5", point="https://maps.gsi.go.jp/#15/35.56/139.71/", max_party_size="８",
    )  # fmt: skip

    assert page.alerts == ["Saved."]
    saved = fresh(edition)
    assert saved.tagline["en"] == "Come and see"
    assert saved.booking_opens_at.isoformat() == "2026-10-10T01:00:05+00:00"
    assert [day.isoformat() for day in saved.dates] == ["2026-11-28", "2026-11-29", "2026-12-05"]
    assert (saved.lat, saved.lon, saved.max_party_size) == (35.56, 139.71, 8)
    assert page.html.select_one("input[name=booking_opens_at]")["value"] == "2026-10-10T10:00:05"


def test_a_day_without_slots_can_go_and_one_with_slots_cannot(visit, edition):
    visit(TEXTS).submit(action="settings", days=["2026-11-28"])
    assert fresh(edition).dates == [SATURDAY]

    make_slot(make_programme(make_entry(edition)))
    page = visit(TEXTS).submit(action="settings", days=[], more_days="11/29")

    assert page.status == 422
    assert "2026-11-28 still has 1 slot." in page.text
    assert fresh(edition).dates == [SATURDAY]


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_party_size": "0"}, {"max_party_size": "1e9"}, {"max_party_size": "-1"}, {"max_party_size": "99999999999999999999"},
        {"booking_opens_at": "0001-01-01T00:00"}, {"booking_opens_at": "tomorrow"}, {"contact_email": "nobody"},
        {"contact_phone": "12"}, {"point": "nan,nan"}, {"name-ja": ""}, {"name-ja": "あ" * 61}, {"style": "floating"},
        {"more_days": "never"}, {"booking_opens_at": "2026-11-02T00:00", "booking_closes_at": "2026-11-01T00:00"},
        {"introduction-ja": "x" * 10001}, {"tagline-ja": "a\x00b"}, {"keep_visitors_days": ""}, {"change_hours": "²"},
    ],
)  # fmt: skip
def test_wrong_input_is_said_and_nothing_is_saved_or_lost(visit, edition, wrong):
    page = visit(TEXTS).submit(action="settings", **{"tagline-en": "Kept", **wrong})

    assert page.status == 422
    assert page.html.select(".form-errors li")
    assert page.html.select_one("input[name=tagline-en]")["value"] == "Kept"
    assert fresh(edition).version == 1


def test_missing_fields_change_nothing(visit, edition):
    token = visit(TEXTS).html.select_one("input[name=csrf_token]")["value"]

    page = visit.post(TEXTS, csrf_token=token)

    assert page.status < 500
    assert fresh(edition).name == edition.name


def test_two_people_at_one_page_see_each_others_text(visit, edition):
    mine = visit(TEXTS)
    other = Visitor(visit.app).sign_in(make_organizer(edition.festival, Role.STAFF))
    other(TEXTS).submit(action="settings", **{"tagline-en": "Theirs"})

    page = mine.submit(action="settings", **{"tagline-en": "Mine"})

    assert page.status == 409
    assert "Organizer saved this page while you were writing." in page.text
    row = next(one for one in page.html.select("table tbody tr") if "One line about it" in one.get_text())
    assert [cell.get_text(strip=True) for cell in row.select("td")] == ["Theirs", "Mine"]
    assert fresh(edition).tagline["en"] == "Theirs"
    assert page.submit(action="settings").alerts == ["Saved."]  # knowingly
    assert fresh(edition).tagline["en"] == "Mine"


def test_a_moment_typed_without_its_seconds_is_no_difference(visit, edition):
    with transaction():
        edition.booking_opens_at = datetime(2026, 10, 10, 1, 0, tzinfo=UTC)
    mine = visit(TEXTS)
    Visitor(visit.app).sign_in(make_organizer(edition.festival, Role.STAFF))(TEXTS).submit(
        action="settings", **{"tagline-en": "Theirs"}
    )

    page = mine.submit(action="settings", booking_opens_at="2026-10-10T10:00")

    assert [one.get_text() for one in page.html.select("table tbody th")] == ["One line about it (English)"]


def test_the_festival_takes_names_accent_and_pictures(visit, edition):
    page = visit(SETTINGS).submit(
        action="settings", **{"factory_word-ja": "窯元", "factory_word-en": "kiln"}, accent="#036", website="festival.example.jp",
        files={"logo": (io.BytesIO(picture()), "logo.png")},
    )  # fmt: skip

    saved = fresh(edition.festival)
    assert page.alerts == ["Saved."]
    assert (saved.accent, saved.website, saved.factory_word["ja"]) == (
        "#003366",
        "https://festival.example.jp",
        "窯元",
    )
    media = Path(visit.app.config["INSTANCE"]) / "media"
    assert list(media.glob(f"{saved.logo}-*"))

    old = saved.logo
    visit(SETTINGS).submit(action="settings", no_logo="y")
    assert fresh(edition.festival).logo is None
    assert list(media.glob(f"{old}-*")) == []


def test_a_pale_accent_is_refused_with_a_darker_one(visit, edition):
    page = visit(SETTINGS).submit(action="settings", accent="#ffcc00")

    assert page.status == 422
    assert "#8a6e00" in page.text
    assert fresh(edition.festival).accent == "#b4451f"


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50],
)
def test_what_is_no_picture_is_refused_and_the_rest_stays(visit, edition, content):
    page = visit(SETTINGS).submit(
        action="settings", **{"name-en": "New name"}, files={"cover": (io.BytesIO(content), "cover.png")}
    )

    assert page.status == 422
    assert page.html.select_one("input[name=name-en]")["value"] == "New name"
    assert fresh(edition.festival).version == 1


def test_pictures_of_a_refused_form_do_not_stay(visit, edition):
    media = Path(visit.app.config["INSTANCE"]) / "media"
    before = set(media.glob("*")) if media.exists() else set()

    visit(SETTINGS).submit(
        action="settings", accent="#ffcc00", files={"cover": (io.BytesIO(picture()), "cover.png")}
    )

    assert set(media.glob("*")) == before


def test_two_owners_at_the_settings(visit, edition):
    mine = visit(SETTINGS)
    with transaction():
        db.session.get(Festival, edition.festival_id).version += 1

    assert mine.submit(action="settings", **{"name-en": "Mine"}).status == 409


def test_every_setting_is_a_column(app):
    assert set(editions.SETTINGS) <= set(Edition.__table__.columns.keys())
