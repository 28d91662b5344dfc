"""What phones send, read strictly: wrong types and too much are refused as a whole, unknown fields are left alone.

An item with a token that nobody made is no bad message: it gets its verdict like every other.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventapp.i18n import RuleError, lazy
from eventapp.stamps import timing, tokens
from eventapp.stamps.models import Geo, Method, Status

MOST_ITEMS, MOST_RECEIPTS = 50, 400
SCAN_ID = re.compile(r"[0-9A-Za-z_-]{16,40}")
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")
_SECRET = re.compile(r"[0-9A-Za-z_-]{16,64}")
_DEVICE = re.compile(r"[0-9A-Za-z_-]{8,40}")
_SHORT = re.compile(r"[0-9A-Za-z_-]{1,40}")
_GEOS = frozenset(Geo)
FROM_VISITORS = frozenset(
    {Method.CAMERA, Method.DEEPLINK, Method.PHOTO, Method.SHORT, Method.NFC, Method.ROTATING}
)


class BadMessage(RuleError):
    """Not a message of ours: answered 400, and the phone keeps everything it has."""


@dataclass(frozen=True)
class Item:
    """One capture. `token` is what was read, `short_code` what was typed instead."""

    scan_id: str
    seq: int
    token: str
    short_code: str
    t_client: datetime | None
    after: datetime | None  # server time of the last answer the phone had when it captured
    method: Method
    geo: Geo
    in_app: bool


@dataclass(frozen=True)
class Receipt:
    """What the server once signed for a stamp (receipts.Signer)."""

    station: str
    scan_id: str
    t: int  # milliseconds
    status: Status
    mac: str


@dataclass(frozen=True)
class Batch:
    card: str
    secret: str
    device: str
    now_client: datetime | None
    have_digest: str
    items: tuple[Item, ...]
    receipts: tuple[Receipt, ...]


def read_batch(data: object) -> Batch:
    """A sync's JSON. Raises BadMessage."""
    fields = read_object(data)
    items = [_item(one) for one in _list(fields.get("items"), MOST_ITEMS)]
    receipts = [_receipt(one) for one in _list(fields.get("receipts"), MOST_RECEIPTS)]
    return Batch(
        card=read_text(fields.get("card"), _CODE), secret=read_text(fields.get("secret"), _SECRET),
        device=read_text(fields.get("device"), _DEVICE), now_client=timing.from_milliseconds(fields.get("now_client")),
        have_digest=read_text(fields.get("have_digest", ""), _SHORT, may_be_empty=True), items=tuple(items), receipts=tuple(receipts),
    )  # fmt: skip


def _item(data: object) -> Item:
    fields = read_object(data)
    return Item(
        scan_id=read_text(fields.get("scan_id"), SCAN_ID), seq=read_number(fields.get("seq")), token=_long(fields.get("token", "")),
        short_code=_long(fields.get("short_code", "")), t_client=timing.from_milliseconds(fields.get("t_client")),
        after=timing.from_milliseconds(fields.get("after")), method=_method(fields.get("method")), geo=_geo(fields.get("geo")),
        in_app=fields.get("in_app") is True,
    )  # fmt: skip


def _receipt(data: object) -> Receipt:
    fields = read_object(data)
    status = fields.get("status")
    if status not in {Status.OK.value, Status.HELD.value}:
        raise bad_message()
    return Receipt(read_text(fields.get("station"), _SHORT), read_text(fields.get("scan_id"), SCAN_ID), read_number(fields.get("t")),
                   Status(status), read_text(fields.get("receipt"), _SHORT))  # fmt: skip


def bad_message() -> BadMessage:
    """To be raised: the sentence that every message of another kind gets."""
    return BadMessage(lazy("This message is not one of the stamp rally's."))


def read_object(data: object) -> dict[str, Any]:
    """A JSON object. Raises BadMessage."""
    if not isinstance(data, dict):
        raise bad_message()
    return data


def _list(data: object, most: int) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list) or len(data) > most:
        raise bad_message()
    return data


def read_text(data: object, pattern: re.Pattern[str], *, may_be_empty: bool = False) -> str:
    """A text that the pattern fits as a whole. Raises BadMessage."""
    if may_be_empty and data in ("", None):
        return ""
    if not isinstance(data, str) or not pattern.fullmatch(data):
        raise bad_message()
    return data


def _long(data: object) -> str:
    """A token or a typed code: any text, cut where no token is that long."""
    return data[: tokens.LONGEST] if isinstance(data, str) else ""


def read_number(data: object) -> int:
    """A whole number from 0 that every phone can write (53 bits). Raises BadMessage."""
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 1 << 53:
        raise bad_message()
    return data


def _method(data: object) -> Method:
    return Method(data) if isinstance(data, str) and data in FROM_VISITORS else Method.CAMERA


def _geo(data: object) -> Geo:
    return Geo(data) if isinstance(data, str) and data in _GEOS else Geo.NONE
