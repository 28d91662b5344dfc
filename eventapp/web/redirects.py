"""Where a reader is sent afterwards: a path of ours, never somebody else's address."""

from urllib.parse import urlsplit

from werkzeug.urls import iri_to_uri

LONGEST = 1000


def own_path(wanted: str | None, otherwise: str) -> str:
    """`wanted` if it is a path on this host in every browser's reading, else `otherwise`.

    Asked is what Werkzeug will write into the Location header, not only what came in.
    """
    if not wanted or len(wanted) > LONGEST or not _is_plain_path(wanted):
        return otherwise
    try:
        emitted = iri_to_uri(wanted)
        parts = urlsplit(emitted)
    except ValueError:  # half a surrogate pair, a broken IPv6 address
        return otherwise
    if parts.scheme or parts.netloc or not _is_plain_path(emitted):
        return otherwise
    return wanted


def _is_plain_path(path: str) -> bool:
    """One slash, no backslash, no control or space that a browser would drop, plain letters where a host could begin."""
    if not path.startswith("/") or path.startswith("//") or not path[:2].isascii():
        return False
    return not any(
        character == "\\" or ord(character) <= 32 or 127 <= ord(character) < 160 for character in path
    )
