"""Invariant 21: no published number lies between one and four, and no difference of two does."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp import clock
from eventapp.db import db, transaction
from eventapp.stamps import by_hand, erasing, leaks, prizes, stations, statistics
from eventapp.stamps.models import Award, Poster
from tests.builders import make_prize, make_rally
from tests.stamps.phones import START, Phone, phone_with, token_of

CELLS = st.dictionaries(st.integers(0, 30), st.integers(0, 40), min_size=1, max_size=12)
FEW = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def check_published():
    @FEW
    @given(CELLS)
    def run(cells):
        totals = [statistics.published(sum(cells[key] for key in keys)) for size in (1, 2, len(cells))
                  for keys in itertools.combinations(sorted(cells), min(size, len(cells)))]  # fmt: skip
        numbers = [*statistics.published_all(cells).values(), *totals]
        for one, other in itertools.product(numbers, repeat=2):
            assert not 0 < abs(one - other) < 5
            assert not 0 < one < 5
        assert all(shown <= cells[key] < shown + 5 for key, shown in statistics.published_all(cells).items())

    run()


def test_no_number_and_no_difference_is_small():
    check_published()


@pytest.mark.parametrize("wrong", [lambda number: number, lambda number: number if number >= 5 else 0])
def test_a_broken_rule_is_noticed(monkeypatch, wrong):
    monkeypatch.setattr(statistics, "published", wrong)

    with pytest.raises(BaseException):  # noqa: B017
        check_published()


def test_the_figures_of_a_rally(app):
    with clock.stopped_at(START):
        rally = make_rally()
        for place in range(12):
            phone = Phone(rally.id)
            for number in (1, 2, 3) if place < 6 else (1,):
                phone.capture(token_of(rally, number))
            phone.sync()
        figures = statistics.figures(rally)
        codes = [station.code for station in rally.stations]

    assert (figures.cards, figures.stamps) == (10, 20)
    assert figures.by_station == {codes[0]: 10, codes[1]: 5, codes[2]: 5}
    assert figures.by_number == {1: 10, 2: 5, 3: 5}
    assert sum(figures.by_hour.values()) == sum(figures.by_day.values()) == 20
    assert Counter(number % 5 for _table, _cell, number in figures.rows()) == Counter(
        {0: len(list(figures.rows()))}
    )


def test_no_cell_of_any_table_is_exact(app):
    """Every table of the figures, with numbers that are no multiples of five in each of them."""
    with clock.stopped_at(START):
        rally = make_rally(stations=2)
        badge, towel = make_prize(rally, 1, stock=19), make_prize(rally, 2, stock=19)
        phones = [phone_with(rally, *((1, 2) if place < 3 else (1,))) for place in range(7)]
        with transaction():
            papers = [code for _serial, code in prizes.print_paper_cards(rally, 2, by="test")]
            items = [by_hand.StaffStamp(f"{code:26}".replace(" ", "0"), code) for code in papers]
            by_hand.stamp_by_staff(rally.id, rally.stations[1].code, items, device="d" * 12, by="staff")
            for award in db.session.scalars(db.select(Award)).all():
                prizes.claim(award, None, request_key=award.code, by="test")
        with transaction():
            erasing.delete_card(phones[-1].row)
        figures = statistics.figures(rally)

    told = list(figures.rows())
    assert {table for table, _cell, _number in told} == {
        "cards", "paper_cards", "stamps", "by_station", "by_day", "by_hour", "by_number", "claims",
    }  # fmt: skip
    assert [one for one in told if one[2] % statistics.STEP] == []
    assert (figures.cards, figures.paper_cards, figures.stamps) == (5, 0, 10)
    assert figures.claims == {badge.code: 5, towel.code: 0}


def test_flows_tell_where_people_go_next(app):
    with clock.stopped_at(START):
        rally = make_rally()
        phones = [Phone(rally.id) for _card in range(7)]
    for place, number in enumerate((1, 2, 3)):
        for phone in phones:
            with clock.stopped_at(START.replace(minute=10 * place)):
                phone.capture(token_of(rally, number))
                phone.sync()
    codes = [station.code for station in rally.stations]

    assert {(flow.start, flow.end, flow.cards) for flow in statistics.figures(rally).flows} == {
        (codes[0], codes[1], 5), (codes[1], codes[2], 5),
    }  # fmt: skip


def test_a_leaked_poster_stands_out(app, count_statements):
    with clock.stopped_at(START):
        rally = make_rally()
        for place in range(30):
            phone = Phone(rally.id)
            if place < 8:
                phone.capture(token_of(rally, 1), geo="near")
                phone.capture(token_of(rally, 3), geo="near")
            else:
                phone.capture(token_of(rally, 2), geo="far", method="deeplink", in_app=True)
            phone.sync()
        with count_statements() as seen:
            found = leaks.list_leaks(rally)

        assert found[0].poster.station.number == 2
        assert found[0].is_suspicious
        assert not any(one.is_suspicious for one in found[1:])
        assert len(seen) <= 3
        with transaction():
            stations.replace_poster(found[0].poster, by="organizer")
        assert len(leaks.list_leaks(rally)) == 3
        assert db.session.get_one(Poster, found[0].poster.id).replaced_by_id is not None
