"""Japanese and English: interface texts through gettext, content as `Translated` columns.

The interface is written in English in `_()`; `translations/ja` holds the Japanese. Content that people write is
one JSON object per text, `{"ja": ..., "en": ...}`, shown in the reader's language with a fallback.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask_babel import force_locale, get_domain, get_locale, gettext, lazy_gettext, ngettext
from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

LANGUAGES = ("ja", "en")
DEFAULT_LANGUAGE = "ja"

_ = gettext
lazy = lazy_gettext

__all__ = [
    "DEFAULT_LANGUAGE",
    "LANGUAGES",
    "RuleError",
    "Translated",
    "TranslatedText",
    "_",
    "language",
    "lazy",
    "ngettext",
    "unfilled",
    "use_language",
]


class RuleError(Exception):
    """A rule says no. `str(error)` is a sentence for the reader, in the reader's language, telling what to do."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def unfilled(text: str) -> str:
    """A text of the catalogue in the reader's language, its placeholders left to whoever asked."""
    return str(get_domain().get_translations().gettext(text))


def language() -> str:
    """The language of whoever reads the page or the mail that is being made: "ja" or "en"."""
    locale = get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else DEFAULT_LANGUAGE


@contextmanager
def use_language(code: str) -> Iterator[None]:
    """Write in this language for a while, as the worker does for a mail."""
    with force_locale(code if code in LANGUAGES else DEFAULT_LANGUAGE):
        yield


class Translated(dict[str, str]):
    """One text in several languages. Never changed in place: a new value is assigned."""

    def text(self, code: str | None = None) -> str:
        """The text in a language, else in Japanese, else in whichever there is."""
        for wanted in (code or language(), *LANGUAGES):
            if self.get(wanted):
                return self[wanted]
        return next((text for text in self.values() if text), "")

    def shown_language(self, code: str | None = None) -> str:
        """The language that `text()` really came in, for the `lang` attribute."""
        wanted = code or language()
        if self.get(wanted):
            return wanted
        return next((key for key in (*LANGUAGES, *self) if self.get(key)), wanted)

    def missing(self) -> list[str]:
        """Languages in which nothing is written yet."""
        return [code for code in LANGUAGES if not self.get(code)]

    def __str__(self) -> str:
        return self.text()

    def __bool__(self) -> bool:
        return any(self.values())

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(self.text()))


class TranslatedText(TypeDecorator[Translated]):
    """Stores a `Translated` as a JSON object."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> dict[str, str] | None:
        return {} if value is None else {key: text for key, text in value.items() if text}

    def process_result_value(self, value: Any, dialect: Dialect) -> Translated:
        return Translated(value or {})
