"""The worker looks at model courses again when hours, slots or streets have changed."""

from pathlib import Path

from eventapp.db import db, transaction
from eventapp.walks import courses
from eventapp.walks.models import Course


def recheck_due(folder: Path) -> int:
    """Check every course whose edition changed; looking happens outside the transaction. Returns how many."""
    looked = [
        (course.id, version, courses.faults_of(course, folder)) for course, version in courses.find_due()
    ]
    if not looked:
        return 0
    with transaction():
        for course_id, version, faults in looked:
            course = db.session.get(Course, course_id)
            if course is not None:
                courses.recheck(course, faults, version)
    return len(looked)
