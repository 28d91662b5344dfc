"""A factory's own desk: /factory/<code>/... Addresses are written in full in each route."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import NotThere
from eventapp.factories import entries, gaps, profiles
from eventapp.factories.forms import SECTIONS, Section, SectionForm, spoken
from eventapp.factories.models import Entry, Factory
from eventapp.factories.profiles import ProfileError
from eventapp.factories.routes import sections
from eventapp.factories.routes.sections import ChangedMeanwhile
from eventapp.i18n import _
from eventapp.web import frames
from eventapp.web.pointing import drawn_ground, point_map
from eventapp.web.signin import require_person

bp = Blueprint("factories_factory", __name__)


def living_entry() -> Entry | None:
    """The newest entry, while its edition is not over."""
    entry: Entry | None = g.get("entry")
    return None if entry is None or entries.is_frozen(entry) else entry


def checklist(factory: Factory) -> dict[str, Any]:
    """What is missing, for the line on top of each page of the desk."""
    entry = living_entry()
    missing = gaps.gaps_of(factory, entry)
    return {"gaps": missing, "progress": gaps.progress(missing, entry)}


@bp.get("/factory/<code>/missing")
def missing(code: str) -> ResponseReturnValue:
    """Everything that is still missing, each with a link to its field."""
    factory = frames.workshop(code)
    return render_template("factories/factory/missing.html", **checklist(factory))


@bp.get("/factory/<code>/profile")
@bp.get("/factory/<code>/profile/<section>")
def profile(code: str, section: str = "") -> ResponseReturnValue:
    """The profile in sections, or the form of one of them."""
    factory = frames.workshop(code)
    if section:
        part = _get_section(section)
        return _section_page(factory, part, part.form.of(factory))
    shown = [(part, _said(part.form.of(factory))) for part in SECTIONS.values()]
    return render_template(
        "factories/factory/profile.html",
        shown=shown,
        last=sections.find_last_change(factory),
        **checklist(factory),
    )


@bp.post("/factory/<code>/profile/<section>")
def save_profile(code: str, section: str) -> ResponseReturnValue:
    """Save one section. Only names are needed; the rest may stay empty as long as it likes."""
    factory, part = frames.workshop(code), _get_section(section)
    form = part.form.sent(factory)
    if not form.validate():
        return _section_page(factory, part, form), 422
    try:
        sections.save(form, lock=lambda: profiles.lock(factory), saved=lambda: part.form.of(factory),
                      write=lambda: profiles.edit(factory, form.values(), by=require_person()))  # fmt: skip
    except ChangedMeanwhile:
        return _section_page(factory, part, form, changed=True), 422
    except ProfileError as error:
        form.refuse(error)
        return _section_page(factory, part, form), 422
    flash(_("Saved: %(section)s", section=part.title), "success")
    return redirect(url_for("factories_factory.profile", code=code), 303)


@bp.get("/factory/<code>/base.json")
def base_map(code: str) -> ResponseReturnValue:
    """The drawn base map of the newest edition, for setting the entrance point."""
    frames.workshop(code)
    return drawn_ground(g.edition)


def _get_section(slug: str) -> Section:
    if slug not in SECTIONS:
        raise NotThere(slug)
    return SECTIONS[slug]


def _section_page(factory: Factory, part: Section, form: SectionForm, *, changed: bool = False) -> str:
    values: dict[str, Any] = {}
    if changed:
        values = what_changed(factory, form, part.form.of(factory))
    ground = point_map(g.edition, url_for("factories_factory.base_map", code=factory.code))
    return render_template(
        "factories/factory/section.html", part=part, form=form, map=ground, **values, **checklist(factory)
    )


def what_changed(factory: Factory, form: SectionForm, saved: SectionForm) -> dict[str, Any]:
    """For the page shown to whoever comes second. Sending the form once more is a decision then, and wins."""
    form.version.data = saved.fingerprint()
    return {"differences": form.differences(saved), "last": sections.find_last_change(factory)}


def _said(form: SectionForm) -> list[tuple[object, str]]:
    """The fields that say something, in words."""
    return [(field.label.text, words) for field in form.parts() if field.data and (words := spoken(field))]
