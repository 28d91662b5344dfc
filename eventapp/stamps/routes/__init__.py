"""Pages of the rally, one module per audience; each audience has its own blueprint."""

from eventapp.stamps import visible  # noqa: F401  (hangs "has_rally" on the edition)
from eventapp.stamps.routes import cards, on_phone, sync, visitor

__all__ = ["cards", "on_phone", "sync", "visitor"]

blueprints = [visitor.bp]
