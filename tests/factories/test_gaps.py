"""What is missing leads to the very field, and costs as many statements for one as for a hundred."""

from typing import Any

import pytest

from eventapp.db import db, transaction
from eventapp.factories.gaps import find_gaps, gaps_of, progress
from eventapp.factories.models import Degree, EntryState, Factory, Photo, Photography, PointKind
from eventapp.festivals.models import Style
from eventapp.i18n import Translated
from tests.builders import make_edition, make_entry, make_factory, make_member, texts
from tests.visiting import Visitor

COMPLETE: dict[str, Any] = {
    "phone": "03-1", "min_age": 0, "photography": Photography.YES, "languages": ["ja"], "step_free": Degree.YES, "toilet": True,
}  # fmt: skip


def complete_factory() -> Factory:
    factory = make_factory(**COMPLETE)
    with transaction():
        factory.photos.append(Photo(name="a" * 24, alt=texts("手元"), width=4, height=3))
    return factory


def test_complete_factory_misses_nothing(app: Any) -> None:
    factory = complete_factory()
    entry = make_entry(make_edition(factory.festival), factory)

    assert gaps_of(factory, entry) == []
    assert progress([], entry).done == progress([], entry).total


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("kana", "", "kana"), ("name", Translated({"ja": "山田"}), "name_en"), ("point", PointKind.TOWN, "point"), ("lat", None, "point"),
     ("min_age", None, "min_age"), ("photography", None, "photography"), ("phone", None, "contact"), ("toilet", None, "toilet")],
)  # fmt: skip
def test_each_gap_is_found(app: Any, column: str, value: Any, code: str) -> None:
    factory = complete_factory()
    setattr(factory, column, value)

    gaps = gaps_of(factory)
    db.session.rollback()

    assert [gap.code for gap in gaps] == [code]


def test_every_gap_leads_to_a_field_that_is_there(app: Any, visit: Visitor) -> None:
    empty = {name: Translated({}) for name in ("products", "story", "address", "area", "access")}
    factory = make_factory(kana="", name=texts("山田", ""), point=PointKind.NONE, lat=None, lon=None, **empty)
    entry = make_entry(make_edition(factory.festival), factory, open_days=False)
    visit.sign_in(make_member(factory))
    gaps = gaps_of(factory, entry)

    assert len(gaps) == 17
    for gap in gaps:
        page = visit(gap.page)
        assert page.status == 200
        assert page.html.find(id=gap.path.partition("#")[2]) is not None, gap.path
        assert str(gap.text)


def test_booth_is_the_committees_business(app: Any) -> None:
    entry = make_entry(make_edition(style=Style.GATHERING), at_factory=False)

    gap = next(gap for gap in gaps_of(entry.factory, entry) if gap.code == "booth")

    assert gap.by_committee


def test_find_gaps_costs_three_statements(app: Any, count_statements: Any) -> None:
    edition = make_edition()
    first = make_entry(edition)
    for _number in range(5):
        make_entry(edition, open_days=False)
    withdrawn = make_entry(edition, state=EntryState.WITHDRAWN)
    db.session.rollback()
    db.session.expire_all()
    edition.id  # noqa: B018  # loaded again before counting

    with count_statements() as seen:
        gaps = find_gaps(edition)

    assert len(seen) == 3
    assert len(gaps) == 6 and withdrawn.id not in gaps
    assert "hours" not in {gap.code for gap in gaps[first.id]}


def test_checklist_tells_how_far_one_is(app: Any, visit: Visitor) -> None:
    factory = complete_factory()
    make_entry(make_edition(factory.festival), factory, open_days=False)
    visit.sign_in(make_member(factory))

    page = visit(f"/factory/{factory.code}/missing")

    assert "18 of 19 filled in" in page.main
    assert page.click("Say on which days").status == 200
