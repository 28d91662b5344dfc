"""Tiles of the operator's own file (EVENTAPP_TILES_FILE), so that a photographic or detailed map asks no foreign host."""

import logging
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app
from flask.typing import ResponseReturnValue

from eventapp.db import NotThere
from eventapp.walks.pmtiles import Archive, TilesError
from eventapp.walks.routes.visitor import bp

log = logging.getLogger("kouba.walks")
DAY = "public, max-age=86400"


@lru_cache(maxsize=4)
def _archive(path: str, _changed: int) -> Archive:
    return Archive(Path(path))


@bp.get("/tiles/<int:z>/<int:x>/<int:y>")
def tile(z: int, x: int, y: int) -> ResponseReturnValue:
    """One picture; nothing where there is no file, or none for this place in it."""
    path = current_app.config["TILES_FILE"]
    content = None
    if path:
        try:
            archive = _archive(path, Path(path).stat().st_mtime_ns)
            content = archive.tile(z, x, y)
        except (OSError, TilesError) as error:
            log.error("EVENTAPP_TILES_FILE: %s", error)
    if content is None:
        raise NotThere(f"{z}/{x}/{y}")
    response = Response(content, content_type=archive.kind)
    response.headers["Cache-Control"] = DAY
    return response
