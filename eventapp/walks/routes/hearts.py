"""Hearts (♡): a list on the device, shown and shared from here. Without script the ♡ on a card leads to this page."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.festivals.access import get_public_edition
from eventapp.festivals.models import Edition
from eventapp.i18n import _
from eventapp.walks import hearts as rules
from eventapp.walks.forms import HeartsForm
from eventapp.walks.ground import read_ground
from eventapp.walks.models import HeartList
from eventapp.walks.routes import device, parts
from eventapp.walks.routes.visitor import bp
from eventapp.web import frames
from eventapp.web.limits import limiter

MOST_KEYS = 200


@bp.get("/<festival>/<edition>/hearts/")
def heart_list(festival: str, edition: str) -> ResponseReturnValue:
    """This device's list. `add` names what a ♡ without script was pressed on: one more tap puts it in."""
    of = frames.visitor(get_public_edition(festival, edition))
    mine, ground = own_list(of), read_ground(of)
    keys = mine.keys if mine else []
    wanted = [key for key in request.args.getlist("add")[:1] if key not in keys]
    return render_template(
        "walks/hearts.html", mine=mine, wishes=parts.show_wishes(ground, of, dict.fromkeys(keys, "want")), keys=keys,
        wanted=parts.show_wishes(ground, of, dict.fromkeys(wanted, "want")), place=parts.place_of(of),
    )  # fmt: skip


def own_list(of: Edition) -> HeartList | None:
    """The list this device has the key of."""
    kept = device.hearts(of)
    found = rules.find(of, kept[0]) if kept else None
    return found if kept and found is not None and rules.may_change(found, kept[1]) else None


@bp.post("/<festival>/<edition>/hearts/")
@limiter.limit("120 per minute")
def change_hearts(festival: str, edition: str) -> ResponseReturnValue:
    """Put one in, take one out, or make the list what the device has."""
    of, form = get_public_edition(festival, edition), HeartsForm()
    if not form.validate():
        flash(_("This page was open for a long time. Nothing is lost: please send it again."), "warning")
        return redirect(url_for("walks.heart_list", **parts.place_of(of)), 303)
    with transaction():
        here = get_public_edition(festival, edition)
        mine = own_list(here)
        keys = _changed(list(mine.keys) if mine else [], form)
        if mine is not None:
            rules.change(mine, keys)
            saved = None
        else:
            saved = rules.create(here, keys)
        kept = (saved.list.code, saved.key) if saved else None
    if kept:
        device.keep_hearts(of, *kept)
    return redirect(url_for("walks.heart_list", **parts.place_of(of)), 303)


def _changed(keys: list[str], form: HeartsForm) -> Sequence[str]:
    if form.keys.data is not None and form.keys.raw_data:
        return [key for key in dict.fromkeys(form.keys.data.split()) if len(key) <= 60][:MOST_KEYS]
    if form.add.data and form.add.data not in keys:
        keys.append(form.add.data)
    return [key for key in keys if key != form.remove.data][:MOST_KEYS]


@bp.get("/<festival>/<edition>/hearts/<code>")
def shared_hearts(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """A list that somebody shared: to look at, and to plan from."""
    of = frames.visitor(get_public_edition(festival, edition))
    found = rules.get(of, parts.check_code(code))
    wishes = parts.show_wishes(read_ground(of), of, dict.fromkeys(found.keys, "want"))
    return render_template("walks/shared_hearts.html", shared=found, wishes=wishes, place=parts.place_of(of))
