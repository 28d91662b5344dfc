"""What a phone keeps and runs by itself: the service worker, the scanner's worker, the page for no signal, the manifest."""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import Response, current_app, jsonify, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.i18n import RuleError, _
from eventapp.stamps import handoff, queries
from eventapp.stamps.models import Rally
from eventapp.stamps.routes import device, showing
from eventapp.stamps.routes.cards import proof_in
from eventapp.stamps.routes.sync import card_key, read_json, refusal
from eventapp.stamps.routes.visitor import bp, rally_for_reader, with_camera
from eventapp.web import cache as pages
from eventapp.web import headers
from eventapp.web.limits import limiter
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
             "js/app.js", "js/offline.js", "js/stamps.js", "js/stamp-capture.js", "js/stamp-book.js")  # fmt: skip
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


# --- the home screen --------------------------------------------------------------------------------------------------


@bp.get("/<festival>/<edition>/stamps/app.webmanifest")
def web_manifest(festival: str, edition: str) -> ResponseReturnValue:
    """What a phone needs to put the stamp book on its home screen. A browser with a card takes the card along."""
    if device.name_of(festival, edition) not in request.cookies:
        return _manifest_for_all(festival=festival, edition=edition)
    rally = rally_for_reader(festival, edition)
    found = (queries.find_card(one.code, one.secret) for one in device.held(rally.edition))
    card = next((one for one in found if one is not None and one.rally_id == rally.id), None)
    return headers.private(_manifest(rally, f"#open={handoff.make(queries.root_of(card))}" if card else ""))


@pages.shared
def _manifest_for_all(festival: str, edition: str) -> ResponseReturnValue:
    return _manifest(rally_for_reader(festival, edition), "")


def _manifest(rally: Rally, end: str) -> Response:
    """`end` goes behind the start address. What stands behind a # is sent to no server and written into no log."""
    home = url_for("stamps.home", **showing.place_of(rally.edition))
    response = make_response({
        "name": f"{rally.name} | {rally.edition.festival.name}", "short_name": str(rally.name), "id": home, "start_url": home + end, "scope": "/",
        "display": "standalone", "background_color": "#faf7f0", "theme_color": "#faf7f0",
        "icons": [{"src": asset("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    })  # fmt: skip
    response.mimetype = "application/manifest+json"
    return response


@bp.post("/<festival>/<edition>/stamps/handoff")
@limiter.limit("600 per hour")
@limiter.limit("30 per hour", key_func=card_key)
def take_along(festival: str, edition: str) -> ResponseReturnValue:
    """{card, secret, device, handoff}: this storage's card goes into the one that the start address named."""
    try:
        data = read_json()
        mine = proof_in(data)
        shown = data.get("handoff") if isinstance(data, dict) else None
        rally = rally_for_reader(festival, edition)
        with transaction():
            found = handoff.accept(rally.id, mine.code, mine.secret, shown if isinstance(shown, str) else "")
    except RuleError as error:
        return refusal(error)
    if found is None:
        return jsonify(
            {"error": _("This way to the card is too old. Please make a code on the other phone or browser.")}
        ), 404
    response = jsonify({"handle": found.handle})
    device.add(response, festival, edition, mine)
    return response
