"""Pages of walks: the planner, plans, what is near, hearts, model courses; and the committee's streets and timetables."""

from eventapp.walks.routes import (
    drawings,
    hearts,
    near,
    organizer,
    organizer_courses,
    organizer_lines,
    organizer_paper,
    plan,
    plan_booking,
    tiles,
    visitor,
)

__all__ = [
    "blueprints",
    "drawings",
    "hearts",
    "near",
    "organizer",
    "organizer_courses",
    "organizer_lines",
    "organizer_paper",
    "plan",
    "plan_booking",
    "tiles",
    "visitor",
]
blueprints = [visitor.bp, organizer.bp]
