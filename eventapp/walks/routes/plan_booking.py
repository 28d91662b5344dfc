"""A whole day booked in one step, all or none."""

from flask import flash, make_response
from flask.typing import ResponseReturnValue

from eventapp.db import NotThere, transaction
from eventapp.i18n import RuleError, _
from eventapp.tours import access
from eventapp.tours import booking as booking_rules
from eventapp.tours.booking import BookingError, SlotFull
from eventapp.tours.forms import BookingForm
from eventapp.walks import plans, replanning
from eventapp.walks.models import Plan
from eventapp.walks.routes import parts
from eventapp.walks.routes.plan import get_plan, holds_key, page_of, to_day
from eventapp.walks.routes.visitor import bp
from eventapp.web import headers, own_bookings
from eventapp.web.limits import limiter


@bp.post("/<festival>/<edition>/day/<code>/book")
@limiter.limit("30 per minute")
def book_day(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Book the whole day, all or none. If a slot went meanwhile, the day is planned around it and shown before anything
    is booked.
    """
    found, form = get_plan(festival, edition, code), BookingForm()
    if not holds_key(found):
        raise NotThere(code)
    if not form.validate():
        return headers.private(make_response(page_of(found, form=form), 422))
    _set_party(found, form.party_size.data or 1)
    found = get_plan(festival, edition, code)
    slots = plans.slots_to_book(found)
    contact = form.contact(found.edition, booking_rules.questions(slots))
    try:
        with transaction():
            booking = plans.book_day(
                plans.get(code),
                contact=contact,
                request_key=form.request_key.data or "",
                overlaps_accepted=form.overlaps_accepted.data,
            )
            token, mail_token, address = (
                access.browser_token(booking),
                access.mail_token(booking),
                booking.email,
            )
    except SlotFull as error:
        return _planned_around(found, form, error)
    except BookingError as error:
        return headers.private(make_response(page_of(plans.get(code), form=form, error=error), 422))
    own_bookings.remember(token)
    _say_booked(token == mail_token, address)
    return to_day(found)


def _set_party(found: Plan, party: int) -> None:
    """The day is for as many as are booked: planning around a full time must know how many."""
    asked = plans.request_of(found)
    if asked.party != party:
        with transaction():
            plans.get(found.code).request = asked.but(party=party).as_json()


def _say_booked(is_confirmed: bool, address: str | None) -> None:
    if is_confirmed:
        flash(
            _(
                "Your whole day is booked. A mail with everything is on its way to %(address)s.",
                address=address,
            ),
            "success",
        )
    else:
        flash(
            _(
                "Your places are kept for 30 minutes: please confirm by the link in the mail to %(address)s.",
                address=address,
            ),
            "warning",
        )


def _planned_around(found: Plan, form: BookingForm, error: SlotFull) -> ResponseReturnValue:
    """A slot went in the meantime: another day is made around it, nothing is booked, and the form stays as it was typed."""
    code = found.code
    try:
        draft = replanning.replan(plans.get(code), parts.folder(), without=[f"slot:{error.code}"])
        with transaction():
            plans.adopt(plans.get(code), draft)
    except RuleError as refusal:
        form.refuse(refusal)
        return headers.private(make_response(page_of(plans.get(code), form=form, error=error), 422))
    return headers.private(
        make_response(page_of(plans.get(code), form=form, changes=draft.changes, is_around=True), 422)
    )
