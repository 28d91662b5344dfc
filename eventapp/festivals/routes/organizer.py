"""The committee's desk: /manage/<festival>/... Addresses are written in full in each route."""

from flask import Blueprint

bp = Blueprint("festivals_organizer", __name__)
