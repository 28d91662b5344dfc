"""The profile in sections, as somebody in a factory fills it in."""

from typing import Any

import pytest
from sqlalchemy import func, select

from eventapp.audit import Line
from eventapp.db import db
from eventapp.factories.forms import SECTIONS
from eventapp.factories.models import Craft, Degree, Factory, Photography, PointKind
from eventapp.festivals.models import EditionState, Role
from eventapp.i18n import Translated
from tests.builders import (
    make_edition,
    make_entry,
    make_factory,
    make_festival,
    make_member,
    make_organizer,
    make_person,
    texts,
)
from tests.visiting import Visitor


@pytest.fixture
def factory(app: Any) -> Factory:
    """A factory in one edition."""
    return make_entry().factory


def fresh(factory: Factory) -> Factory:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Factory, factory.id)


def test_profile_opens_every_section(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/profile")

    assert page.status == 200
    for section in SECTIONS:
        assert page.links(f"/profile/{section}"), section
        assert visit(f"/factory/{factory.code}/profile/{section}").status == 200


def test_names_are_saved_with_history_search_key_and_cache_version(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory, make_person("Yamada")))
    before = factory.entries[0].edition.content_version

    page = visit(f"/factory/{factory.code}/profile/names").submit(
        action="/profile/names",
        **{
            "name-ja": "髙橋ネジ製作所",
            "name-en": "Takahashi Screws",
            "kana": "たかはし",
            "craft": "cutting",
        },
    )

    factory = fresh(factory)
    assert (page.status, factory.name["en"], factory.craft) == (200, "Takahashi Screws", Craft.CUTTING)
    assert "高橋ねじ" in factory.search_key and "takahashi" in factory.search_key
    assert factory.entries[0].edition.content_version == before + 1
    line = db.session.scalars(select(Line).order_by(Line.id.desc())).first()
    assert line is not None and (line.action, line.by) == ("factory.edited", "Yamada")
    assert line.details["name"][1]["ja"] == "髙橋ネジ製作所"


