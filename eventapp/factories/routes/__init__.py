"""Pages of this room, one module per audience."""

from eventapp.factories.routes import factory, members, visitor

__all__ = ["factory", "members", "visitor"]

blueprints = [visitor.bp, factory.bp]
