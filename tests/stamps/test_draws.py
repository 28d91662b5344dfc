"""Invariant 22: anybody finds the same winners from what is published, with the script that we ship."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp import clock, draws
from eventapp.db import db, transaction
from eventapp.draws import DrawError
from eventapp.stamps import erasing, merging, raffle
from eventapp.stamps.models import Card
from eventapp.stamps.routes import device
from tests.builders import make_edition, make_festival, make_rally, texts
from tests.stamps.phones import START, Phone, token_of

pytestmark = pytest.mark.usefixtures("app")
SCRIPT = Path(__file__).parents[2] / "tools" / "check_draw.py"
ENTRIES = st.dictionaries(
    st.text("abcdef0123456789", min_size=4, max_size=12), st.integers(1, 3), max_size=20
)
FEW = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def a_draw(**values):
    with transaction():
        return draws.announce(
            festival_id=make_festival().id,
            about="test",
            name=texts("抽選"),
            winners=2,
            by="organizer",
            **values,
        )


def checker():
    scope: dict = {"__name__": "check_draw"}
    exec(compile(SCRIPT.read_text(), str(SCRIPT), "exec"), scope)
    return scope["check"]


@FEW
@given(ENTRIES, st.text(max_size=8), st.integers(1, 5))
def test_the_script_finds_the_same_winners(entries, beacon, winners):
    seed = "5eed"
    entries = sorted(entries.items())
    published = {"seed": seed, "beacon": beacon, "commitment": draws.commitment_to(seed), "entries": [list(one) for one in entries],
                 "entries_digest": draws.digest_of(entries), "winners_wanted": winners,
                 "winners": draws.rank(seed, beacon, entries)[:winners]}  # fmt: skip
    check = checker()

    assert check(json.loads(json.dumps(published))) == []
    assert check(published | {"seed": "other"}) != []
    assert check(published | {"entries": [["nobody", 1], *published["entries"]]}) != []
    if len(published["winners"]) > 1:
        assert check(published | {"winners": published["winners"][::-1]}) == ["others have won"]


@FEW
@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(entries, source):
    listed = sorted(entries.items())

    assert draws.rank("s", "b", source.sample(listed, len(listed))) == draws.rank("s", "b", listed)
    assert draws.digest_of(source.sample(listed, len(listed))) == draws.digest_of(listed)


def test_more_weight_wins_more_often():
    wins = sum(
        draws.rank(f"seed{number}", "", [("heavy", 3), ("light", 1)])[0] == "heavy" for number in range(400)
    )

    assert 0.70 < wins / 400 < 0.80


def test_a_draw_from_promise_to_script(tmp_path):
    draw = a_draw(beacon_name="closing value of the Nikkei on 2026-12-01")
    assert set(draws.published(draw)) == {"code", "commitment", "beacon_name", "winners_wanted"}
    with transaction():
        draws.freeze(draw, [("b", 1), ("a", 3), ("c", 1)], by="organizer")
    assert "seed" not in draws.published(draw)
    with pytest.raises(DrawError), transaction():
        draws.draw_lots(draw, by="organizer")  # the value is missing
    with transaction():
        winners = draws.draw_lots(draw, beacon="50123.45", by="organizer")
    with transaction():
        assert draws.draw_lots(draw, beacon="another", by="organizer") == winners

    file = tmp_path / "draw.json"
    file.write_text(json.dumps(draws.published(draw)))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(file)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.strip()) == (0, "The draw is right.")


def test_entries_are_fixed_once():
    draw = a_draw()
    with transaction():
        draws.freeze(draw, [("a", 1)], by="organizer")

    with pytest.raises(DrawError), transaction():
        draws.freeze(draw, [("b", 1)], by="organizer")


@pytest.mark.parametrize("entries", [[("a", 1), ("a", 1)], [("a", 0)], [("a", 4)]])
def test_odd_entries_are_a_mistake(entries):
    draw = a_draw()
    with pytest.raises(ValueError, match="entries"), transaction():
        draws.freeze(draw, entries, by="organizer")


def test_cards_with_enough_stamps_take_part_once():
    rally = make_rally()
    with clock.stopped_at(START):
        phones = [Phone(rally.id) for _card in range(4)]
        for place, phone in enumerate(phones):
            for number in range(1, place + 1):
                phone.capture(token_of(rally, number))
            phone.sync()
        with transaction():
            erasing.delete_card(phones[3].row)
            draw = raffle.announce(rally, texts("抽選"), winners=1, needed=1, by="organizer")
            assert raffle.freeze(draw, rally, by="organizer") == 2
            (winner,) = draws.draw_lots(draw, by="organizer")

        cards = raffle.find_winners(draw, rally)

    assert [raffle.entry_of(draw, card) for card in cards] == [winner]
    assert cards[0].code in {phones[1].card, phones[2].card}
    assert raffle.list_draws(rally) == [draw]
    assert winner not in {card.handle for card in db.session.scalars(db.select(Card))}


def test_a_card_that_was_merged_after_the_list_was_fixed_takes_its_entry_along(visit):
    rally = make_rally(make_edition(make_festival("town")))
    with clock.stopped_at(START):
        loser, winner, new = (Phone(rally.id) for _card in range(3))
        for phone in (loser, winner):
            phone.capture(token_of(rally, 1))
            phone.sync()
        new.sync()
        with transaction():
            draw = raffle.announce(rally, texts("抽選"), winners=2, needed=1, by="organizer")
            raffle.freeze(draw, rally, by="organizer")
            draws.draw_lots(draw, by="organizer")
        own = raffle.entry_of(draw, winner.row)
        with transaction():
            merging.merge(winner.row.id, new.row.id)

        visit.client.set_cookie(device.cookie_name(rally.edition), f"{new.card}.{new.secret}")
        page = visit(f"/town/2026/stamps/draws/{draw.code}")

    assert raffle.entries_of(draw, new.row) == [own]
    assert {card.code for card in raffle.find_winners(draw, rally)} == {loser.card, new.card}
    assert f"Your card (entry {own}) has won! Show it at a prize desk." in page.alerts
