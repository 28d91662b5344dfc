"""Commands: `flask create-festival`, `flask invite-owner`, and what the operator needs. Each opens its own transaction."""

from flask import Flask


def register(app: Flask) -> None:
    """Hang the commands into the application."""
