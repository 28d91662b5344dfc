"""What visitors are mailed about their bookings: plain data for the templates, and events for the attached calendar."""

from typing import Any

from eventapp import outbox
from eventapp.tours.models import Booking, HeldAt, Programme, Reservation, SlotState, Status

CANCELLED = frozenset({Status.CANCELLED, Status.EXPIRED, Status.DECLINED})


def post_booked(booking: Booking) -> None:
    """The confirmation: what, when, where, the number for the gate, the private link; or what must be confirmed."""
    _post("tours/booked", booking)


def post_changed(booking: Booking) -> None:
    """What the booking is now, after a change by the visitor or by staff."""
    _post("tours/changed", booking)


def post_slot_changed(booking: Booking, message: str, *, cancelled: bool) -> None:
    """The factory moved or cancelled a slot; `message` is what it says to those booked."""
    _post("tours/slot_cancelled" if cancelled else "tours/slot_moved", booking, message=message)


def post_links(bookings: list[Booking]) -> None:
    """“Mail me my links again”: every living booking of one address in one mail."""
    first = bookings[0]
    if first.email:
        outbox.post("tours/links", to=first.email, to_key=first.email_key, language=first.language,
                    festival_id=first.edition.festival_id,
                    values={**_edition(first), "bookings": [summary(booking) for booking in bookings]})  # fmt: skip


def _post(template: str, booking: Booking, **more: Any) -> None:
    if booking.email:
        outbox.post(template, to=booking.email, to_key=booking.email_key, language=booking.language,
                    festival_id=booking.edition.festival_id, values={**_edition(booking), **summary(booking), **more},
                    calendar=calendar_events(booking))  # fmt: skip


def _edition(booking: Booking) -> dict[str, Any]:
    edition, language = booking.edition, booking.language
    return {
        "festival": edition.festival.name.text(language),
        "edition": edition.name.text(language),
        "zone": edition.zone_name,
        "contact_email": edition.contact_email,
        "contact_phone": edition.contact_phone,
    }


def summary(booking: Booking) -> dict[str, Any]:
    """A booking as plain data in its own language. The link itself is not stored: the worker makes it from `private`."""
    return {
        "name": booking.name,
        "number": booking.gate_number,
        "private": {"code": booking.code, "version": booking.link_version},
        "to_confirm": any(one.status == Status.OFFERED for one in booking.reservations),
        "items": [_item(one, booking.language) for one in booking.reservations],
    }


def _item(reservation: Reservation, language: str) -> dict[str, Any]:
    slot, programme = reservation.slot, reservation.slot.programme
    factory = programme.entry.factory if programme.entry else None
    return {
        "title": programme.title.text(language),
        "host": factory.name.text(language) if factory else "",
        "where": where(reservation, language),
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "party": reservation.party_size,
        "status": reservation.status.value,
        "cancelled": is_cancelled(reservation),
        "price_yen": programme.price_yen,
        "bring": programme.bring.text(language),
        "online_url": programme.online_url if programme.held_at == HeldAt.ONLINE else None,
    }


def is_cancelled(reservation: Reservation) -> bool:
    """Whether nobody comes: given up by the visitor, run out, or called off by the factory."""
    return reservation.status in CANCELLED or reservation.slot.state == SlotState.CANCELLED


def where(reservation: Reservation, language: str) -> str:
    """The place of a reservation in words."""
    return place_of(reservation.slot.programme, language)


def place_of(programme: Programme, language: str) -> str:
    """The place in words: address of the entrance, booth, stage or meeting point; nothing for online."""
    entry = programme.entry
    if programme.held_at == HeldAt.ONLINE:
        return ""
    if programme.place is not None:
        venue = programme.place.venue
        return " ".join(
            filter(None, [venue.name.text(language) if venue else "", programme.place.name.text(language)])
        )
    if programme.held_at == HeldAt.BOOTH and entry is not None and entry.booth is not None:
        return f"{entry.booth.venue.name.text(language)} {entry.booth.number}"
    if programme.venue is not None:
        return programme.venue.name.text(language)
    return entry.factory.address.text(language) if entry is not None else ""


def calendar_events(booking: Booking) -> list[dict[str, Any]]:
    """One event per reservation, with a stable identity, so that a change replaces the entry in the calendar.

    What waits for its address to be confirmed is none yet: whoever never confirms would keep it in their calendar.
    """
    events = []
    for reservation in booking.reservations:
        if reservation.status is Status.OFFERED:
            continue
        item = _item(reservation, booking.language)
        title = f"{item['title']} ({item['host']})" if item["host"] else item["title"]
        events.append(
            {"uid": f"{reservation.code}@kouba", "starts_at": item["starts_at"], "ends_at": item["ends_at"], "summary": title,
             "location": item["where"], "cancelled": item["cancelled"], "sequence": booking.calendar_sequence,
             "zone": booking.edition.zone_name}
        )  # fmt: skip
    return events
