"""Model courses by the committee: made with the visitors' planner, and checked again whenever the edition changes."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import func, select

from eventapp import audit, clock
from eventapp.db import NotThere, db
from eventapp.festivals import editions
from eventapp.festivals.models import BOOKABLE, Edition
from eventapp.i18n import RuleError, Translated, lazy
from eventapp.walks.asking import PlanRequest, request_from_json
from eventapp.walks.models import Course
from eventapp.walks.proposal import Proposal, StopKind, proposal_from_json
from eventapp.walks.standing import Fault, standing_of

MOST = 40


class CourseRefused(RuleError):
    """The course cannot be like that. `field` names the form field it is about."""

    def __init__(self, message: object, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def save(
    course: Course | None,
    edition: Edition,
    *,
    title: Translated,
    theme: Translated,
    request: PlanRequest,
    proposal: Proposal,
    by: audit.Actor,
) -> Course:
    """Keep a proposal as a course, a new one where `course` is None."""
    if not title:
        raise CourseRefused(lazy("Give the course a title."), "title")
    if not any(stop.kind is not StopKind.LUNCH for stop in proposal.stops):
        raise CourseRefused(lazy("There is nothing to see in this course yet."))
    if course is None:
        count = (
            db.session.scalar(select(func.count()).select_from(Course).where(Course.edition_id == edition.id))
            or 0
        )
        if count >= MOST:
            raise CourseRefused(lazy("An edition has at most %(most)s courses.", most=MOST))
        course = Course(
            edition_id=edition.id, edition=edition, created_at=clock.now(), position=count, version=0
        )
        db.session.add(course)
    course.title, course.theme = title, theme
    course.request, course.result = request.as_json(), proposal.as_json()
    course.content_version, course.faults = proposal.content_version, []
    course.version += 1
    _changed(course, "course.saved", by)
    return course


def publish(course: Course, *, by: audit.Actor, is_published: bool = True) -> None:
    """Show it to visitors, or take it away from them."""
    course.is_published = is_published
    course.version += 1
    _changed(course, "course.published" if is_published else "course.withdrawn", by)


def put_at(course: Course, position: int, *, by: audit.Actor) -> None:
    """Another place in the list."""
    others = [one for one in find_all(course.edition) if one.id != course.id]
    others.insert(max(0, min(position, len(others))), course)
    for number, one in enumerate(others):
        one.position = number
    _changed(course, "course.moved", by)


def delete(course: Course, *, by: audit.Actor) -> None:
    """Throw it away."""
    _changed(course, "course.deleted", by)
    db.session.delete(course)


def _changed(course: Course, action: str, by: audit.Actor) -> None:
    editions.touch(course.edition)
    audit.record(
        action,
        f"edition:{course.edition.slug}",
        festival_id=course.edition.festival_id,
        by=by,
        details={"title": dict(course.title)},
    )


def find_all(edition: Edition) -> list[Course]:
    """Every course, in the committee's order."""
    return list(
        db.session.scalars(
            select(Course).where(Course.edition_id == edition.id).order_by(Course.position, Course.id)
        )
    )


def find_published(edition: Edition) -> list[Course]:
    """What visitors see: published, and nothing wrong with it when it was last looked at."""
    return [course for course in find_all(edition) if course.is_published and not course.faults]


def get(edition: Edition, code: str) -> Course:
    """A course of the edition, or NotThere."""
    course = db.session.scalar(select(Course).where(Course.code == code, Course.edition_id == edition.id))
    if course is None:
        raise NotThere(code)
    return course


def get_published(edition: Edition, code: str) -> Course:
    """A course that visitors may see, also one with a fault: it then says so. Or NotThere."""
    course = get(edition, code)
    if not course.is_published:
        raise NotThere(code)
    return course


def proposal_of(course: Course) -> Proposal:
    """The walk itself."""
    return proposal_from_json(course.result)


def request_of(course: Course) -> PlanRequest:
    """What it was made from: a visitor's own plan can begin with it."""
    return request_from_json(course.request)


def faults_of(course: Course, folder: Path) -> list[Fault]:
    """What no longer holds. A full slot is no fault of a course: the next visitor gets another one."""
    standing = standing_of(course.edition, proposal_of(course), party=1, folder=folder)
    return [fault for fault in standing.faults if fault.why != "full"]


def recheck(course: Course, faults: Sequence[Fault], content_version: int) -> None:
    """Note what `faults_of` found, against which version of the edition."""
    course.faults = [fault.as_json() for fault in faults]
    course.content_version = content_version


def find_due() -> list[tuple[Course, int]]:
    """Courses of editions still to come whose hours, slots or streets changed since they were looked at; with the version."""
    rows = db.session.execute(
        select(Course, Edition.content_version)
        .join(Edition, Edition.id == Course.edition_id)
        .where(Course.content_version != Edition.content_version, Edition.state.in_(BOOKABLE))
        .order_by(Course.id)
    )
    return [(course, version) for course, version in rows]
