"""How kinds of programmes and the ways to take part are called on pages."""

from eventapp.i18n import lazy
from eventapp.tours.models import EntryMode, HeldAt, Kind

KINDS: dict[Kind, object] = {
    Kind.TOUR: lazy("Factory tour"),
    Kind.WORKSHOP: lazy("Workshop"),
    Kind.TALK: lazy("Talk"),
    Kind.SALE: lazy("Sale"),
    Kind.EXHIBITION: lazy("Exhibition"),
    Kind.FOOD: lazy("Food"),
    Kind.ONLINE: lazy("Online visit"),
    Kind.BUS_TOUR: lazy("Bus tour"),
    Kind.GUIDED_WALK: lazy("Guided walk"),
}
ENTRY_MODES: dict[EntryMode, object] = {
    EntryMode.OPEN: lazy("No booking, any time"),
    EntryMode.TIMED: lazy("No booking, at fixed times"),
    EntryMode.BOOKING: lazy("Booking required"),
}
HELD_AT: dict[HeldAt, object] = {
    HeldAt.ENTRANCE: lazy("At the factory"),
    HeldAt.BOOTH: lazy("At the booth"),
    HeldAt.PLACE: lazy("At a meeting point or stage"),
    HeldAt.VENUE: lazy("In a venue"),
    HeldAt.ONLINE: lazy("Online"),
}
