"""Pages of this room, one module per audience."""

from eventapp.factories.routes import factory, members

__all__ = ["factory", "members"]

blueprints = [factory.bp]
