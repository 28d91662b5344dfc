"""Model courses: planned with the visitors' planner, then named, shown to visitors, checked when hours change."""

from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp.db import transaction
from eventapp.festivals.models import Role
from eventapp.forms import ActionForm
from eventapp.i18n import _, lazy
from eventapp.walks import courses, planning
from eventapp.walks.courses import CourseRefused
from eventapp.walks.forms import ChoiceForm, CourseForm, DayForm, as_args, read_wishes
from eventapp.walks.ground import Ground, read_ground
from eventapp.walks.models import Course
from eventapp.walks.routes import parts
from eventapp.walks.routes.organizer import bp
from eventapp.walks.routes.parts import ChoiceGone
from eventapp.walks.routes.visitor import fit, propose
from eventapp.web import frames


@bp.get("/manage/<festival>/<edition>/walks/courses/new")
def plan_course(festival: str, edition: str) -> ResponseReturnValue:
    """The planner for the committee: what must be seen is chosen from the list of all. `course` plans one anew."""
    frames.committee(festival, edition, role=Role.STAFF)
    form, ground = DayForm.sent(request.args), read_ground(g.edition)
    course = (
        courses.get(g.edition, parts.check_code(request.args["course"]))
        if request.args.get("course")
        else None
    )
    fit(form, g.edition, ground)
    chosen = read_wishes(request.args)
    found = propose(g.edition, form, ground, chosen) if form.is_asked else []
    return render_template(
        "walks/organizer/plan_course.html", form=form, found=found, course=course, place=parts.place_of(g.edition),
        options=_options(ground), chosen={key for key, choice in chosen.items() if choice == "must"},
    ), 422 if form.errors else 200  # fmt: skip


def _options(ground: Ground) -> list[tuple[str, str]]:
    """Every factory and programme by its wish key."""
    found = [(f"factory:{host.code}", str(host.name)) for host in ground.hosts.values()]
    for one in ground.offerings.values():
        host = ground.hosts.get(one.host or "")
        found.append((f"programme:{one.code}", f"{host.name}: {one.title}" if host else str(one.title)))
    return sorted(found, key=lambda pair: pair[1])


@bp.post("/manage/<festival>/<edition>/walks/courses/name")
def name_course(festival: str, edition: str) -> ResponseReturnValue:
    """The proposal is chosen; now its words."""
    frames.committee(festival, edition, role=Role.STAFF)
    chosen = ChoiceForm()
    if not chosen.validate():
        flash(_("This page was open for a long time. Nothing is lost: please send it again."), "warning")
        return redirect(url_for("walks_organizer.plan_course", **parts.place_of(g.edition)), 303)
    course = (
        courses.get(g.edition, parts.check_code(request.form["course"]))
        if request.form.get("course")
        else None
    )
    form = CourseForm(formdata=None, data={"title": course.title, "theme": course.theme} if course else {})
    form.choice.data = chosen.choice.data
    return _naming(form, course)


def _naming(form: CourseForm, course: Course | None, status: int = 200) -> ResponseReturnValue:
    return render_template("walks/organizer/course.html", form=form, course=course, proposal=None, days=[], place=parts.place_of(g.edition),
                           action=url_for("walks_organizer.save_course", **parts.place_of(g.edition), **_which(course))), status  # fmt: skip


def _which(course: Course | None) -> dict[str, Any]:
    return {"course": course.code} if course else {}


@bp.post("/manage/<festival>/<edition>/walks/courses/save")
def save_course(festival: str, edition: str) -> ResponseReturnValue:
    """Keep the proposal with its words, as a new course or instead of the walk of another (`course`)."""
    frames.committee(festival, edition, role=Role.STAFF)
    course = (
        courses.get(g.edition, parts.check_code(request.args["course"]))
        if request.args.get("course")
        else None
    )
    form = CourseForm()
    if not form.validate():
        return _naming(form, course, 422)
    try:
        asked, proposal = parts.read_choice(g.edition, form.choice.data)
        drawn = planning.with_lines(g.edition, asked, proposal, parts.folder())
        with transaction():
            kept = courses.get(g.edition, course.code) if course else None
            saved = courses.save(
                kept,
                g.edition,
                title=form.title.data,
                theme=form.theme.data,
                request=asked,
                proposal=drawn,
                by=g.organizer.person,
            )
            code = saved.code
    except (ChoiceGone, CourseRefused) as error:
        form.refuse(error)
        return _naming(form, course, 422)
    flash(_("Saved."), "success")
    return redirect(url_for("walks_organizer.course", code=code, **parts.place_of(g.edition)), 303)


