"""Pages of a slot and of a booking that were drawn before of the same data; see eventapp/web/drawings.py.

Only what is plain is kept: a form before anybody has typed, a reservation that is simply there. Whatever is out of the
ordinary is drawn for its reader alone, by the views.
"""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from flask import current_app, render_template

from eventapp import clock, text
from eventapp.festivals import notices
from eventapp.festivals.models import Notice
from eventapp.i18n import language
from eventapp.tours import access, glance, mails, queries
from eventapp.tours import booking as rules
from eventapp.tours.booking import SlotFull
from eventapp.tours.forms import BookingForm
from eventapp.tours.glance import SlotSeen
from eventapp.tours.models import Booking, Kind, Slot, Status
from eventapp.tours.queries import FreeTime
from eventapp.tours.routes.parts import point_of
from eventapp.tours.standing import Standing, standing
from eventapp.tours.visit_rules import visit_rules
from eventapp.tours.words import kind_names
from eventapp.web import drawings, frames, own_bookings
from eventapp.web.drawings import Drawing, hole
from eventapp.web.templating import flashes

Place = tuple[str, str, str]  # festival, edition, code of the slot


# --- a slot --------------------------------------------------------------------------------------------------------


def slot_page(festival: str, edition: str, code: str) -> bytes | None:
    """The page of a slot, for whoever comes with nothing of their own; None where it must be drawn for this reader."""
    if not drawings.is_plain_reader() or own_bookings.basket_of(festival, edition):
        return None
    seen = glance.see_slot(festival, edition, code)
    place = (festival, edition, code)
    drawing = _find_or_draw(seen, place, refused=False)
    if drawing is None:
        return None
    typed = {"request_key": secrets.token_urlsafe(16), "name": "", "email": "", "party": "1"}
    return drawing.fill({**typed, **_live(drawing, seen, place, 1)})


def full_page(festival: str, edition: str, code: str, form: BookingForm) -> bytes | None:
    """The same page with the form as it was typed, where nothing but "full" can be said.

    Most of a rush for the last seats ends here: two small statements, and nobody waits for the right to write.
    """
    if (
        not drawings.is_plain_reader()
        or own_bookings.basket_of(festival, edition)
        or form.overlaps_accepted.data
    ):
        return None
    seen = glance.see_slot(festival, edition, code)
    party, email, key = form.party_size.data or 0, form.email.data or "", form.request_key.data or ""
    if party > seen.max_party_size or not glance.is_hopeless(seen, text.email_key(email), key):
        return None
    place = (festival, edition, code)
    drawing = _find_or_draw(seen, place, refused=True)
    if drawing is None:
        return None
    _shelf_of_full()[code] = True
    typed = {"request_key": key, "name": form.name.data, "email": email, "party": party}
    return drawing.fill({**typed, **_live(drawing, seen, place, party)})


def has_been_full(code: str) -> bool:
    """Whether this process has turned somebody away from this slot. Only then it pays to look before trying."""
    return code in _shelf_of_full()


def _shelf_of_full() -> dict[str, bool]:
    known: dict[str, bool] = current_app.extensions.setdefault("slots_full", {})
    if len(known) > 2000:
        known.clear()
    return known


def _find_or_draw(seen: SlotSeen, place: Place, *, refused: bool) -> Drawing | None:
    key = ("slot", language(), place[0], seen.is_full, refused, seen.shown)
    return drawings.find(key) or _draw(key, seen, place, refused=refused)


def _draw(key: tuple[Any, ...], seen: SlotSeen, place: Place, *, refused: bool) -> Drawing | None:
    slot, now = queries.get_whole_slot(*place), clock.now()
    state, asked = standing(slot, now), rules.questions([slot])
    if state not in ({Standing.FULL} if refused else {Standing.OPEN, Standing.FULL}) or any(asked):
        return None
    if slot.programme.kind in {Kind.BUS_TOUR, Kind.GUIDED_WALK}:
        return None
    urgent = notices.find_urgent(slot.programme.edition)
    html = _html(slot, state, SlotFull(slot) if refused else None, urgent)
    if glance.see_slot(*place)._replace(seats_taken=0) != seen._replace(seats_taken=0):  # changed meanwhile
        return None
    edition = slot.programme.edition
    return drawings.keep(
        key,
        html,
        [slot.starts_at, slot.ends_at, slot.closes_at, edition.booking_opens_at, edition.booking_closes_at,
         *(one.until for one in urgent)],
    )  # fmt: skip


def _html(slot: Slot, state: Standing, error: SlotFull | None, urgent: list[Notice]) -> str:
    programme = slot.programme
    edition = frames.visitor(programme.edition)
    with drawings.open_token():
        form = BookingForm(formdata=None)
        for field, name in (
            (form.party_size, "party"),
            (form.name, "name"),
            (form.email, "email"),
            (form.request_key, "request_key"),
        ):
            field.data = hole(name)
        form.fit(edition, rules.questions([slot]))
        if error is not None:
            form.consent.data = True
            form.say(error)
        return render_template(
            "tours/slot.html", slot=slot, programme=programme, state=state, now=clock.now(), form=form, error=error,
            rules=visit_rules(programme), place=mails.place_of, point=point_of(programme), stops=[], nearest=[], overlaps=False,
            already=False, mine=None, basket=[], seats_line=hole("seats"), nearest_line=hole("nearest"),
            kind_name=kind_names(edition.festival.factory_word)[programme.kind], urgent=urgent,
        )  # fmt: skip


