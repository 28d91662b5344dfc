"""How kinds of programmes and the ways to take part are called on pages."""

from collections.abc import Mapping

from eventapp.i18n import _, language, lazy
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


def kind_names(factory_word: Mapping[str, str]) -> dict[Kind, str]:
    """The kinds in the reader's language, as a festival's visitors read them: where kilns open, one tours kilns.

    `factory_word` is the festival's own; in a language without it the usual word stands.
    """
    names = {kind: str(name) for kind, name in KINDS.items()}
    if word := factory_word.get(language()):
        tour = _("%(word)s tour", word=word)
        names[Kind.TOUR] = tour[:1].upper() + tour[1:]
    return names
