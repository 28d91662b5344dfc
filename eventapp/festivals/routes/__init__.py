"""Pages of this room, one module per audience."""

from eventapp.festivals.routes import organizer, people

__all__ = ["organizer", "people"]

blueprints = [organizer.bp]
