"""Ways among all places: kept in a file, made anew where it is damaged, with the visitor's own points added."""

from pathlib import Path

import pytest

from eventapp.walks import matrices
from eventapp.walks.earth import Point
from eventapp.walks.extracts import NO_STREETS, Streets
from eventapp.walks.streets import Straight
from tests.walks.festival import forget_everything
from tests.walks.towns import at

NONE = Streets(None, NO_STREETS)
SITES = [Point(*at(0, 0)), Point(*at(1000, 0))]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def test_ways_are_kept_in_memory_and_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = matrices.among(NONE, "normal", SITES, tmp_path)
    monkeypatch.setattr(Straight, "matrix", lambda *_args: pytest.fail("computed again"))

    assert matrices.among(NONE, "normal", SITES, tmp_path) is first
    forget_everything()
    assert matrices.among(NONE, "normal", SITES, tmp_path) == first
    assert first.metres[0][1] == 1300
    assert first.units[0][1] == 163  # 975 s


@pytest.mark.parametrize("content", [b"", b"rubbish", b"x\x9c"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    first = matrices.among(NONE, "normal", SITES, tmp_path)
    next(tmp_path.iterdir()).write_bytes(content)
    forget_everything()

    assert matrices.among(NONE, "normal", SITES, tmp_path) == first


def test_own_points_are_added_at_the_end(tmp_path: Path) -> None:
    ways = matrices.among(NONE, "normal", SITES, tmp_path)
    own = Point(*at(500, 0))

    more = matrices.with_points(ways, [own, own, SITES[0]], NONE, "normal", tmp_path)

    assert more.sites == (*SITES, own)
    assert more.added == 1
    assert [row[2] for row in more.metres] == more.metres[2] == [650, 650, 0]
    assert len(ways.metres[0]) == 2  # what is kept is not changed


def test_profiles_have_their_own_ways(tmp_path: Path) -> None:
    normal = matrices.among(NONE, "normal", SITES, tmp_path)
    relaxed = matrices.among(NONE, "relaxed", SITES, tmp_path)

    assert relaxed.units[0][1] == 217 > normal.units[0][1]
