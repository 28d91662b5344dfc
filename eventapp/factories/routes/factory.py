"""A factory's own desk: /factory/<code>/... Addresses are written in full in each route."""

from flask import Blueprint

bp = Blueprint("factories_factory", __name__)