def _live(drawing: Drawing, seen: SlotSeen, place: Place, party: int) -> dict[str, Any]:
    """What may be otherwise at every look: the seats, and the free times nearby."""
    live: dict[str, Any] = {"seats": _seats(language(), seen.seats_taken, seen.capacity)}
    if "nearest" in drawing.holes:
        live["nearest"] = _nearest(place, _free_nearby(seen.id, party))
    return live


def _free_nearby(slot_id: int, party: int) -> list[FreeTime]:
    """Free times nearby, as old as lists may be: in a rush all who come too late are told the same."""
    known: dict[Any, tuple[float, list[FreeTime]]] = current_app.extensions.setdefault("free_nearby", {})
    asked_at, times = known.get((slot_id, party), (None, []))
    if asked_at is None or time.monotonic() - asked_at >= current_app.config["PAGE_CACHE_SECONDS"]:
        if len(known) > 500:
            known.clear()
        times = queries.find_free_nearby(slot_id, party)
        known[slot_id, party] = time.monotonic(), times
    return times


@lru_cache(maxsize=500)
def _seats(_language: str, taken: int, capacity: int | None) -> bytes:
    return str(_macros("_ui.html").seats(taken, capacity)).encode()


def _nearest(place: Place, free: list[FreeTime]) -> bytes:
    """The free times nearby, drawn once for each state of theirs."""
    key = (
        "nearest",
        language(),
        place[:2],
        tuple((*one[:4], *(str(dict(name or {})) for name in one[4:])) for one in free),
    )
    if (known := drawings.find(key)) is None:
        edition = frames.visitor(queries.get_whole_slot(*place).programme.edition)
        known = drawings.keep(
            key, str(_macros("tours/_parts.html").nearest_times(free, edition.festival, edition))
        )
    return known.fill({})


# --- a booking -----------------------------------------------------------------------------------------------------


def booking_page(token: str, values_of: Callable[[Booking, str, bool], dict[str, Any]]) -> bytes | None:
    """The page behind a private link, where all of the booking is simply confirmed; None where it is drawn for its reader.

    `values_of` gives what the template shows of a booking. Raises NoSuchLink for a link that is wrong or revoked.
    """
    match = access.TOKEN.fullmatch(token)
    seen = glance.see_booking(match[1]) if match is not None else None
    from_mail = access.proves_address(token, seen.code, seen.link_version) if seen is not None else None
    if seen is None or from_mail is None:
        raise access.NoSuchLink
    if not drawings.is_plain_reader(with_flashes=True) or seen.email is None:
        return None
    is_kept = token in own_bookings.tokens()
    key = ("booking", language(), from_mail, is_kept, seen.shown)
    drawing = drawings.find(key) or _draw_booking(key, token, values_of)
    if drawing is None:
        return None
    own = {f"r{place}": code for place, code in enumerate(seen.reservations)}
    return drawing.fill(
        {
            **own,
            "token": token,
            "name": seen.name,
            "email": seen.email,
            "number": seen.gate_number,
            "flashes": _flashes(),
        }
    )


def _draw_booking(
    key: tuple[Any, ...], token: str, values_of: Callable[[Booking, str, bool], dict[str, Any]]
) -> Drawing | None:
    opened = access.open_private(token)
    booking = opened.booking
    if any(one.status != Status.CONFIRMED or mails.is_cancelled(one) for one in booking.reservations):
        return None
    with drawings.open_token():
        is_kept = token in own_bookings.tokens()
        values = values_of(cast(Booking, _without_own(booking)), hole("token"), opened.from_mail)
        html = render_template(
            "tours/private.html",
            flash_line=hole("flashes"),
            error=None,
            stale=None,
            **{**values, "is_kept": is_kept},
        )
    html = html.replace(token, hole("token"))  # the address of the page itself stands on it, too
    seen = glance.see_booking(booking.code)
    if seen is None or seen.shown != key[-1] or _tells_own(html, booking):  # changed meanwhile
        return None
    hours = timedelta(hours=booking.edition.change_hours)
    moments = [
        moment
        for one in booking.reservations
        for moment in (one.slot.starts_at, one.slot.starts_at - hours, one.slot.ends_at)
    ]
    return drawings.keep(key, html, moments)


OWN = frozenset({"name", "kana", "email", "email_key", "phone", "phone_key", "company", "purpose", "not_same_trade", "note", "guests",
                 "request_key", "search_key", "gate_number", "code"})  # fmt: skip


def _tells_own(html: str, booking: Booking) -> bool:
    """Whether something is left on the page that only this booking's holder may read: then it is kept for nobody."""
    own = [booking.code, booking.gate_number, str(booking.email), *(one.code for one in booking.reservations)]
    return any(one in html for one in own)


class _Open:
    """A thing of which what is its reader's own is left open. What has no hole cannot get into a drawing at all."""

    def __init__(self, thing: object, **holes: object) -> None:
        self.__dict__.update(thing=thing, **holes)

    def __getattr__(self, name: str) -> Any:
        if name in OWN:
            raise RuntimeError(
                f"{name} differs from booking to booking: give it a hole, or draw the page for its reader"
            )
        return getattr(self.thing, name)


def _without_own(booking: Booking) -> _Open:
    reservations = [_Open(one, code=hole(f"r{place}")) for place, one in enumerate(booking.reservations)]
    return _Open(
        booking, name=hole("name"), email=hole("email"), gate_number=hole("number"), reservations=reservations
    )


def _flashes() -> bytes:
    found = flashes()
    return str(_macros("_ui.html").flash_list(found)).encode() if found else b""


def _macros(template: str) -> Any:
    """The macros of a template, to be called from here."""
    return current_app.jinja_env.get_template(template).module