@bp.route("/manage/<festival>/<edition>/walks/courses/<code>", methods=["GET", "POST"])
def course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """One course: its words to be changed, its walk to look at, what no longer holds of it."""
    frames.committee(festival, edition, role=Role.STAFF)
    shown = courses.get(g.edition, parts.check_code(code))
    form = CourseForm(
        data={
            "title": shown.title,
            "theme": shown.theme,
            "position": shown.position + 1,
            "version": shown.version,
        }
    )
    if request.method == "POST" and form.validate() and _is_fresh(form, shown) and _save_words(form, code):
        flash(_("Saved."), "success")
        return redirect(url_for("walks_organizer.course", code=code, **parts.place_of(g.edition)), 303)
    proposal, asked = courses.proposal_of(shown), courses.request_of(shown)
    again = url_for("walks_organizer.plan_course", course=code, **parts.place_of(g.edition))
    return render_template(
        "walks/organizer/course.html", form=form, course=shown, proposal=proposal, asked=asked, days=parts.show_days(g.edition, proposal),
        action=url_for("walks_organizer.course", code=code, **parts.place_of(g.edition)), faults=courses.faults_of(shown, parts.folder()),
        again_url=f"{again}&{urlencode(as_args(asked))}", place=parts.place_of(g.edition), is_mine=False,
    ), 422 if request.method == "POST" else 200  # fmt: skip


def _is_fresh(form: CourseForm, shown: Course) -> bool:
    if not form.is_stale(shown.version):
        return True
    form.refuse(
        lazy(
            "Somebody else has saved this course meanwhile. What you typed is still here; saving again replaces theirs."
        )
    )
    form.version.data, form.version.raw_data = str(shown.version), None
    return False


def _save_words(form: CourseForm, code: str) -> bool:
    """Title and theme, the walk as it is; and its place in the list."""
    try:
        with transaction():
            kept = courses.get(g.edition, parts.check_code(code))
            checked = kept.content_version, kept.faults
            courses.save(kept, g.edition, title=form.title.data, theme=form.theme.data, request=courses.request_of(kept),
                         proposal=courses.proposal_of(kept), by=g.organizer.person)  # fmt: skip
            kept.content_version, kept.faults = checked
            if form.position.data is not None:
                courses.put_at(kept, form.position.data - 1, by=g.organizer.person)
    except CourseRefused as error:
        form.refuse(error)
        return False
    return True


@bp.post("/manage/<festival>/<edition>/walks/courses/<code>/publish")
def publish_course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Show it to visitors, or (`off`) take it away from them."""
    frames.committee(festival, edition, role=Role.STAFF)
    courses.get(g.edition, parts.check_code(code))
    if ActionForm().validate():
        with transaction():
            courses.publish(
                courses.get(g.edition, parts.check_code(code)),
                by=g.organizer.person,
                is_published="off" not in request.form,
            )
        flash(_("Saved."), "success")
    return redirect(url_for("walks_organizer.course", code=code, **parts.place_of(g.edition)), 303)


@bp.post("/manage/<festival>/<edition>/walks/courses/<code>/delete")
def delete_course(festival: str, edition: str, code: str) -> ResponseReturnValue:
    """Throw a course away."""
    frames.committee(festival, edition, role=Role.STAFF)
    courses.get(g.edition, parts.check_code(code))
    if ActionForm().validate():
        with transaction():
            courses.delete(courses.get(g.edition, parts.check_code(code)), by=g.organizer.person)
        flash(_("Deleted."), "success")
    return redirect(url_for("walks_organizer.streets", **parts.place_of(g.edition), _anchor="courses"), 303)
