"""The installation's master secret: one for all processes, whole or not at all, for its owner alone."""

import os
from pathlib import Path

import pytest

from eventapp import config, create_app
from tests.conftest import settings


def test_it_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"

    made = config.read_or_make_secret(path)

    assert len(made) >= config.SHORTEST_SECRET
    assert config.read_or_make_secret(path) == made
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["secret.key"]


def test_whoever_comes_second_takes_that_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Server and worker are started together; at no moment is there a file that is still empty."""
    path, usual, seen = tmp_path / "secret.key", os.link, []

    def slow(source: str, target: Path) -> None:
        seen.append(path.exists())
        monkeypatch.setattr(os, "link", usual)
        seen.append(config.read_or_make_secret(path))  # the other process, in between
        usual(source, target)

    monkeypatch.setattr(os, "link", slow)

    assert config.read_or_make_secret(path) == seen[1]
    assert seen[0] is False


def test_a_full_disk_leaves_no_empty_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        config.read_or_make_secret(tmp_path / "secret.key")

    assert list(tmp_path.iterdir()) == []


def test_nobody_else_on_the_machine_looks_into_a_new_instance(tmp_path: Path) -> None:
    create_app(settings(f"sqlite:///{tmp_path / 'x.sqlite3'}"), instance=tmp_path / "instance")

    assert (tmp_path / "instance").stat().st_mode & 0o077 == 0
