"""History in sentences: what each action means, by whom, about what, with what changed before and after."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select

from eventapp.audit import Line
from eventapp.festivals.models import EditionState, Role
from eventapp.festivals.words import PLACES, STYLES
from eventapp.i18n import Translated, lazy

AREAS: dict[str, object] = {
    "edition": lazy("Editions"),
    "festival": lazy("Festival"),
    "venue": lazy("Venues"),
    "place": lazy("Places"),
    "notice": lazy("Notices"),
    "factory": lazy("Factories"),
    "photo": lazy("Photos"),
    "entry": lazy("Entries"),
    "programme": lazy("Programmes"),
    "slot": lazy("Slots"),
    "booking": lazy("Reservations"),
    "organizer": lazy("Committee members"),
    "member": lazy("Factory staff"),
    "mail": lazy("Mail"),
    "person": lazy("Signing in"),
    "rally": lazy("Stamp rally"),
    "station": lazy("Stamp stations"),
    "poster": lazy("Posters"),
    "stamp": lazy("Stamps"),
    "card": lazy("Stamp cards"),
    "prize": lazy("Prizes"),
    "desk": lazy("Prize desks"),
    "draw": lazy("Draws"),
    "device": lazy("Staff phones"),
}
ABOUT_VISITORS = (
    "booking.",
    "reservation.",
    "links.",
    "mail.",
    "card.",
)  # not for readers: the town hall, sponsors
ACTIONS: dict[str, object] = {
    "festival.founded": lazy("The festival was set up."),
    "festival.changed": lazy("The festival settings were changed."),
    "edition.created": lazy("An edition was made."),
    "edition.changed": lazy("The edition settings were changed."),
    "edition.moved": lazy("The edition was brought into another state."),
    "edition.day_called_off": lazy("A whole day was called off."),
    "venue.created": lazy("A venue was added."),
    "venue.changed": lazy("A venue was changed."),
    "venue.deleted": lazy("A venue was deleted."),
    "place.created": lazy("A place was added."),
    "place.changed": lazy("A place was changed."),
    "place.deleted": lazy("A place was deleted."),
    "notice.published": lazy("A notice was published."),
    "notice.changed": lazy("A notice was changed."),
    "notice.deleted": lazy("A notice was deleted."),
    "organizer.invited": lazy("Somebody was invited into the committee."),
    "organizer.invited_again": lazy("An invitation into the committee was sent again."),
    "organizer.role_changed": lazy("Somebody in the committee was given another role."),
    "organizer.removed": lazy("Somebody was taken out of the committee."),
    "organizer.recovery_sent": lazy("Somebody was sent a link for signing in anew."),
    "member.invited": lazy("Somebody of a factory was invited."),
    "member.invited_again": lazy("An invitation to a factory was sent again."),
    "member.removed": lazy("Somebody was taken off a factory."),
    "person.accepted": lazy("An invitation was accepted."),
    "person.password_changed": lazy("A password was changed."),
    "person.second_step_on": lazy("Signing in with a second step was switched on."),
    "person.second_step_off": lazy("Signing in with a second step was switched off."),
    "factory.created": lazy("A factory was added."),
    "factory.edited": lazy("A factory's profile was changed."),
    "factory.imported": lazy("A factory was brought in from a list."),
    "extract.received": lazy("A map of the streets was sent in."),
    "photo.added": lazy("A photo of a factory was added."),
    "photo.described": lazy("A photo was described in words."),
    "photo.moved": lazy("The photos of a factory were put in another order."),
    "photo.removed": lazy("A photo of a factory was removed."),
    "entry.joined": lazy("A factory was entered for an edition."),
    "entry.edited": lazy("A factory's part in an edition was changed."),
    "entry.moved": lazy("A factory's part in an edition was brought into another state."),
    "entry.hours": lazy("A factory's opening hours were changed."),
    "entry.booth": lazy("A factory was given another booth."),
    "programme.created": lazy("A programme was added."),
    "programme.edited": lazy("A programme was changed."),
    "programme.published": lazy("A programme was published."),
    "programme.withdrawn": lazy("A programme was taken off the pages."),
    "programme.stops_set": lazy("The stops of a tour were changed."),
    "slot.changed": lazy("A slot was changed."),
    "slot.moved": lazy("A slot was moved to another time."),
    "slot.added": lazy("Slots were added."),
    "slot.removed": lazy("A slot was removed."),
    "slot.closed": lazy("A slot takes no more reservations."),
    "slot.reopened": lazy("A slot takes reservations again."),
    "slot.cancelled": lazy("A slot was called off."),
    "booking.created": lazy("A reservation was made."),
    "booking.address_confirmed": lazy("A visitor confirmed the e-mail address."),
    "booking.address_corrected": lazy("A visitor corrected the e-mail address."),
    "booking.marked": lazy("At the gate: somebody came or did not come."),
    "booking.party_changed": lazy("The number of people in a reservation was changed."),
    "booking.moved": lazy("A reservation was moved to another slot."),
    "booking.cancelled": lazy("A reservation was cancelled."),
    "booking.erased": lazy("A visitor's name and address were erased."),
    "links.asked": lazy("A visitor asked for the links again."),
    "mail.tried_again": lazy("A mail was put into the outbox again."),
    "device.invited": lazy("A link for enrolling a staff phone was made."),
    "device.enrolled": lazy("A staff phone was enrolled."),
    "device.revoked": lazy("A staff phone was locked out."),
    "rally.created": lazy("A stamp rally was set up."),
    "rally.changed": lazy("Texts or times of the stamp rally were changed."),
    "rally.course_created": lazy("A course of the stamp rally was added."),
    "rally.course_changed": lazy("A course of the stamp rally was changed."),
    "rally.course_deleted": lazy("A course of the stamp rally was deleted."),
    "rally.moved": lazy("A stamp rally was started or stopped."),
    "rally.keys_rotated": lazy("New posters are signed with a new key."),
    "rally.keys_retired": lazy("A signing key was given up; its posters no longer count."),
    "rally.paper_cards_made": lazy("Paper stamp cards were made."),
    "station.created": lazy("A stamp station was added."),
    "station.changed": lazy("A stamp station was changed."),
    "station.policy_changed": lazy("A stamp station asks for something else now."),
    "poster.issued": lazy("A poster was issued."),
    "poster.revoked": lazy("A poster was revoked."),
    "stamp.accepted": lazy("A held stamp was accepted."),
    "stamp.voided": lazy("A stamp was taken back."),
    "card.merged": lazy("Two stamp cards became one."),
    "card.deleted": lazy("A visitor deleted a stamp card."),
    "prize.created": lazy("A prize was added."),
    "prize.changed": lazy("A prize was changed."),
    "prize.stock_changed": lazy("The stock of a prize was changed."),
    "prize.carried": lazy("Prizes were carried to or from a desk."),
    "prize.escrow_taken": lazy("A desk without a signal took prizes along."),
    "prize.escrow_closed": lazy("A desk without a signal gave back what was left."),
    "prize.claimed": lazy("A prize was handed over."),
    "prize.claimed_twice": lazy("A prize was handed over twice, at a desk without a signal."),
    "prize.claim_undone": lazy("The handing over of a prize was undone."),
    "prize.award_voided": lazy("An earned prize was taken back because of fraud."),
    "desk.created": lazy("A prize desk was added."),
    "desk.changed": lazy("A prize desk was changed."),
    "desk.deleted": lazy("A prize desk was deleted."),
    "desk.pin_made": lazy("A PIN of the day was made for a prize desk."),
    "draw.announced": lazy("A draw was announced."),
    "draw.frozen": lazy("The entries of a draw were fixed."),
    "draw.drawn": lazy("A draw was held."),
}
FIELDS: dict[str, object] = {
    "name": lazy("Name"),
    "title": lazy("Heading"),
    "state": lazy("State"),
    "status": lazy("State"),
    "role": lazy("Role"),
    "days": lazy("Days"),
    "style": lazy("How it is held"),
    "zone_name": lazy("Time zone"),
    "tagline": lazy("One line about it"),
    "introduction": lazy("Introduction"),
    "access": lazy("How to get there"),
    "rules": lazy("What every visitor is asked"),
    "privacy": lazy("Privacy text"),
    "booking_opens_at": lazy("Reservations open"),
    "booking_closes_at": lazy("Reservations close"),
    "change_hours": lazy("Changes until so many hours before the start"),
    "max_party_size": lazy("People in one reservation, at most"),
    "max_open_reservations": lazy("Open reservations of one visitor, at most"),
    "contact_email": lazy("E-mail for visitors"),
    "contact_phone": lazy("Telephone for visitors"),
    "keep_visitors_days": lazy("Erase visitors' names so many days after the last day"),
    "factory_word": lazy("Your word for a factory"),
    "accent": lazy("Accent colour"),
    "website": lazy("Web page"),
    "pictures": lazy("Pictures"),
    "booths": lazy("Booths"),
    "kind": lazy("Kind"),
    "party": lazy("People"),
    "slots": lazy("Slots"),
    "slot": lazy("Slot"),
    "party_size": lazy("People"),
    "people": lazy("People"),
    "capacity": lazy("Capacity"),
    "start": lazy("Start"),
    "starts": lazy("Start"),
    "starts_at": lazy("Start"),
    "booth": lazy("Booths"),
    "message": lazy("Message"),
    "lat": lazy("Latitude"),
    "lon": lazy("Longitude"),
    "count": lazy("How many"),
    "urgent": lazy("Urgent"),
}
STATES: dict[str, object] = {
    EditionState.DRAFT: lazy("Draft"),
    EditionState.RECRUITING: lazy("Recruiting factories"),
    EditionState.PUBLISHED: lazy("Published"),
    EditionState.RUNNING: lazy("On now"),
    EditionState.CLOSED: lazy("Over"),
    "submitted": lazy("Submitted"),
    "accepted": lazy("Taking part"),
    "withdrawn": lazy("Withdrawn"),
}
ROLES: dict[str, object] = {"owner": lazy("Owner"), "staff": lazy("Staff"), "reader": lazy("Reader")}
VALUES: dict[str, Mapping[Any, object]] = {"kind": PLACES, "style": STYLES, "state": STATES, "role": ROLES}
LONGEST_VALUE = 160


class Change(NamedTuple):
    """One detail of a line: what it is called, before (None: there was no before) and after."""

    label: object
    before: str | None
    after: str


class Shown(NamedTuple):
    """One line as it is read."""

    line: Line
    sentence: object
    about: str
    changes: list[Change]


def select_lines(festival_id: int, role: Role, *, area: str = "", words: str = "") -> Select[Line]:
    """The lines this organizer may read, the newest first; of one area, or with these words."""
    query = select(Line).where(Line.festival_id == festival_id)
    if role is Role.READER:
        for prefix in ABOUT_VISITORS:
            query = query.where(Line.action.not_like(f"{prefix}%"))
    if area in AREAS:
        query = query.where(Line.action.startswith(f"{area}.", autoescape=True))
    if words:
        query = query.where(
            or_(Line.by.icontains(words, autoescape=True), Line.subject.icontains(words, autoescape=True))
        )
    return query.order_by(Line.at.desc(), Line.id.desc())


def show(line: Line, zone: ZoneInfo, names: Mapping[str, str] | None = None) -> Shown:
    """A line in words, moments in wall time of `zone`, codes by their `names` as far as they have one.

    An action nobody has written a sentence for is shown as it is.
    """
    names = names or {}
    details = dict(line.details)
    kind, _colon, code = line.subject.partition(":")
    named = details.get("name") or details.get("title")
    if isinstance(named, (str, dict)) and kind not in {"edition", "festival"}:
        about = _plain(named, zone)
        details.pop("name", None), details.pop("title", None)
    else:
        about = names.get(code, code)
    return Shown(
        line, ACTIONS.get(line.action, line.action), about, list(_changes(_named(details, names), zone))
    )


def _named(details: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The slots that a line mentions, by their time: `slot` is one, or one before and one after; `slots` are several."""
    named = dict(details)
    if isinstance(slot := details.get("slot"), str):
        named["slot"] = names.get(slot, slot)
    elif isinstance(slot, list):
        named["slot"] = [names.get(str(one), one) for one in slot]
    if isinstance(several := details.get("slots"), list):
        named["slots"] = ", ".join(names.get(str(one), str(one)) for one in several)
    return named


