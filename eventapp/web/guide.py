"""What the visitors' pages of several rooms share: beginnings of addresses, days as labels, calendar files."""

from datetime import datetime
from typing import Any

from babel.dates import format_date
from flask import Response, url_for

from eventapp import clock
from eventapp.festivals.models import Edition
from eventapp.i18n import language
from eventapp.web import reading


def link_parts(of: Edition) -> dict[str, str]:
    """Beginnings and ends of addresses that stand on every row: building each of them would take longer than the page."""
    place: dict[str, Any] = {"festival": of.festival.slug, "edition": of.slug}
    factory, factory_end = url_for("factories.factory", **place, slug="~").split("~")
    picture, picture_end = url_for("pages.media", name="~", width=320).split("~")
    slot = heart = ""  # in a preview nothing can be booked or kept
    if not reading.is_preview():
        slot = url_for("tours.slot", **place, code="~").removesuffix("~")
        heart = url_for("walks.heart_list", **place, add="~").removesuffix("~")
    return {"factory_url": factory, "factory_end": factory_end, "slot_url": slot, "picture_url": picture, "picture_end": picture_end,
            "heart_url": heart}  # fmt: skip


def day_labels(of: Edition) -> dict[str, str]:
    """Days as they stand beside times: 11/28(土), Sat 28 Nov."""
    pattern = "M/d(E)" if language() == "ja" else "EEE d MMM"
    return {day.isoformat(): format_date(day, pattern, locale=language()) for day in of.dates}


def opens_later(of: Edition) -> datetime | None:
    """When reservations will open, if they have not."""
    opens = of.booking_opens_at
    return opens if opens is not None and opens > clock.now() else None


def calendar_response(content: bytes, name: str) -> Response:
    """A calendar file under an ASCII name."""
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
