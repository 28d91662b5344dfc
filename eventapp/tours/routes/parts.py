"""What several pages of slots and bookings say about a programme."""

from eventapp import links
from eventapp.factories.models import PointKind
from eventapp.tours.models import HeldAt, Kind, Programme, ProgrammeStop


def stops_of(programme: Programme) -> list[ProgrammeStop]:
    """What a bus tour or a guided walk visits; nothing for all others."""
    return list(programme.stops) if programme.kind in {Kind.BUS_TOUR, Kind.GUIDED_WALK} else []


def point_of(programme: Programme) -> str | None:
    """A link into the phone's map, where the place is known well enough to walk to."""
    if programme.held_at == HeldAt.ONLINE:
        return None
    entry = programme.entry
    booth = entry.booth if entry is not None and programme.held_at == HeldAt.BOOTH else None
    for spot in (programme.place, booth.venue if booth else None, programme.venue):
        if spot is not None and spot.lat is not None and spot.lon is not None:
            return links.map_link(spot.lat, spot.lon)
    if programme.held_at != HeldAt.ENTRANCE or entry is None or entry.factory.point != PointKind.EXACT:
        return None
    factory = entry.factory
    return (
        links.map_link(factory.lat, factory.lon)
        if factory.lat is not None and factory.lon is not None
        else None
    )
