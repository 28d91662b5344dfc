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


class MaskFilter(logging.Filter):
    """For handlers of our own log: masks message and arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(str(record.msg))
        if isinstance(record.args, dict):
            record.args = {key: _masked(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(_masked(value) for value in record.args)
        return True


def _masked(value: Any) -> Any:
    return mask(value) if isinstance(value, str) else value


class AccessLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger (`logger_class`), whose access lines hold no private token."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        return {key: _masked(value) for key, value in super().atoms(resp, req, environ, request_time).items()}
