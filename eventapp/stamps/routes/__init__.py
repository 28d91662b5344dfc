"""Pages of the rally, one module per audience; each audience has its own blueprint."""

from eventapp.stamps import visible  # noqa: F401  (hangs "has_rally" on the edition)
from eventapp.stamps.routes import (
    art,
    cards,
    claiming,
    display,
    draw,
    on_phone,
    organizer,
    organizer_board,
    organizer_devices,
    organizer_draws,
    organizer_figures,
    organizer_papers,
    organizer_prizes,
    organizer_stations,
    staff,
    staff_access,
    staff_desk,
    staff_json,
    sync,
    visitor,
)

__all__ = [
    "art", "cards", "claiming", "display", "draw", "on_phone", "organizer", "organizer_board", "organizer_devices", "organizer_draws", "organizer_figures", "organizer_papers", "organizer_prizes",
    "organizer_stations", "staff", "staff_access", "staff_desk", "staff_json", "sync", "visitor",
]  # fmt: skip

blueprints = [visitor.bp, draw.bp, organizer.bp, staff_access.bp]
