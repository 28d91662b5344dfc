"""Days as a committee types them."""

from datetime import date

import pytest

from eventapp.festivals.dates import DateError, parse_dates

pytestmark = pytest.mark.usefixtures("app")
SAT, SUN, MON = date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)


def read(text):
    return parse_dates(text, today=date(2026, 10, 1))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", []),
        ("2026-11-28", [SAT]),
        ("２０２６／１１／２８", [SAT]),
        ("2026.11.28", [SAT]),
        ("11/28-29", [SAT, SUN]),
        ("11/28, 29", [SAT, SUN]),
        ("11/29, 11/28, 11/29", [SAT, SUN]),
        ("2026年11月28日(土)・29日(日)", [SAT, SUN]),
        ("11月28日から30日まで", [SAT, SUN, MON]),
        ("11/28(土)〜11/30(月・祝)", [SAT, SUN, MON]),
        ("2026-11-28\n2026-11-30", [SAT, MON]),
        ("2026-11-28 to 2026-11-30", [SAT, SUN, MON]),
        ("12/31-1/1", [date(2026, 12, 31), date(2027, 1, 1)]),
        ("3/1", [date(2027, 3, 1)]),
        ("12/31, 1/2", [date(2026, 12, 31), date(2027, 1, 2)]),
        ("2025-11-29, 11/28", [date(2025, 11, 28), date(2025, 11, 29)]),
    ],
)
def test_parse_dates(text, days):
    assert read(text) == days


@pytest.mark.parametrize(
    "text",
    ["foo", "11/31", "11/28-", "28", "2026-11-29 - 2026-11-28", "1/1-12/31", "0000-01-01", "99999-1-1"],
)
def test_parse_dates_refuses_what_is_no_set_of_days(text):
    with pytest.raises(DateError):
        read(text)
