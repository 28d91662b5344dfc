"""What staff phones send by themselves, also hours later: stamps given by hand, and prizes handed over without a signal.

They answer scripts of ours like the visitors' (routes/sync.py); the proof is the device's key in its cookie. For three days after its day
(`devices.LATE`) a phone may still send what it captured before the end of it; what is younger is refused for good.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from eventapp import audit, clock
from eventapp.db import db, transaction
from eventapp.factories.devices import Device
from eventapp.i18n import _
from eventapp.stamps import by_hand, escrows, timing, tokens
from eventapp.stamps.by_hand import StaffStamp
from eventapp.stamps.escrows import Offline, Uploaded
from eventapp.stamps.messages import (
    MOST_ITEMS,
    SCAN_ID,
    BadMessage,
    bad_message,
    read_number,
    read_object,
    read_text,
)
from eventapp.stamps.models import Claim, Desk, Escrow, Scan
from eventapp.stamps.models import Verdict as Said
from eventapp.stamps.routes import desk_words
from eventapp.stamps.routes.staff_access import bp, desk_of, enter_to_send, rally_of, stations_of
from eventapp.stamps.routes.sync import SCHEMA, read_json, refusal

NOT_ENTERED = frozenset({"unknown", "day_over"})
_CODE = re.compile(r"[0-9A-Za-z]{1,40}")


def _items(data: object) -> tuple[list[dict[str, Any]], datetime | None]:
    """The items of a message and the phone's own time. Raises BadMessage."""
    fields = read_object(data)
    items = fields.get("items")
    if not isinstance(items, list) or len(items) > MOST_ITEMS:
        raise bad_message()
    return [read_object(one) for one in items], timing.from_milliseconds(fields.get("now_client"))


def _stamp(one: dict[str, Any]) -> tuple[str, StaffStamp]:
    """The station and what is stamped there. Raises BadMessage."""
    return read_text(one.get("station"), _CODE), StaffStamp(
        scan_id=read_text(one.get("scan_id"), SCAN_ID), shown=_long(one.get("shown")), seq=read_number(one.get("seq")),
        t_client=timing.from_milliseconds(one.get("t_client")), after=timing.from_milliseconds(one.get("after")),
    )  # fmt: skip


def _long(data: object) -> str:
    """A code that was scanned or typed: any text, cut where none is that long. Raises BadMessage."""
    if not isinstance(data, str):
        raise bad_message()
    return data[: tokens.LONGEST]


@bp.post("/sync")
def sync() -> ResponseReturnValue:
    """Stamps given by hand in, verdicts out; the same any number of times."""
    device = enter_to_send()
    try:
        items, now_client = _items(read_json())
        stamps = [_stamp(one) for one in items]
    except BadMessage as error:
        return refusal(error)
    rally_id, allowed = rally_of(device).id, {one.code for one in stations_of(device)}
    with transaction():
        results = [one for place in sorted({station for station, _one in stamps})
                   for one in _stamp_at(device, rally_id, place, [it for station, it in stamps if station == place], now_client, place in allowed)]  # fmt: skip
        known = _count_known(device)
    return _answer(results, known=known)


def _count_known(device: Device) -> int:
    """How many stamps of this phone's outbox are in the log: fewer than it was told of, and a backup was brought back.

    Neither what its forms stamped (they have no number) nor what was refused is in its own count.
    """
    mine = (Scan.device == device.code, Scan.seq > 0, Scan.verdict != Said.REJECTED)
    return db.session.scalar(select(func.count(Scan.id)).where(*mine)) or 0


def _stamp_at(
    device: Device, rally_id: int, station: str, items: Sequence[StaffStamp], now_client: datetime | None, is_allowed: bool
) -> list[dict[str, Any]]:  # fmt: skip
    if not is_allowed:
        return [_result(one.scan_id, Said.REJECTED, "not_here") for one in items]
    late = _too_late(device, items, now_client)
    stamped = by_hand.stamp_by_staff(
        rally_id, station, [one for one in items if one.scan_id not in late],
        device=device.code, by=device.label, now_client=now_client,
    )  # fmt: skip
    refused = [_result(one, Said.REJECTED, "day_over") for one in sorted(late)]
    return refused + [_result(one.scan_id, one.verdict, one.reason) for one in stamped]


