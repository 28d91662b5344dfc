"""What every worker will need, made once before there are workers: they share the memory, and nobody waits for it."""

from flask import Flask
from flask_babel import force_locale, get_translations
from sqlalchemy.orm import configure_mappers

from eventapp.i18n import LANGUAGES

VISITORS = ("base.html", "visitor.html", "_", "errors/", "festivals/", "factories/", "tours/")
DESKS = ("/organizer/", "/factory/", "/desk/")


def warm(app: Flask) -> None:
    """Mappers, both languages, and the templates of the visitors' pages."""
    configure_mappers()
    with app.test_request_context():
        for code in LANGUAGES:
            with force_locale(code):
                get_translations()
    for name in app.jinja_env.list_templates(filter_func=_is_for_visitors):
        app.jinja_env.get_template(name)


def _is_for_visitors(name: str) -> bool:
    return name.endswith(".html") and name.startswith(VISITORS) and not any(part in name for part in DESKS)
