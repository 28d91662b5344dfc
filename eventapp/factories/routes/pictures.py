"""Pictures of a factory, straight from a phone."""

from pathlib import Path

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from eventapp import uploads
from eventapp.db import NotThere, transaction
from eventapp.factories import photos as rules
from eventapp.factories import profiles
from eventapp.factories.forms import AltForm, PhotosForm
from eventapp.factories.models import Factory, Photo
from eventapp.factories.photos import PhotoError
from eventapp.factories.routes import sections
from eventapp.factories.routes.factory import bp, checklist, what_changed
from eventapp.factories.routes.sections import ChangedMeanwhile
from eventapp.forms import ActionForm, BaseForm
from eventapp.i18n import _, ngettext
from eventapp.uploads import StoredPicture, UploadError
from eventapp.web import frames
from eventapp.web.signin import require_person

MOST_AT_ONCE = 10
STEPS = {"earlier": -1, "later": 1, "first": -rules.MOST}


@bp.get("/factory/<code>/photos")
def photos(code: str) -> ResponseReturnValue:
    """The pictures in their order; the first one is the cover."""
    return _page(frames.workshop(code), PhotosForm())


@bp.post("/factory/<code>/photos")
def add_photos(code: str) -> ResponseReturnValue:
    """Add one or several. A file that is no good is named and told why; the others are kept."""
    factory = frames.workshop(code)
    request.max_content_length = (
        MOST_AT_ONCE + 1
    ) * uploads.MOST_BYTES  # several pictures, each checked on its own
    form = PhotosForm()
    if not form.validate():
        return _page(factory, form), 422
    files = [each for each in form.pictures.data or [] if isinstance(each, FileStorage) and each.filename]
    if not files:
        form.refuse(_("Choose a picture first."))
        return _page(factory, form), 422
    stored, refused = _store(files[:MOST_AT_ONCE])
    try:
        _add(factory, stored)
    except PhotoError as error:
        refused, stored = [str(error)], []
    refused += [_("At most %(most)s pictures at once: send the others afterwards.", most=MOST_AT_ONCE)] * (
        len(files) > MOST_AT_ONCE
    )
    return _tell(factory, form, stored, refused)


@bp.get("/factory/<code>/photos/<name>")
def photo(code: str, name: str) -> ResponseReturnValue:
    """One picture: what it shows, and removing it."""
    factory = frames.workshop(code)
    one = rules.get(factory, name)
    return _photo_page(factory, one, AltForm.of(one))


@bp.post("/factory/<code>/photos/<name>")
def describe_photo(code: str, name: str) -> ResponseReturnValue:
    """Save the words for those who do not see the picture."""
    factory = frames.workshop(code)
    one = rules.get(factory, name)
    form = AltForm.sent(one)
    if not form.validate():
        return _photo_page(factory, one, form), 422
    try:
        sections.save(form, lock=lambda: profiles.lock(factory), saved=lambda: AltForm.of(one),
                      write=lambda: rules.describe(one, form.values()["alt"], by=require_person()))  # fmt: skip
    except ChangedMeanwhile:
        return _photo_page(factory, one, form, changed=True), 422
    flash(_("Saved."), "success")
    return redirect(url_for("factories_factory.photos", code=code), 303)


@bp.post("/factory/<code>/photos/<name>/<step>")
def move_photo(code: str, name: str, step: str) -> ResponseReturnValue:
    """One place earlier, later, or to the very front."""
    factory = frames.workshop(code)
    one, form = rules.get(factory, name), ActionForm()
    if step not in STEPS:
        raise NotThere(step)
    if not form.validate():
        return _page(factory, form), 422
    with transaction():
        profiles.lock(factory)
        rules.move(one, STEPS[step], by=require_person())
    return redirect(url_for("factories_factory.photos", code=code, _anchor="pictures"), 303)


@bp.post("/factory/<code>/photos/<name>/remove")
def remove_photo(code: str, name: str) -> ResponseReturnValue:
    """Take the picture away, its files too."""
    factory = frames.workshop(code)
    one, form = rules.get(factory, name), ActionForm()
    if not form.validate():
        return _page(factory, form), 422
    with transaction():
        profiles.lock(factory)
        gone = rules.remove(one, by=require_person())
    uploads.delete_picture(_folder(), gone)
    flash(_("The picture is removed."), "success")
    return redirect(url_for("factories_factory.photos", code=code), 303)


def _store(files: list[FileStorage]) -> tuple[list[StoredPicture], list[str]]:
    """Decode outside of any transaction: what could be stored, and why the others could not."""
    stored: list[StoredPicture] = []
    refused: list[str] = []
    for file in files:
        file.stream.seek(0)  # PostgreSQL may ask for the whole request once more
        try:
            stored.append(rules.store(file.stream, _folder()))
        except UploadError as error:
            refused.append(_("%(file)s: %(why)s", file=(file.filename or "")[-60:], why=error))
    return stored, refused


def _add(factory: Factory, stored: list[StoredPicture]) -> None:
    """Write the rows, all or none; without rows no files stay."""
    try:
        with transaction():
            profiles.lock(factory)
            for picture in stored:
                rules.add(factory, picture, by=require_person())
    except BaseException:
        rules.discard(stored, _folder())
        raise


def _tell(
    factory: Factory, form: BaseForm, stored: list[StoredPicture], refused: list[str]
) -> ResponseReturnValue:
    if not stored:
        for reason in refused:
            form.refuse(reason)
        return _page(factory, form), 422
    flash(ngettext("%(num)d picture added.", "%(num)d pictures added.", len(stored)), "success")
    for reason in refused:
        flash(reason, "error")
    return redirect(url_for("factories_factory.photos", code=factory.code), 303)


def _folder() -> Path:
    return Path(current_app.config["INSTANCE"]) / "media"


def _page(factory: Factory, form: BaseForm) -> str:
    upload = form if isinstance(form, PhotosForm) else PhotosForm(formdata=None)
    return render_template(
        "factories/factory/photos.html", form=form, upload=upload, most=rules.MOST, **checklist(factory)
    )


def _photo_page(factory: Factory, one: Photo, form: AltForm, *, changed: bool = False) -> str:
    values = what_changed(factory, form, AltForm.of(one)) if changed else {}
    return render_template(
        "factories/factory/photo.html", photo=one, form=form, **values, **checklist(factory)
    )
