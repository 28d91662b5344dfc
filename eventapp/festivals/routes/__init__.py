"""Pages of this room, one module per audience; the committee's desk has several."""

from eventapp.festivals.routes import grounds, news, organizer, people, records, settings, visitor

__all__ = ["grounds", "news", "organizer", "people", "records", "settings", "visitor"]

blueprints = [visitor.bp, organizer.bp]
