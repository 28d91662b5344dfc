"""Pictures of the rally: the one that grows with every stamp, and those of prizes; sent by the committee or drawn by us."""

import io

import pytest
from flask import Flask
from PIL import Image

from eventapp import clock
from eventapp.db import db
from eventapp.festivals.models import Role
from eventapp.stamps.models import Prize, Rally
from tests.builders import make_organizer, make_prize, make_rally
from tests.stamps.phones import START, token_of
from tests.visiting import Visitor


def base(rally: Rally) -> str:
    return f"/manage/{rally.edition.festival.slug}/{rally.edition.slug}/rally"


@pytest.fixture
def rally(app: Flask) -> Rally:
    return make_rally(stations=3)


@pytest.fixture
def desk(rally: Rally, visit: Visitor) -> Visitor:
    return visit.sign_in(make_organizer(rally.edition.festival, Role.STAFF))


def png(colour: str = "navy", size: tuple[int, int] = (400, 280)) -> tuple[io.BytesIO, str]:
    """A picture as a form sends it."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    file.seek(0)
    return file, "picture.png"


def test_the_committee_s_own_picture_grows_on_the_card(rally: Rally, desk: Visitor) -> None:
    settings, home = f"{base(rally)}/settings", f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/"
    assert "Choose the picture." in desk(settings).submit(action="/rally/", overlay="own").main

    assert desk(settings).submit(action="/rally/", overlay="own", picture=png()).alerts[0] == "Saved."

    stored = db.session.get_one(Rally, rally.id).overlay
    assert stored not in {None, "quilt"}
    page = desk(home)
    assert len(page.html.select("[data-piece]")) == 3 and not page.html.select(".piece-open")
    shown = desk(page.html.select_one(".picture-grows image")["href"])
    assert shown.response.mimetype == "image/webp" and "immutable" in shown.response.headers["Cache-Control"]
    assert desk(settings).submit(action="/rally/", **{"name-en": "Other"}).alerts[0] == "Saved."
    assert db.session.get_one(Rally, rally.id).overlay == stored  # another change leaves it
    desk(settings).submit(action="/rally/", overlay="quilt")
    shown = desk(desk(home).html.select_one(".picture-grows image")["href"])
    assert shown.response.mimetype == "image/svg+xml"
    desk(settings).submit(action="/rally/", overlay="")
    assert not desk(home).html.select(".picture-grows") and desk(f"{home}picture").status == 404


def test_a_file_that_is_no_picture_is_told_so(rally: Rally, desk: Visitor) -> None:
    page = desk(f"{base(rally)}/settings").submit(
        action="/rally/", overlay="own", picture=(io.BytesIO(b"GIF89a"), "x.gif")
    )

    assert page.status == 422 and "GIF pictures are not taken." in page.main
    assert db.session.get_one(Rally, rally.id).overlay is None


def test_a_prize_is_drawn_until_its_picture_is_sent(rally: Rally, desk: Visitor) -> None:
    prize = make_prize(rally, 2)
    home = f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/"
    drawn = desk(home).html.select_one(".tier-mark img")["src"]
    assert desk(drawn).response.mimetype == "image/svg+xml"

    assert (
        desk(f"{base(rally)}/prizes/{prize.code}").submit(action="/prizes/", picture=png()).alerts[0]
        == "Saved."
    )

    own = desk(home).html.select_one(".tier-mark img")["src"]
    assert own != drawn and desk(own).response.mimetype == "image/webp"
    assert desk(f"{base(rally)}/prizes/{prize.code}/picture").response.mimetype == "image/webp"
    desk(f"{base(rally)}/prizes/{prize.code}").submit(action="/prizes/", drop_picture="y")
    assert db.session.get_one(Prize, prize.id).picture is None


def test_each_stamp_uncovers_its_piece(rally: Rally, desk: Visitor) -> None:
    desk(f"{base(rally)}/settings").submit(action="/rally/", overlay="quilt")
    with clock.stopped_at(START):
        desk(f"/s/{token_of(rally, 2)}").submit(action="/s/")
        page = desk(f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/")

    assert [one.get_text().strip() for one in page.html.select(".piece-open")] == ["2"]


def test_a_phone_keeps_the_pictures_for_when_there_is_no_signal(rally: Rally, desk: Visitor) -> None:
    make_prize(rally, 2)
    desk(f"{base(rally)}/settings").submit(action="/rally/", overlay="quilt")
    home = f"/{rally.edition.festival.slug}/{rally.edition.slug}/stamps/"

    kept = desk(f"{home}manifest.json").response.get_json()["files"]

    page = desk(home)
    shown = [
        page.html.select_one(".picture-grows image")["href"],
        page.html.select_one(".tier-mark img")["src"],
    ]
    assert set(shown) <= set(kept)
