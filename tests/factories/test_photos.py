"""Pictures straight from a phone."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from eventapp import uploads
from eventapp.db import db, transaction
from eventapp.factories import photos as rules
from eventapp.factories.models import Factory, Photo
from tests.builders import make_entry, make_factory, make_member, texts
from tests.visiting import Page, Visitor


def picture(colour: str = "red", kind: str = "JPEG", size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (30000, 30000)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def factory(app: Any) -> Factory:
    return make_entry().factory


def send(visit: Visitor, factory: Factory, *files: tuple[bytes, str]) -> Page:
    page = visit(f"/factory/{factory.code}/photos")
    return page.submit(
        action="/photos", files={"pictures": [(io.BytesIO(content), name) for content, name in files]}
    )


def stored(app: Any) -> list[str]:
    folder = Path(app.config["INSTANCE"]) / "media"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def names(factory: Factory) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Photo.name).where(Photo.factory_id == factory.id).order_by(Photo.position))
    )


def test_only_formats_an_iphone_converts_to_are_asked_for(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    field = visit(f"/factory/{factory.code}/photos").html.select_one("input[type=file]")

    assert field["accept"] == "image/jpeg,image/png,image/webp"
    assert field.has_attr("multiple")


def test_pictures_are_added_and_shown(app: Any, visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    page = send(visit, factory, (picture("red"), "a.jpg"), (picture("blue", "PNG"), "b.png"))

    first, second = names(factory)
    assert page.status == 200 and "2 pictures added." in page.text
    assert visit.send("GET", f"/media/{first}/640").response.content_type == "image/webp"
    assert all(any(path.startswith(name) for path in stored(app)) for name in (first, second))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "not a picture"), (b"", "empty"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\x00" * (8 * 1024 * 1024 + 1), "larger than 8 MB"), (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100, "HEIC"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_named_and_the_rest_is_kept(
    visit: Visitor, factory: Factory, content: bytes, words: str
) -> None:
    visit.sign_in(make_member(factory))

    page = send(visit, factory, (content, "odd.bin"), (picture(), "good.jpg"))

    assert page.status == 200
    assert any(words in alert and "odd.bin" in alert for alert in page.alerts)
    assert len(names(factory)) == 1


def test_picture_of_too_many_pixels_is_refused(app: Any, visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    before = stored(app)

    page = send(visit, factory, (bomb(), "bomb.png"))

    assert page.status == 422 and "million pixels" in page.text
    assert (names(factory), stored(app)) == ([], before)


def test_several_large_pictures_come_through_at_once(visit: Visitor, factory: Factory) -> None:
    """Three of four megabytes are more than a form may weigh elsewhere."""
    visit.sign_in(make_member(factory))
    heavy = picture() + b"\x00" * (4 * 1024 * 1024)

    page = send(visit, factory, *[(heavy, f"{number}.jpg") for number in range(3)])

    assert page.status == 200
    assert len(names(factory)) == 3


def test_nothing_chosen_is_said(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/photos").submit(action="/photos")

    assert page.status == 422 and "Choose a picture first." in page.text


def test_files_go_when_the_rows_cannot_be_written(app: Any, visit: Visitor, factory: Factory) -> None:
    with transaction():
        for number in range(rules.MOST - 1):
            factory.photos.append(
                Photo(name=f"{number:024}", alt=texts("x"), width=4, height=3, position=number)
            )
    visit.sign_in(make_member(factory))
    before = stored(app)

    page = send(visit, factory, (picture(), "a.jpg"), (picture(), "b.jpg"))

    assert page.status == 422 and "at most 12 pictures" in page.text
    assert (len(names(factory)), stored(app)) == (rules.MOST - 1, before)


def test_nothing_is_decoded_inside_a_transaction(
    visit: Visitor, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eventapp.db import is_writing

    seen: list[bool] = []
    store = uploads.store_picture
    monkeypatch.setattr(uploads, "store_picture", lambda *args: (seen.append(is_writing()), store(*args))[1])
    visit.sign_in(make_member(factory))

    send(visit, factory, (picture(), "a.jpg"))

    assert seen == [False]


def test_order_words_and_removal(app: Any, visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    send(visit, factory, *[(picture(colour), "x.jpg") for colour in ("red", "green", "blue")])
    red, green, blue = names(factory)

    visit(f"/factory/{factory.code}/photos").submit(action=f"/photos/{blue}/earlier")
    assert names(factory) == [red, blue, green]
    visit(f"/factory/{factory.code}/photos/{green}").submit(action=f"/photos/{green}/first")
    assert names(factory) == [green, red, blue]

    visit(f"/factory/{factory.code}/photos/{red}").submit(action=f"/photos/{red}", **{"alt-ja": "旋盤と手元"})
    assert "旋盤と手元" in visit(f"/factory/{factory.code}/photos").main

    visit(f"/factory/{factory.code}/photos/{red}").submit(action=f"/photos/{red}/remove")
    assert names(factory) == [green, blue]
    assert not [path for path in stored(app) if path.startswith(red)]


def test_two_people_describing_one_picture_see_each_other(app: Any, visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    send(visit, factory, (picture(), "x.jpg"))
    path = f"/factory/{factory.code}/photos/{names(factory)[0]}"
    theirs = Visitor(app).sign_in(make_member(factory))(path)

    visit(path).submit(action=path, **{"alt-ja": "手元"})
    told = theirs.submit(action=path, **{"alt-ja": "旋盤"})

    assert told.status == 422 and "手元" in told.main and told.html.select_one("#alt-ja")["value"] == "旋盤"


def test_pictures_of_another_factory_are_not_there(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    send(visit, factory, (picture(), "x.jpg"))
    mine, theirs = names(factory)[0], make_factory()
    visit.sign_in(make_member(theirs))

    assert visit(f"/factory/{theirs.code}/photos/{mine}").status == 404
    assert visit(f"/factory/{theirs.code}/photos/nothing").status == 404
    assert visit(f"/factory/{factory.code}/photos/{mine}").status == 404
