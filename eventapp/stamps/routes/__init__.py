"""Pages of the rally, one module per audience; each audience has its own blueprint."""

from eventapp.stamps.routes import cards, sync, visitor

__all__ = ["cards", "sync", "visitor"]

blueprints = [visitor.bp]
