"""The page behind a private link: see, change, move, cancel. Looking changes nothing; every change is a POST."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp import calendars, clock, codes, links
from eventapp.db import NotThere, transaction
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, language
from eventapp.tours import access, changing, mails, queries
from eventapp.tours.access import Opened
from eventapp.tours.booking import BookingError, Overlaps
from eventapp.tours.forms import AddressForm, MoveForm, PartyForm
from eventapp.tours.models import Booking, HeldAt, Reservation, Status
from eventapp.tours.routes import kept
from eventapp.tours.routes.parts import point_of
from eventapp.tours.routes.visitor import bp
from eventapp.web import frames, own_bookings
from eventapp.web.limits import limiter

TIMES_TO_MOVE_TO = 12


@bp.errorhandler(access.NoSuchLink)
def no_such_link(_error: access.NoSuchLink) -> ResponseReturnValue:
    """Wrong, altered and revoked links look the same; the page says how to get a good one."""
    return render_template("tours/no_link.html"), 404


# --- looking -------------------------------------------------------------------------------------------------------


@bp.get("/r/<token>/")
def private(token: str) -> ResponseReturnValue:
    """The whole booking: number for the gate, times and places, and everything one may do with it."""
    return kept.booking_page(token, _values) or _private_page(access.open_private(token))


@bp.get("/r/<token>/calendar.ics")
def private_calendar(token: str) -> Response:
    """The booking's times for the visitor's own calendar; importing it again replaces what changed."""
    booking = access.open_private(token).booking
    edition = booking.edition
    name = f"{edition.festival.name} {edition.name}"
    response = make_response(
        calendars.calendar(name, [_event(one) for one in booking.reservations], zone=edition.zone_name)
    )
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="reservation.ics"'
    return response


def _event(reservation: Reservation) -> calendars.CalendarEvent:
    slot, booking = reservation.slot, reservation.booking
    programme, edition = slot.programme, booking.edition
    host = f" ({programme.entry.factory.name})" if programme.entry is not None else ""
    gone = mails.is_cancelled(reservation)
    return calendars.CalendarEvent(
        uid=f"{reservation.code}@kouba", starts_at=slot.starts_at, ends_at=slot.ends_at, summary=f"{programme.title}{host}",
        updated_at=reservation.changed_at, location=mails.place_of(programme, language()), sequence=booking.calendar_sequence,
        status="CANCELLED" if gone else "CONFIRMED" if reservation.status != Status.OFFERED else "TENTATIVE",
        description=_("Number for the gate: %(number)s", number=booking.gate_number),
        url=links.absolute("tours.slot", festival=edition.festival.slug, edition=edition.slug, code=slot.code),
    )  # fmt: skip


@bp.get("/r/<token>/code.svg")
def private_code(token: str) -> Response:
    """The booking's code as a QR picture for the gate."""
    response = make_response(codes.qr_svg(access.open_private(token).booking.code))
    response.headers["Content-Type"] = "image/svg+xml"
    return response


def _private_page(
    opened: Opened, error: BookingError | None = None, *, at: str = "", party: PartyForm | None = None,
    address: AddressForm | None = None, stale: BaseForm | None = None,
) -> str:  # fmt: skip
    """`at` is the code of the reservation that a refused form was about."""
    values = _values(opened.booking, opened.token, opened.from_mail, at=at, party=party, address=address)
    return render_template("tours/private.html", error=error, stale=stale, **values)