def test_saving_the_same_again_leaves_no_line(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    visit(f"/factory/{factory.code}/profile/contact").submit(action="/profile/contact", phone="03-1234-5678")
    lines = select(func.count()).select_from(Line)
    before = db.session.scalar(lines)

    visit(f"/factory/{factory.code}/profile/contact").submit(action="/profile/contact")

    assert db.session.scalar(lines) == before


def test_only_the_name_is_required(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    empty = {"story": {"products-ja": "", "products-en": "", "story-ja": "", "story-en": ""},
             "contact": {"website": "", "phone": "", "email": ""},
             "entrance": {"address-ja": "", "address-en": "", "point_text": ""}}  # fmt: skip
    for section, values in empty.items():
        page = visit(f"/factory/{factory.code}/profile/{section}").submit(
            action=f"/profile/{section}", **values
        )
        assert page.status == 200, section

    page = visit(f"/factory/{factory.code}/profile/names").submit(
        action="/profile/names", **{"name-ja": " ", "kana": "やまだ"}
    )

    assert page.status == 422
    assert "Please write the Japanese text." in page.text
    assert page.html.select_one("#kana")["value"] == "やまだ"
    factory = fresh(factory)
    assert (factory.point, factory.lat, factory.phone, bool(factory.story)) == (
        PointKind.NONE,
        None,
        None,
        False,
    )


@pytest.mark.parametrize(
    ("typed", "kind", "expected"),
    [
        ("35.5614, 139.7161", "exact", (35.5614, 139.7161, PointKind.EXACT)),
        ("３５．５６１４，１３９．７１６１", "exact", (35.5614, 139.7161, PointKind.EXACT)),
        ("https://www.google.com/maps/@35.5614,139.7161,17z", "exact", (35.5614, 139.7161, PointKind.EXACT)),
        ("35.56, 139.71", "town", (35.56, 139.71, PointKind.TOWN)),
        ("", "town", (None, None, PointKind.NONE)),
    ],
)
def test_entrance_is_typed_pasted_or_known_to_the_town(
    visit: Visitor, factory: Factory, typed: str, kind: str, expected: tuple[Any, ...]
) -> None:
    visit.sign_in(make_member(factory))

    visit(f"/factory/{factory.code}/profile/entrance").submit(
        action="/profile/entrance", point_text=typed, point=kind
    )

    factory = fresh(factory)
    assert (factory.lat, factory.lon, factory.point) == expected


def test_entrance_that_cannot_be_read_keeps_everything_typed(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/profile/entrance").submit(
        action="/profile/entrance", point_text="the blue door", **{"address-ja": "大田区1-2-3"}
    )

    assert page.status == 422
    assert any("No point was found" in line for line in page.alerts)
    assert page.html.select_one("#point_text")["value"] == "the blue door"
    assert page.html.select_one("#address-ja")["value"] == "大田区1-2-3"
    assert fresh(factory).address != Translated({"ja": "大田区1-2-3"})


def test_visit_rules_are_data_and_may_stay_unsaid(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    path = f"/factory/{factory.code}/profile/rules"

    page = visit(path).submit(
        action="/profile/rules", min_age="１０", guardian_below="13", infants_take_place="false", photography="areas", step_free="partly",
        stroller="no", under_roof="true", noise="0", languages=["ja", "sign"], no_same_trade="y",
    )  # fmt: skip

    factory = fresh(factory)
    assert page.status == 200
    assert (factory.min_age, factory.guardian_below, factory.infants_take_place) == (10, 13, False)
    assert (factory.photography, factory.step_free, factory.stroller) == (
        Photography.AREAS,
        Degree.PARTLY,
        Degree.NO,
    )
    assert (factory.under_roof, factory.noise, factory.toilet, factory.nappy_change) == (True, 0, None, None)
    assert (factory.languages, factory.no_same_trade, factory.asks_company) == (["ja", "sign"], True, False)

    visit(path).submit(action="/profile/rules", noise="", photography="")

    factory = fresh(factory)
    assert (factory.noise, factory.photography, factory.stroller) == (None, None, Degree.NO)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("rules", {"min_age": "-1"}), ("rules", {"min_age": "9999999999999999999999"}), ("rules", {"photography": "maybe"}),
        ("rules", {"languages": ["xx"]}), ("names", {"craft": "alchemy"}), ("names", {"name-ja": "あ" * 500}),
        ("contact", {"website": "javascript:alert(1)"}), ("contact", {"phone": "12"}), ("contact", {"email": "nobody"}),
        ("entrance", {"point": "somewhere"}), ("names", {"name-ja": "a\x00b"}), ("story", {"story-ja": "x" * 7000}),
    ],
)  # fmt: skip
def test_bad_input_gets_a_message(
    visit: Visitor, factory: Factory, section: str, values: dict[str, Any]
) -> None:
    visit.sign_in(make_member(factory))
    before = factory.version

    page = visit(f"/factory/{factory.code}/profile/{section}").submit(action=f"/profile/{section}", **values)

    assert page.status == 422
    assert page.html.select(".field-errors")
    assert fresh(factory).version == before


def test_two_people_in_one_section_see_each_other(app: Any, visit: Visitor, factory: Factory) -> None:
    first, second = (
        visit.sign_in(make_member(factory, make_person("Sato"))),
        Visitor(app).sign_in(make_member(factory)),
    )
    path = f"/factory/{factory.code}/profile/story"
    page_of_first, page_of_second = first(path), second(path)

    page_of_first.submit(action="/profile/story", **{"products-ja": "真鍮の蛇口", "story-ja": "1920年から"})
    told = page_of_second.submit(action="/profile/story", **{"products-ja": "水道の蛇口"})

    assert told.status == 422
    assert "Somebody else has saved this part in the meantime." in told.text and "Sato" in told.main
    assert "真鍮の蛇口" in told.main and told.html.select_one("#products-ja")["value"] == "水道の蛇口"
    assert fresh(factory).products["ja"] == "真鍮の蛇口"

    told.submit(action="/profile/story")

    assert fresh(factory).products["ja"] == "水道の蛇口"


def test_two_people_in_two_sections_do_not_disturb_each_other(
    app: Any, visit: Visitor, factory: Factory
) -> None:
    first, second = visit.sign_in(make_member(factory)), Visitor(app).sign_in(make_member(factory))
    page_of_second = second(f"/factory/{factory.code}/profile/contact")

    first(f"/factory/{factory.code}/profile/names").submit(action="/profile/names", kana="たかはし")
    page = page_of_second.submit(action="/profile/contact", phone="03-1111-2222")

    factory = fresh(factory)
    assert (page.status, factory.kana, factory.phone) == (200, "たかはし", "03-1111-2222")


def test_a_change_reaches_every_living_edition_and_no_closed_one(visit: Visitor) -> None:
    festival = make_festival()
    old = make_edition(festival, slug="2025", state=EditionState.CLOSED)
    now, next_ = (
        make_edition(festival, slug="2026"),
        make_edition(festival, slug="2027", state=EditionState.RECRUITING),
    )
    factory = make_factory(festival)
    for edition in (old, now, next_):
        make_entry(edition, factory)
    visit.sign_in(make_member(factory))

    visit(f"/factory/{factory.code}/profile/names").submit(action="/profile/names", kana="たかはし")

    db.session.expire_all()
    assert [edition.content_version for edition in (old, now, next_)] == [1, 2, 2]


def test_strangers_and_readers_find_nothing(app: Any, factory: Factory) -> None:
    paths = [
        f"/factory/{factory.code}/{page}"
        for page in ("profile", "profile/names", "photos", "entry", "missing", "base.json")
    ]
    reader, staff = (
        make_organizer(factory.festival, Role.READER),
        make_organizer(factory.festival, Role.STAFF),
    )
    of_another = make_member(make_factory())

    for person, expected in ((reader, 404), (of_another, 404), (staff, 200)):
        visitor = Visitor(app).sign_in(person)
        assert [visitor(path).status for path in paths] == [expected] * len(paths)
    assert all(Visitor(app).send("GET", path, follow=False).status == 303 for path in paths)


def test_a_stale_token_is_said_and_nothing_is_lost(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/profile/names").submit(
        action="/profile/names", csrf_token="old", kana="たかはし"
    )

    assert page.status == 422
    assert page.html.select_one("#kana")["value"] == "たかはし"
    assert fresh(factory).kana != "たかはし"


def test_markup_typed_is_shown_as_text(visit: Visitor, factory: Factory) -> None:
    visit.sign_in(make_member(factory))
    visit(f"/factory/{factory.code}/profile/names").submit(
        action="/profile/names", **{"name-ja": "<script>alert(1)</script>"}
    )

    page = visit(f"/factory/{factory.code}/profile")

    assert "<script>alert(1)</script>" in page.main
    assert not page.html.find("script", string="alert(1)")


def test_base_map_is_drawn_without_texts(visit: Visitor) -> None:
    layers = {"water": {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "<b>"}, "geometry": {"type": "LineString", "coordinates": [[139.7, 35.5], [139.8, 35.6]]}}
    ]}, "odd": {"type": "FeatureCollection", "features": []}}  # fmt: skip
    factory = make_entry(make_edition(base_map=layers)).factory
    visit.sign_in(make_member(factory))

    answer = visit(f"/factory/{factory.code}/base.json").response

    assert list(answer.json) == ["water"]
    assert answer.json["water"]["features"][0]["properties"] == {}


def test_factory_without_an_edition_is_told_so(visit: Visitor) -> None:
    factory = make_factory(name=texts("独り", None))
    visit.sign_in(make_member(factory))

    assert "You are not in an edition yet" in visit(f"/factory/{factory.code}/entry").text
    assert visit(f"/factory/{factory.code}/profile/entrance").status == 200
