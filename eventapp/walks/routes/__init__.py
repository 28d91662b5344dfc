"""Pages of walks: the planner, plans, what is near, hearts, model courses; and the committee's streets and timetables."""

from eventapp.walks.routes import drawings, hearts, near, organizer, organizer_courses, plan, tiles, visitor

__all__ = [
    "blueprints",
    "drawings",
    "hearts",
    "near",
    "organizer",
    "organizer_courses",
    "plan",
    "tiles",
    "visitor",
]
blueprints = [visitor.bp, organizer.bp]