def _values(
    booking: Booking,
    token: str,
    from_mail: bool,
    *,
    at: str = "",
    party: PartyForm | None = None,
    address: AddressForm | None = None,
) -> dict[str, Any]:
    """What the page shows, whether of a booking or of one whose own details are left open."""
    frames.visitor(booking.edition)
    live = [one for one in booking.reservations if not mails.is_cancelled(one)]
    held = [one for one in live if one.status == Status.OFFERED]
    return {
        "booking": booking, "token": token, "from_mail": from_mail, "at": at, "live": live, "now": clock.now(),
        "held_until": min((one.expires_at for one in held if one.expires_at), default=None),
        "party_forms": {one.code: party if party is not None and one.code == at else _party_form(one) for one in live},
        "address": address or AddressForm(formdata=None, email=booking.email), "place": mails.place_of, "point_of": point_of,
        "may_change": changing.may_change, "may_leave": changing.may_leave, "is_cancelled": mails.is_cancelled, "HeldAt": HeldAt,
        "change_until": lambda one: one.slot.starts_at - timedelta(hours=booking.edition.change_hours),
        "is_kept": token in own_bookings.tokens(),
    }  # fmt: skip


def _party_form(reservation: Reservation) -> PartyForm:
    form = PartyForm(formdata=None, party_size=reservation.party_size)
    return _fit_party_form(form, reservation)


def _fit_party_form(form: PartyForm, reservation: Reservation) -> PartyForm:
    """Several stand on one page, so each field is named for its reservation; late, it can only get smaller."""
    form.party_size.id = f"party-{reservation.code}"
    form.party_size.label.field_id = form.party_size.id
    form.party_size.limit(reservation.booking.edition)
    if not changing.may_change(reservation):
        form.party_size.render_kw = {"min": 1, "max": reservation.party_size}
    return form


# --- changing ------------------------------------------------------------------------------------------------------


def _change(
    token: str, form: BaseForm, act: Callable[[Booking], object], **shown: object
) -> ResponseReturnValue:
    """Do one thing to a booking; what the rule refuses is said on its page. `act` returns what to say when done."""
    opened = access.open_private(token)
    if not form.validate():
        stale = form if isinstance(form, ActionForm) else None  # a bare button has no place for its errors
        return _private_page(opened, stale=stale, **shown), 422  # type: ignore[arg-type]

    try:
        with transaction():
            booking = access.open_private(token).booking
            said = act(booking)
    except BookingError as error:
        return _private_page(access.open_private(token), error, **shown), 422  # type: ignore[arg-type]
    flash(str(said), "success")
    return redirect(url_for("tours.private", token=_follow(token, booking)), 303)


def _follow(token: str, booking: Booking) -> str:
    """The token that opens the booking now: a corrected address has made the old one worthless."""
    new = access.browser_token(booking)
    if any(
        links.token_is_good(token, booking.code, version)
        for version in (booking.link_version, -booking.link_version)
    ):
        return token
    if token in own_bookings.tokens():
        own_bookings.forget(token)
        own_bookings.remember(new)
    return new


@bp.post("/r/<token>/<code>/party")
@limiter.limit("60 per minute")
def change_party(token: str, code: str) -> ResponseReturnValue:
    """Come with fewer or with more."""
    form = PartyForm()
    _fit_party_form(form, access.get_reservation(access.open_private(token).booking, code))

    def act(booking: Booking) -> object:
        changing.change_party(access.get_reservation(booking, code), form.party_size.data or 0)
        return _("The number of people has been changed.")

    return _change(token, form, act, at=code, party=form)


@bp.post("/r/<token>/<code>/cancel")
@limiter.limit("60 per minute")
def cancel(token: str, code: str) -> ResponseReturnValue:
    """Give the places back."""

    def act(booking: Booking) -> object:
        changing.cancel(access.get_reservation(booking, code))
        return _("The reservation has been cancelled. Thank you for telling: somebody else can come now.")

    return _change(token, ActionForm(), act, at=code)


@bp.post("/r/<token>/confirm")
@limiter.limit("60 per minute")
def confirm_address(token: str) -> ResponseReturnValue:
    """The visitor has the mail: what was held is booked."""

    def act(booking: Booking) -> object:
        if not access.open_private(token).from_mail:
            raise BookingError(
                _("Please use the link in the mail we have sent you: it shows that the address is right.")
            )
        changing.confirm_address(booking)
        return _("Thank you. Your reservation is made.")

    return _change(token, ActionForm(), act)


