"""Model courses: made with the planner, checked again when the edition changes."""

from pathlib import Path

import pytest

from eventapp.db import NotThere, transaction
from eventapp.festivals import editions
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.walks import course_jobs, courses, planning
from eventapp.walks.courses import CourseRefused
from eventapp.walks.models import Course
from tests.builders import make_organizer, texts
from tests.walks.festival import ROUNDS, ask, forget_everything, make_trail

pytestmark = pytest.mark.usefixtures("app", "english")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_everything()


def make_course(edition: Edition, folder: Path, title: str = "金属") -> Course:
    request = ask()
    proposal = planning.one(edition, request, folder, rounds=ROUNDS)
    person = make_organizer(edition.festival)
    with transaction():
        course = courses.save(
            None,
            edition,
            title=texts(title),
            theme=texts("半日"),
            request=request,
            proposal=proposal,
            by=person,
        )
        courses.publish(course, by=person)
    return course


def test_a_course_is_seen_once_published_and_checked(tmp_path: Path) -> None:
    edition, entries = make_trail(3)
    course = make_course(edition, tmp_path)

    assert course_jobs.recheck_due(tmp_path) == 1
    assert course_jobs.recheck_due(tmp_path) == 0
    assert courses.find_published(edition) == [course]
    with transaction():
        entries[1].openings.clear()
        editions.touch(edition)
    assert course_jobs.recheck_due(tmp_path) == 1

    assert [fault["why"] for fault in course.faults] == ["closed"]
    assert courses.find_published(edition) == []
    assert courses.get_published(edition, course.code) is course


def test_courses_have_an_order_a_title_and_something_to_see(tmp_path: Path) -> None:
    edition, _entries = make_trail(2)
    first, second = make_course(edition, tmp_path, "一"), make_course(edition, tmp_path, "二")
    person = make_organizer(edition.festival)

    with transaction():
        courses.put_at(second, 0, by=person)
    assert courses.find_all(edition) == [second, first]
    proposal, request = courses.proposal_of(first), courses.request_of(first)
    with pytest.raises(CourseRefused, match="title"), transaction():
        courses.save(
            first,
            edition,
            title=Translated({}),
            theme=texts("x"),
            request=request,
            proposal=proposal,
            by=person,
        )
    with transaction():
        courses.publish(first, by=person, is_published=False)
        courses.delete(second, by=person)
    with pytest.raises(NotThere):
        courses.get_published(edition, first.code)
    assert courses.find_all(edition) == [first]
