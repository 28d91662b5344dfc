"""Logs without secrets: the token of a private link never reaches a log file, neither as a path nor as a referer."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

PRIVATE = re.compile(
    r"(/[rs]/|/desk/enrol/)[^/?#\s\"'<>]+|(/account/[a-z_-]+/)[^/?#\s\"'<>]{16,}", re.IGNORECASE
)
MASK = "***"


def mask(text: str) -> str:
    """The text with every private token left out; what kind of page it was stays readable."""
    return PRIVATE.sub(lambda found: (found[1] or found[2]) + MASK, text)


class Masking(logging.Formatter):
    """Another formatter's line, its traceback included, with every private token left out."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return mask(self.inner.format(record))


def write_masked(level: int = logging.WARNING) -> None:
    """What our own modules log goes to standard error, named and masked. Somebody else's handlers stay as they are."""
    if logging.root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(Masking(logging.Formatter("%(levelname)s %(name)s %(message)s")))
    logging.basicConfig(level=level, handlers=[handler])


def _masked(value: Any) -> Any:
    return mask(value) if isinstance(value, str) else value


class AccessLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger (`logger_class`), whose lines hold no private token: it names the address of what went wrong too."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Masking(handler.formatter or logging.Formatter()))
        write_masked()

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        return {key: _masked(value) for key, value in super().atoms(resp, req, environ, request_time).items()}
