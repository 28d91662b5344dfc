"""Pages of visitors: a slot with its form, the basket, and the reservations made on this device."""

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from eventapp import audit, clock
from eventapp.db import NotThere, db, transaction
from eventapp.festivals import notices
from eventapp.festivals.access import get_public_edition
from eventapp.festivals.models import Edition
from eventapp.i18n import _
from eventapp.outbox import Mail
from eventapp.text import email_key
from eventapp.tours import access, mails, queries
from eventapp.tours import booking as rules
from eventapp.tours.booking import AlreadyBooked, BookingError, Overlaps, SlotFull
from eventapp.tours.forms import AddressForm, BookingForm, SlotForm
from eventapp.tours.models import LIVE, Booking, Reservation, Slot
from eventapp.tours.routes import kept
from eventapp.tours.routes.parts import point_of, stops_of
from eventapp.tours.standing import Standing, standing
from eventapp.tours.visit_rules import visit_rules
from eventapp.tours.words import kind_names
from eventapp.web import frames, headers, own_bookings
from eventapp.web.limits import limiter
from eventapp.web.templating import show_datetime

bp = Blueprint("tours", __name__)
LINK_MAILS_AN_HOUR = 3


@bp.after_request
def _keep_private(response: Response) -> Response:
    """Whatever was answered behind a private link, failures too, is kept nowhere and named to nobody."""
    return headers.private(response) if request.path.startswith("/r/") else response


