"""The pages of signing in and of one's own account."""

from eventapp.people.routes import account, links, signing_in
from eventapp.people.routes.door import bp

__all__ = ["account", "links", "signing_in"]

blueprints = [bp]
