"""The pages of this room: visitors, factories, organizers."""

from importlib import import_module
from importlib.util import find_spec

from eventapp.tours.routes import finding, private, visitor

__all__ = ["blueprints", "finding", "private"]

blueprints = [visitor.bp]
for _name in ("factory", "organizer"):
    if find_spec(f"eventapp.tours.routes.{_name}") is not None:
        blueprints.append(import_module(f"eventapp.tours.routes.{_name}").bp)