# --- one slot ------------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/slots/<code>")
def slot(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """What, when, where, how many places; and the form right there."""
    return kept.slot_page(festival, edition, code) or _slot_page(
        festival, edition, code, BookingForm(formdata=None)
    )


@bp.post("/<festival>/<edition>/slots/<code>/book")
@limiter.limit("60 per minute")
def book(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Book one slot; whatever is wrong, the form comes back as it was typed."""
    form = BookingForm()
    if not form.validate():
        return _slot_page(festival, edition, code, form), 422
    if kept.has_been_full(code) and (page := kept.full_page(festival, edition, code, form)) is not None:
        return page, 422
    try:
        return _booked(_book(festival, edition, [code], form))
    except BookingError as error:
        if (
            isinstance(error, SlotFull)
            and (page := kept.full_page(festival, edition, code, form)) is not None
        ):
            return page, 422
        return _slot_page(festival, edition, code, form, error), 422


def _book(festival: str, edition: str, codes: Sequence[str], form: BookingForm) -> Booking:
    """Nothing is read before the transaction: what it would have to read again costs statements."""

    with transaction():
        slots = queries.get_whole_slots(festival, edition, codes)
        if len(slots) != len(set(codes)):
            raise NotThere(edition)
        of = slots[0].programme.edition
        return rules.book(
            slots, contact=form.contact(of, rules.questions(slots)), party_size=form.party_size.data or 0,
            request_key=form.request_key.data or "", overlaps_accepted=form.overlaps_accepted.data,
        )  # fmt: skip


def _booked(booking: Booking) -> ResponseReturnValue:
    token = access.browser_token(booking)
    own_bookings.remember(token)
    if token == access.mail_token(booking):
        flash(
            _(
                "Your reservation is made. A mail with everything is on its way to %(address)s.",
                address=booking.email,
            ),
            "success",
        )
    return redirect(url_for("tours.private", token=token), 303)


def _slot_page(
    festival: str, edition: str, code: str, form: BookingForm, error: BookingError | None = None
) -> str:
    shown = queries.get_whole_slot(festival, edition, code)
    programme = shown.programme
    of = frames.visitor(programme.edition)
    now = clock.now()
    state = standing(shown, now)
    asked = rules.questions([shown])
    form.fit(of, asked)
    if error is not None:
        form.say(error)
    show_nearest = isinstance(error, SlotFull) or state not in {
        Standing.OPEN,
        Standing.UPCOMING,
        Standing.FREE,
    }
    return render_template(
        "tours/slot.html", slot=shown, programme=programme, state=state, now=now, form=form, error=error,
        rules=visit_rules(programme), place=mails.place_of, point=point_of(programme), stops=stops_of(programme),
        nearest=queries.find_free_nearby(shown.id, _party(form)) if show_nearest else [],
        overlaps=_overlaps(form, error), already=isinstance(error, AlreadyBooked), mine=_mine(error),
        basket=own_bookings.basket(of), urgent=notices.find_urgent(of), kind_name=kind_names(of.festival.factory_word)[programme.kind],
    )  # fmt: skip


def _party(form: BookingForm) -> int:
    """The party to find room for; while it cannot be read, one."""
    size = form.party_size.data
    return size if size and 1 <= size <= 100 else 1


def _overlaps(form: BookingForm, error: BookingError | None) -> bool:
    """Whether the tick "all the same" is shown: it was needed, or has been given."""
    return isinstance(error, Overlaps) or bool(form.overlaps_accepted.data)


def _mine(error: BookingError | None) -> str | None:
    """The link of the reservation that is already there, if it was made in this browser."""
    if not isinstance(error, AlreadyBooked):
        return None
    for opened in access.open_all(own_bookings.tokens()):
        if any(one.id == error.reservation_id for one in opened.booking.reservations):
            return opened.token
    return None


# --- the basket ----------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/basket")
def basket(festival: str, edition: str) -> ResponseReturnValue:
    """Everything chosen so far, and one form for all of it."""
    return _basket_page(
        festival, edition, own_bookings.basket_of(festival, edition), BookingForm(formdata=None)
    )


@bp.post("/<festival>/<edition>/basket/add")
def add_to_basket(festival: str, edition: str) -> ResponseReturnValue:
    """Put a slot in; what is there already stays once."""
    form = SlotForm()
    chosen = queries.get_whole_slot(festival, edition, str(form.slot.data or ""))
    codes = own_bookings.basket_of(festival, edition)
    if not form.validate():
        flash(_("This page was open for a long time. Nothing is lost: please send it again."), "warning")
        return redirect(url_for("tours.slot", festival=festival, edition=edition, code=chosen.code), 303)
    if chosen.code not in codes and len(codes) >= own_bookings.MOST_AT_ONCE:
        flash(
            _("At most %(number)s times fit in. Please book these first.", number=own_bookings.MOST_AT_ONCE),
            "warning",
        )
    elif chosen.code not in codes:
        own_bookings.put_basket(festival, edition, [*codes, chosen.code])
    return redirect(url_for("tours.basket", festival=festival, edition=edition), 303)


@bp.post("/<festival>/<edition>/basket/remove")
def remove_from_basket(festival: str, edition: str) -> ResponseReturnValue:
    """Take a slot out."""
    get_public_edition(festival, edition)
    form = SlotForm()
    if form.validate():
        codes = own_bookings.basket_of(festival, edition)
        own_bookings.put_basket(festival, edition, [code for code in codes if code != form.slot.data])
    return redirect(url_for("tours.basket", festival=festival, edition=edition), 303)


@bp.post("/<festival>/<edition>/basket/book")
@limiter.limit("60 per minute")
def book_basket(festival: str, edition: str) -> ResponseReturnValue:
    """Book all of it or none. The form itself says what it shows, so that another tab changes nothing here."""
    codes = list(dict.fromkeys(request.form.getlist("slot")))[: own_bookings.MOST_AT_ONCE]
    form = BookingForm()
    good = form.validate()
    if not codes or not good:
        return _basket_page(festival, edition, codes, form), 422
    try:
        booking = _book(festival, edition, codes, form)
    except NotThere:
        return _basket_page(festival, edition, codes, form), 422
    except BookingError as error:
        return _basket_page(festival, edition, codes, form, error), 422
    own_bookings.put_basket(
        festival, edition, [code for code in own_bookings.basket_of(festival, edition) if code not in codes]
    )
    return _booked(booking)


def _basket_page(
    festival: str, edition: str, codes: Sequence[str], form: BookingForm, error: BookingError | None = None
) -> str:
    slots = queries.get_whole_slots(festival, edition, codes) if codes else []
    of = frames.visitor(slots[0].programme.edition if slots else get_public_edition(festival, edition))
    now = clock.now()
    form.fit(of, rules.questions(slots))
    if error is not None:
        form.say(_naming(error, slots))
    full = error.code if isinstance(error, SlotFull) else None
    return render_template(
        "tours/basket.html", slots=slots, form=form, error=error, gone=len(codes) - len(slots), full=full,
        crossing=_crossing(slots), overlaps=_overlaps(form, error) or bool(_crossing(slots)), place=mails.place_of,
        standings={one.code: standing(one, now) for one in slots}, already=isinstance(error, AlreadyBooked), mine=_mine(error),
        nearest=queries.find_free_nearby(next(one.id for one in slots if one.code == full), _party(form)) if full else [],
        rules=[(one.programme, visit_rules(one.programme)) for one in _one_of_each(slots)],
    )  # fmt: skip


def _naming(error: BookingError, slots: Sequence[Slot]) -> BookingError:
    """A no that is about one of several times says which."""
    about = next((one for one in slots if one.id == _refused(error, slots)), None)
    if about is None or len(slots) < 2:
        return error
    values = {"title": about.programme.title, "when": show_datetime(about.starts_at)}
    if isinstance(error, SlotFull):
        return BookingError(
            _("“%(title)s”, %(when)s, has not enough room left. Nothing has been booked.", **values)
        )
    return BookingError(
        _("With this e-mail address “%(title)s”, %(when)s, is booked already. Take it out, or change it by the link in your mail.", **values)
    )  # fmt: skip


def _refused(error: BookingError, slots: Sequence[Slot]) -> int | None:
    """The slot that stood in the way, by its id."""
    if isinstance(error, SlotFull):
        return next((one.id for one in slots if one.code == error.code), None)
    if isinstance(error, AlreadyBooked):
        return db.session.scalar(select(Reservation.slot_id).where(Reservation.id == error.reservation_id))
    return None


def _one_of_each(slots: Sequence[Slot]) -> list[Slot]:
    """One slot of every programme: its rules are said once."""
    return list({slot.programme_id: slot for slot in reversed(slots)}.values())[::-1]


def _crossing(slots: Sequence[Slot]) -> set[str]:
    """Codes of the slots that overlap with another one of these."""
    spans = {slot.code: (slot.starts_at, slot.ends_at) for slot in slots}
    return {code for code, span in spans.items()
            if rules.overlap([span], [other for other_code, other in spans.items() if other_code != code])}  # fmt: skip


# --- my reservations -----------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/my")
def my_reservations(festival: str, edition: str) -> ResponseReturnValue:
    """What was booked on this device, and the way to everything else: "mail me my links again"."""
    return _my_page(get_public_edition(festival, edition), AddressForm(formdata=None))


@bp.post("/<festival>/<edition>/my")
@limiter.limit("10 per minute")
def mail_links(festival: str, edition: str) -> ResponseReturnValue:
    """Mail all links of an address to that address. The answer never tells whether it is known."""
    form = AddressForm()
    of = get_public_edition(festival, edition)
    if not form.validate():
        return _my_page(of, form), 422
    with transaction():
        _mail_links(get_public_edition(festival, edition), email_key(form.email.data or ""))
    flash(_("If there are reservations for this address, a mail with their links is on its way."), "success")
    return redirect(url_for("tours.my_reservations", festival=festival, edition=edition), 303)


def _mail_links(edition: Edition, key: str) -> None:
    """Known or not, one row is written, so that the time to answer tells nothing either."""
    audit.record("links.asked", f"edition:{edition.slug}", festival_id=edition.festival_id, by="visitor")
    lately = select(func.count(Mail.id)).where(
        Mail.to_key == key, Mail.template == "tours/links", Mail.created_at > clock.now() - timedelta(hours=1)
    )
    if (db.session.scalar(lately) or 0) >= LINK_MAILS_AN_HOUR:
        return
    found = db.session.scalars(
        select(Booking.code)
        .join(Booking.reservations)
        .join(Reservation.slot)
        .where(
            Booking.edition_id == edition.id,
            Booking.email_key == key,
            Reservation.status.in_(LIVE),
            Slot.ends_at > clock.now(),
        )
        .distinct()
    )
    if bookings := queries.find_bookings(list(found)):
        mails.post_links(bookings)


def _my_page(edition: Edition, form: AddressForm) -> str:
    frames.visitor(edition)
    opened = access.open_all(own_bookings.tokens())
    own_bookings.keep_only(one.token for one in opened)
    here = [one for one in opened if one.booking.edition_id == edition.id]
    lines = sorted(
        ((reservation, one.token) for one in here for reservation in one.booking.reservations),
        key=lambda line: line[0].slot.starts_at,
    )
    now = clock.now()
    return render_template(
        "tours/my.html", form=form, coming=[line for line in lines if line[0].slot.ends_at > now],
        over=[line for line in lines if line[0].slot.ends_at <= now], place=mails.place_of,
        basket=own_bookings.basket(edition),
    )  # fmt: skip