def _changes(details: dict[str, Any], zone: ZoneInfo) -> Iterator[Change]:
    for key, value in details.items():
        label = FIELDS.get(key, key)
        pair = (
            isinstance(value, list)
            and len(value) == 2
            and (key != "days" or all(isinstance(one, list) for one in value))
        )
        before, after = value if pair else (None, value)
        yield Change(label, _value(key, before, zone) if pair else None, _value(key, after, zone))


def _value(key: str, value: Any, zone: ZoneInfo) -> str:
    words = VALUES.get(key, {})
    return str(words[value]) if isinstance(value, str) and value in words else _plain(value, zone)


def _plain(value: Any, zone: ZoneInfo) -> str:
    if value is None or value == "" or value == {} or value == []:
        return "—"
    if isinstance(value, bool):
        return str(lazy("Yes") if value else lazy("No"))
    if isinstance(value, dict):
        languages = set(value) <= {"ja", "en"}
        text = (
            str(Translated(value))
            if languages
            else ", ".join(f"{key}: {_plain(one, zone)}" for key, one in value.items())
        )
    elif isinstance(value, list):
        text = ", ".join(_plain(one, zone) for one in value)
    else:
        text = _moment(str(value), zone)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def _moment(text: str, zone: ZoneInfo) -> str:
    """A moment that was written down in UTC as the clocks of `zone` showed it; any other text as it is."""
    if not _MOMENT.fullmatch(text):
        return text
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")
