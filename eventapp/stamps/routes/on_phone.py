"""What a phone keeps and runs by itself: the service worker, the scanner's worker, the page for no signal, the manifest."""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import Response, current_app, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from eventapp.stamps.routes import showing
from eventapp.stamps.routes.visitor import bp, rally_for_reader, with_camera
from eventapp.web import cache as pages
from eventapp.web.templating import asset


@bp.get("/scanner-worker.js")
def scanner_worker() -> ResponseReturnValue:
    """The worker that reads pictures. A worker has its own policy, so it is not a plain static file."""
    response = with_camera(
        send_file(_static() / "js/scanner-worker.js", mimetype="text/javascript", conditional=True)
    )
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
    )
    return response


@bp.get("/sw.js")
def service_worker() -> ResponseReturnValue:
    """The one service worker, with the files of this release in front: another release is another worker."""
    response = Response(_service_worker(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@cache
def _service_worker() -> str:
    names = ("vendor/bootstrap-5.3.8/bootstrap.min.css", "css/app.css", "css/stamps.css", "img/icons.svg", "img/favicon.svg",
             "js/app.js", "js/offline.js", "js/stamps.js")  # fmt: skip
    files = [asset(name) for name in names]
    source = (_static() / "sw.js").read_text(encoding="utf-8")
    settings = {
        "version": blake2b(("".join(files) + source).encode(), digest_size=8).hexdigest(), "files": files,
        "offline": asset("js/offline.js"), "pages": [{"at": "/s/", "url": "/s/?shell=1"}, {"at": "/offline", "url": "/offline"}],
    }  # fmt: skip
    return f"self.KOUBA = {json.dumps(settings)};\n{source}"


def _static() -> Path:
    return Path(str(current_app.static_folder))


@bp.get("/offline")
@pages.shared
def offline() -> ResponseReturnValue:
    """Kept by the service worker for when there is no signal."""
    return render_template("stamps/offline.html")


@bp.get("/<festival>/<edition>/stamps/app.webmanifest")
@pages.shared
def web_manifest(festival: str, edition: str) -> ResponseReturnValue:
    """What a phone needs to put the stamp book on its home screen."""
    rally = rally_for_reader(festival, edition)
    home = url_for("stamps.home", **showing.place_of(rally.edition))
    response = make_response({
        "name": f"{rally.name} | {rally.edition.festival.name}", "short_name": str(rally.name), "id": home, "start_url": home, "scope": "/",
        "display": "standalone", "background_color": "#faf7f0", "theme_color": "#faf7f0",
        "icons": [{"src": asset("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    })  # fmt: skip
    response.mimetype = "application/manifest+json"
    return response