@bp.post("/r/<token>/address")
@limiter.limit("10 per minute")
def correct_address(token: str) -> ResponseReturnValue:
    """Put a mistyped address right; the link mailed to the wrong one dies."""
    form = AddressForm()

    def act(booking: Booking) -> object:
        changing.correct_address(booking, form.email.data or "")
        return _(
            "The address is now %(address)s. A new mail is on its way; the old link no longer works.",
            address=booking.email,
        )

    return _change(token, form, act, address=form)


@bp.post("/r/<token>/forget")
def forget(token: str) -> ResponseReturnValue:
    """No longer show this booking on this device; the booking itself stays."""
    booking = access.open_private(token).booking
    if ActionForm().validate():
        own_bookings.forget(token)
        flash(_("This device no longer shows the reservation. The link in your mail still works."), "success")
        edition = booking.edition
        return redirect(
            url_for("tours.my_reservations", festival=edition.festival.slug, edition=edition.slug), 303
        )
    return redirect(url_for("tours.private", token=token), 303)


@bp.post("/r/<token>/keep")
def keep(token: str) -> ResponseReturnValue:
    """Show this booking under "my reservations" on this device, too."""
    access.open_private(token)
    if ActionForm().validate():
        own_bookings.remember(token)
        flash(_("You find it under “My reservations” on this device from now on."), "success")
    return redirect(url_for("tours.private", token=token), 303)


# --- another time --------------------------------------------------------------------------------------------------


@bp.get("/r/<token>/<code>/move")
def choose_time(token: str, code: str) -> ResponseReturnValue:
    """Free times for the same party: of the same programme first, then of the same kind."""
    return _move_page(access.open_private(token), code, MoveForm(formdata=None))


@bp.post("/r/<token>/<code>/move")
@limiter.limit("60 per minute")
def move(token: str, code: str) -> ResponseReturnValue:
    """Take the new places and give the old ones back, both or neither."""
    opened = access.open_private(token)
    form = MoveForm()
    if not form.validate():
        return _move_page(opened, code, form), 422
    try:
        _move(token, code, form)
    except NotThere:
        return _move_page(access.open_private(token), code, form, gone=True), 422
    except BookingError as error:
        return _move_page(access.open_private(token), code, form, error), 422
    flash(_("Your reservation has been moved to the new time."), "success")
    return redirect(url_for("tours.private", token=token), 303)


def _move(token: str, code: str, form: MoveForm) -> None:
    with transaction():
        booking = access.open_private(token).booking
        edition = booking.edition
        to = queries.get_whole_slot(edition.festival.slug, edition.slug, str(form.slot.data))
        changing.move(
            access.get_reservation(booking, code), to, overlaps_accepted=form.overlaps_accepted.data
        )


def _move_page(
    opened: Opened, code: str, form: MoveForm, error: BookingError | None = None, *, gone: bool = False
) -> str:
    reservation = access.get_reservation(opened.booking, code)
    frames.visitor(opened.booking.edition)
    booked = {one.slot_id for one in opened.booking.reservations if not mails.is_cancelled(one)}
    free = queries.find_nearest_free(reservation.slot, reservation.party_size, TIMES_TO_MOVE_TO + len(booked))
    slots = [one for one in free if one.id not in booked][:TIMES_TO_MOVE_TO]
    form.offer(slots)
    if error is not None:
        form.refuse(error)
    if gone:
        form.refuse(_("This time is no longer there. Please choose another one."))
    same = [one for one in slots if one.programme_id == reservation.slot.programme_id]
    return render_template(
        "tours/move.html", reservation=reservation, token=opened.token, form=form, may_change=changing.may_change(reservation),
        groups=[group for group in ((True, same), (False, [one for one in slots if one not in same])) if group[1]],
        overlaps=isinstance(error, Overlaps) or bool(form.overlaps_accepted.data),
    )  # fmt: skip
