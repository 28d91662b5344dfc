"""What every template can use: assets with a hash, dates and times as people write them, the two languages of a page."""

from datetime import date, datetime, time
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask, current_app, g, get_flashed_messages, request, url_for

from eventapp import clock, markup
from eventapp.i18n import LANGUAGES, Translated, language
from eventapp.web.signin import current_person

DATE = {"ja": "M月d日(E)", "en": "EEE, MMM d"}
LONG_DATE = {"ja": "y年M月d日(E)", "en": "EEEE, MMMM d, y"}


def set_up(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        date=show_date, longdate=show_long_date, time=show_time, datetime=show_datetime, number=show_number, yen=show_yen,
        markdown=lambda text: markup.render(str(text)), moment=datetime.fromisoformat, other_language=other_language,
    )  # fmt: skip
    app.jinja_env.globals.update(
        asset=asset, media_url=media_url, flashes=flashes, language_urls=language_urls, absolute_url=_absolute,
    )  # fmt: skip
    app.context_processor(_values)


def _values() -> dict[str, Any]:
    return {"language": language(), "current_person": current_person, "demo_bar": current_app.config["DEMO"]}


def _absolute(endpoint: str, **values: Any) -> str:
    from eventapp import links

    return links.absolute(endpoint, **values)


@lru_cache(maxsize=512)
def _asset(folder: str, path: str, stamp: float) -> str:
    digest = sha256((Path(folder) / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def asset(path: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for a year."""
    folder = str(current_app.static_folder)
    stamp = (Path(folder) / path).stat().st_mtime if current_app.debug else 0.0
    return _asset(folder, path, stamp)


def media_url(name: str, width: int = 640) -> str:
    """The address of an uploaded picture in a width that fits."""
    return url_for("pages.media", name=name, width=width)


def flashes() -> list[tuple[str, str]]:
    """Messages of the last action; only pages that are never cached ask."""
    return list(get_flashed_messages(with_categories=True))  # type: ignore[arg-type]


def language_urls() -> dict[str, str]:
    """This same page in each language."""
    values = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return {code: f"{request.path}?{urlencode([*values, ('lang', code)])}" for code in LANGUAGES}


def _zone() -> ZoneInfo:
    if said := clock.find_shown_in():
        return said
    edition = getattr(g, "edition", None)
    return edition.zone if edition is not None else ZoneInfo(current_app.config["DEFAULT_ZONE"])


def _there(moment: datetime) -> datetime:
    return moment.astimezone(_zone())


def show_date(day: date | datetime) -> str:
    """11月28日(土)"""
    shown = _there(day).date() if isinstance(day, datetime) else day
    return str(format_date(shown, DATE[language()], locale=language()))


def show_long_date(day: date | datetime) -> str:
    """2026年11月28日(土)"""
    shown = _there(day).date() if isinstance(day, datetime) else day
    return str(format_date(shown, LONG_DATE[language()], locale=language()))


def show_time(moment: datetime | time) -> str:
    """10:00, in the edition's zone"""
    shown = _there(moment) if isinstance(moment, datetime) else moment
    return f"{shown.hour}:{shown.minute:02}"


def show_datetime(moment: datetime) -> str:
    """11月28日(土) 10:00"""
    return f"{show_date(moment)} {show_time(moment)}"


def other_language(text: Any) -> str | None:
    """The language of a text that is not the reader's, for its `lang` attribute; None where it is in the reader's own."""
    shown = text.shown_language() if isinstance(text, Translated) else language()
    return shown if shown != language() else None


def show_number(value: int) -> str:
    return str(format_decimal(value, locale=language()))


def show_yen(value: int) -> str:
    """1,500円 or ¥1,500"""
    return f"{show_number(value)}円" if language() == "ja" else f"¥{show_number(value)}"
