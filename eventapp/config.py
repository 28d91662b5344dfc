"""Defaults and the EVENTAPP_* variables that override them; keys of one purpose each from one master secret."""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent  # of the installation: templates, static files, migrations
DEFAULTS: dict[str, Any] = {
    "DATABASE_URL": "",  # empty: SQLite under the instance folder
    "SQLITE_SYNCHRONOUS": "FULL",  # NORMAL is faster and may lose the last commits in a power cut
    "PUBLIC_BASE_URL": "",  # https://festival.example.jp ; links in mail and QR codes start with it
    "TRUSTED_HOSTS": "",  # further host names that may ask, separated by commas
    "PROXY_HOPS": 0,  # reverse proxies in front of us whose X-Forwarded-* we believe
    "BIND": "127.0.0.1:8000",
    "NOW": "",  # trials only: where the clock starts; ignored unless BIND is a loopback address
    "DEMO": False,
    "MAIL": "folder",  # or smtp://user:password@host:587
    "MAIL_FROM": "",
    "PAGE_CACHE_SECONDS": 2.0,  # how old the seats on lists may be; 0 switches the cache off
    "WAIT_FOR_WRITE_SECONDS": 8.0,
    "DEFAULT_ZONE": "Asia/Tokyo",
    "TILES_URL": "",  # a public tile source is the operator's choice; empty asks no foreign host
    "TILES_ATTRIBUTION": "",
    "TILES_FILE": "",  # a PMTiles file of pictures on this machine, instead
    "PAPER_FONTS": "",  # a folder with a complete Japanese font for posters; empty: the one that comes along
    "RATELIMIT_STORAGE_URI": "memory://",
}
SHORTEST_SECRET = 32
GSI = "https://cyberjapandata.gsi.go.jp/xyz/{}/{{z}}/{{x}}/{{y}}.png"
NAMED_TILES = {"gsi": GSI.format("pale"), "gsi-pale": GSI.format("pale"), "gsi-std": GSI.format("std")}
GSI_CREDIT = "地理院タイル (国土地理院)"
OWN_TILES = "/tiles/{z}/{x}/{y}"


class ConfigError(Exception):
    """The settings do not allow a safe start; the message tells the operator what to change."""


def load(
    instance: Path, overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Defaults, then EVENTAPP_* variables, then `overrides`; each value in the type of its default."""
    values = dict(DEFAULTS)
    for key, default in DEFAULTS.items():
        if (text := environ.get(f"EVENTAPP_{key}")) is not None:
            values[key] = _typed(key, text, default)
    values["MASTER_SECRET"] = environ.get("EVENTAPP_SECRET_KEY", "")
    values.update(overrides or {})
    values["INSTANCE"] = instance
    if not values["MASTER_SECRET"]:
        values["MASTER_SECRET"] = read_or_make_secret(instance / "secret.key")
    if len(values["MASTER_SECRET"]) < SHORTEST_SECRET:
        raise ConfigError(f"EVENTAPP_SECRET_KEY needs at least {SHORTEST_SECRET} characters.")
    if values["MAIL"] != "folder" and not values["MAIL"].startswith(("smtp://", "smtps://")):
        raise ConfigError('EVENTAPP_MAIL is "folder" or begins with smtp:// or smtps://.')
    if not values["DATABASE_URL"]:
        values["DATABASE_URL"] = f"sqlite:///{instance / 'kouba.sqlite3'}"
    return values | _tiles(values)


def _tiles(values: Mapping[str, Any]) -> dict[str, str]:
    """Tiles by a name that is known, or out of a file of our own; whoever draws a map sees an address and a credit."""
    url, credit = values["TILES_URL"], values["TILES_ATTRIBUTION"]
    if values["TILES_FILE"]:
        if not Path(values["TILES_FILE"]).is_file():
            raise ConfigError(f"EVENTAPP_TILES_FILE: there is no file {values['TILES_FILE']!r}.")
        return {"TILES_URL": OWN_TILES, "TILES_ATTRIBUTION": credit or "© OpenStreetMap contributors"}
    if url in NAMED_TILES:
        return {"TILES_URL": NAMED_TILES[url], "TILES_ATTRIBUTION": credit or GSI_CREDIT}
    return {}


def _typed(key: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[
                text.lower()
            ]
        return type(default)(text)  # type: ignore[call-arg]
    except (KeyError, ValueError) as error:
        raise ConfigError(f"EVENTAPP_{key} cannot be {text!r}.") from error


def read_or_make_secret(path: Path) -> str:
    """The master secret of this installation, made at the first start, readable by its owner alone.

    It appears whole or not at all: server and worker begin at the same moment, and a disk may be full.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(partial, path)
        finally:
            os.unlink(partial)
        return path.read_text().strip()


def derive_key(master: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA256, RFC 5869, one block): a leaked one opens no other door."""
    pseudo_random = hmac.new(b"kouba", master.encode(), hashlib.sha256).digest()
    return hmac.new(pseudo_random, purpose.encode() + b"\x01", hashlib.sha256).digest()


def key_for(purpose: str) -> bytes:
    """The running installation's key for one purpose."""
    from flask import current_app

    return derive_key(current_app.config["MASTER_SECRET"], purpose)


def trusted_hosts(settings: Mapping[str, Any]) -> list[str] | None:
    """The names under which we answer: that of PUBLIC_BASE_URL, those in TRUSTED_HOSTS, and this machine's own for monitors.

    None lets every name pass: a server that others can reach, and whose operator has not said its address yet.
    """
    public = urlsplit(settings["PUBLIC_BASE_URL"]).hostname
    further = [name.strip() for name in settings["TRUSTED_HOSTS"].split(",") if name.strip()]
    reaches_out = settings["BIND"].startswith("unix:") or not is_loopback(settings["BIND"])
    if public is None and not further and reaches_out:
        return None
    return [*([public] if public else []), *further, "localhost", "127.0.0.1", "[::1]"]


def is_loopback(bind: str) -> bool:
    """Whether a server bound like this can only be reached from its own machine."""
    host = bind.rsplit(":", 1)[0].strip("[]")
    return host in {"localhost", "::1"} or host.startswith("127.") or bind.startswith("unix:")
