"""Settings: of an edition (staff), of the festival with its looks (owners)."""

import secrets
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from eventapp import uploads
from eventapp.festivals import brand, colours, editions
from eventapp.festivals.access import MAY_RUN
from eventapp.festivals.colours import ColourError
from eventapp.festivals.forms import EditionForm, FestivalForm, differences
from eventapp.festivals.models import Edition, Festival, Organizer, Role
from eventapp.festivals.routes.organizer import bp
from eventapp.i18n import _
from eventapp.uploads import UploadError
from eventapp.web import frames
from eventapp.web.saving import last_line, met_conflict, save
from eventapp.years import uses


@bp.route("/manage/<festival>/<edition>/settings", methods=["GET", "POST"])
def texts(festival: str, edition: str) -> ResponseReturnValue:
    """Everything about one edition that is typed: names, days, texts, reservations, contact, privacy."""
    organizer = frames.committee(
        festival, edition, role=Role.STAFF if request.method == "POST" else Role.READER
    )
    form = EditionForm.of(g.edition)
    if (
        request.method == "POST"
        and form.validate()
        and save(form, g.edition, lambda: _change_edition(form, organizer))
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("festivals_organizer.texts", festival=festival, edition=edition), 303)
    conflict = met_conflict(form)
    page = render_template(
        "festivals/organizer/texts.html", form=form, map=frames.ground(), may_change=organizer.role in MAY_RUN,
        differences=differences(form, EditionForm.of(g.edition, formdata=None)) if conflict else [],
        saved_by=last_line(organizer.festival_id, f"edition:{edition}") if conflict else None,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _change_edition(form: EditionForm, organizer: Organizer) -> None:
    edition: Edition = g.edition
    days = form.chosen_days()
    uses.check_days(edition, days)
    zone_name = form.zone_name.data or ""
    uses.check_zone(edition, zone_name)
    editions.change(
        edition, {**form.values(ZoneInfo(zone_name)), "zone_name": zone_name}, days, by=organizer.person
    )


@bp.route("/manage/<festival>/settings", methods=["GET", "POST"])
def settings(festival: str) -> ResponseReturnValue:
    """Names, the word for a factory, accent, logo and cover. Owners only."""
    organizer = frames.committee(festival, role=Role.OWNER)
    form = FestivalForm(data=_as_typed(organizer.festival))
    if request.method == "POST" and form.validate() and _save_festival(form, organizer):
        flash(_("Saved."), "success")
        return redirect(url_for("festivals_organizer.settings", festival=festival), 303)
    conflict = met_conflict(form)
    page = render_template(
        "festivals/organizer/settings.html", form=form, suggestion=_suggestion(form),
        differences=differences(form, FestivalForm(None, data=_as_typed(organizer.festival))) if conflict else [],
        saved_by=last_line(organizer.festival_id, f"festival:{festival}") if conflict else None,
    )  # fmt: skip
    return page, 409 if conflict else 422 if form.errors else 200


def _as_typed(festival: Festival) -> dict[str, Any]:
    return {field: getattr(festival, field) for field in (*brand.SHOWN, "version")}


def _suggestion(form: FestivalForm) -> str:
    """A darker accent, where the one that was typed cannot be read."""
    try:
        colours.check(form.accent.data or "")
    except ColourError as error:
        return error.suggestion or ""
    return ""


def _save_festival(form: FestivalForm, organizer: Organizer) -> bool:
    """Pictures are drawn and stored before the transaction; what it does not keep is removed again."""
    folder = Path(current_app.config["INSTANCE"]) / "media"
    stored, unused = _store_pictures(form, folder), []
    if form.errors:
        _remove(folder, stored.values())
        return False
    values = {**{field: form[field].data or None for field in brand.SHOWN}, **_pictures(form, stored)}

    def change() -> None:
        unused.extend(brand.change(organizer.festival, values, by=organizer.person))

    kept = False
    try:
        kept = save(form, organizer.festival, change)
    finally:
        _remove(folder, unused if kept else stored.values())
    return kept


def _pictures(form: FestivalForm, stored: dict[str, str]) -> dict[str, str | None]:
    gone = {field: None for field in ("logo", "cover") if form[f"no_{field}"].data}
    return {**gone, **stored}


def _store_pictures(form: FestivalForm, folder: Path) -> dict[str, str]:
    stored: dict[str, str] = {}
    for field in ("logo", "cover"):
        sent = form[field].data
        if isinstance(sent, FileStorage) and sent.filename:
            try:
                stored[field] = uploads.store_picture(sent.stream, folder, secrets.token_urlsafe(16)).name  # type: ignore[arg-type]
            except UploadError as error:
                form[field].errors = [str(error)]
    return stored


def _remove(folder: Path, names: Any) -> None:
    for name in names:
        uploads.delete_picture(folder, name)
