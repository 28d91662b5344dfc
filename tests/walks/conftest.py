"""A town to draw in."""

from pathlib import Path

import pytest

from tests.walks.towns import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """An empty sheet of paper."""
    return Town(tmp_path)


@pytest.fixture
def block(town: Town) -> Town:
    """A block of 100 by 100 metres: streets a-b (south), b-c (east), c-d (north), d-a (west)."""
    for name, x, y in (("a", 0, 0), ("b", 100, 0), ("c", 100, 100), ("d", 0, 100)):
        town.node(name, x, y)
    for ends in ("ab", "bc", "cd", "da"):
        town.way(ends, highway="residential")
    return town


@pytest.fixture
def hill(town: Town) -> Town:
    """Two places 100 metres apart, with a level way of 300 metres round the hill; what leads over it is still to draw."""
    for name, x, y in (("a", 0, 0), ("b", 100, 0), ("m", 0, 100), ("n", 100, 100)):
        town.node(name, x, y)
    town.way("amnb", highway="residential")
    return town
