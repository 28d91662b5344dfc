"""Pages of this room, one module per audience."""

from eventapp.factories.routes import entry, exchange, factory, members, organizer, pictures, visitor

__all__ = ["entry", "exchange", "factory", "members", "organizer", "pictures", "visitor"]

blueprints = [visitor.bp, factory.bp, organizer.bp]