def _too_late(device: Device, items: Sequence[StaffStamp], now_client: datetime | None) -> set[str]:
    """What was captured after the end of the phone's day. What is stored already was not, whatever the phone's clock says now."""
    now = clock.now()
    late = {
        one.scan_id
        for one in items
        if not device.is_of_its_day(now - timing.age_of(now_client, one.t_client))
    }
    if not late:
        return late
    return late - set(
        db.session.scalars(select(Scan.scan_id).where(Scan.device == device.code, Scan.scan_id.in_(late)))
    )


def _result(item_id: str, verdict: Said, reason: str) -> dict[str, Any]:
    return {
        "id": item_id,
        "final": True,
        "verdict": verdict.value,
        "text": desk_words.of_staff(verdict, reason),
        "notice": verdict == Said.REJECTED and reason != "deleted",  # who deletes a card wants no stamp on it
    }


def _answer(results: list[dict[str, Any]], **more: Any) -> ResponseReturnValue:
    return jsonify({"schema": SCHEMA, "results": results, "digest": "", "receipts": {}, "want": False,
                    "server_time": timing.to_milliseconds(clock.now()), **more})  # fmt: skip


@bp.post("/upload")
def upload() -> ResponseReturnValue:
    """Prizes handed over without a signal. Sent twice they count once; handed over twice they are listed, not hidden."""
    device = enter_to_send()
    desk = desk_of(device)
    try:
        items, now_client = _items(read_json())
        wanted = [(read_text(one.get("escrow"), _CODE), _offline(one, now_client)) for one in items]
    except BadMessage as error:
        return refusal(error)
    results = []
    with transaction():
        for code, item in wanted:
            escrow = db.session.scalar(
                select(Escrow).where(
                    Escrow.code == code, Escrow.device_code == device.code, Escrow.desk_id == desk.id
                )
            )
            done = _upload(device, escrow, item)
            results.append({"id": done.request_key, "final": True, "outcome": done.outcome, "text": _told(done.outcome),
                            "notice": done.outcome != "claimed"})  # fmt: skip
        _remember_refused(device, desk, [str(one["outcome"]) for one in results])
    return _answer(results)


def _remember_refused(device: Device, desk: Desk, outcomes: Sequence[str]) -> None:
    """These prizes are gone from the table and in no account: the committee must be able to find out why."""
    number = sum(outcome in NOT_ENTERED for outcome in outcomes)
    if number:
        audit.record("prize.upload_refused", f"desk:{desk.code}", festival_id=device.edition.festival_id, by=device,
                     details={"number": number})  # fmt: skip


def _upload(device: Device, escrow: Escrow | None, item: Offline) -> Uploaded:
    if escrow is None:
        return Uploaded(item.request_key, "unknown")
    is_late = item.handed_at is None or not device.is_of_its_day(item.handed_at)
    if is_late and db.session.scalar(select(Claim.id).where(Claim.request_key == item.request_key)) is None:
        return Uploaded(item.request_key, "day_over")
    return escrows.upload(escrow, [item], by=device)[0]


def _offline(one: dict[str, Any], now_client: datetime | None) -> Offline:
    age = timing.age_of(now_client, timing.from_milliseconds(one.get("t_client")))
    return Offline(_long(one.get("certificate")), read_text(one.get("scan_id"), SCAN_ID), clock.now() - age)


def _told(outcome: str) -> str:
    told = {
        "claimed": _("Entered."),
        "double": _("This prize had been handed over elsewhere already. It is listed for the organizers."),
        "day_over": _("This phone's day had ended: this was not entered. Please tell the organizers."),
    }
    return str(told.get(outcome) or _("This certificate belongs to no prize that was taken along."))
