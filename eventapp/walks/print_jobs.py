"""The worker makes the printed map as a PDF: Typst takes seconds and memory, which web processes do not have."""

from pathlib import Path
from typing import Any

from eventapp import jobs
from eventapp.db import db
from eventapp.festivals.models import Edition
from eventapp.i18n import language, use_language
from eventapp.jobs import Job, progress
from eventapp.walks import courses, printing, sheet

KIND = "walks.map"


def start(edition: Edition, *, size: str, url: str, person_id: int | None, course: str = "") -> Job:
    """Ask for the map of all factories, or of a course by its code, in the reader's language."""
    if size not in sheet.PAPERS:
        raise ValueError(f"not a paper: {size!r}")
    values = {"edition": edition.id, "size": size, "url": url, "course": course, "language": language()}
    return jobs.start(KIND, values, festival_id=edition.festival_id, person_id=person_id)


def draw(folder: Path, job: Job) -> dict[str, Any]:
    """Do the job; the result names the file under instance/walks."""
    values = job.values
    edition = db.session.get(Edition, values["edition"])
    if edition is None:
        return {}
    progress(job, 0, 1)
    with use_language(values["language"]):
        course = courses.get(edition, values["course"]) if values["course"] else None
        content = printing.map_pdf(
            edition,
            size=values["size"],
            url=values["url"],
            title=str(course.title) if course else "",
            proposal=courses.proposal_of(course) if course else None,
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name_of(job)).write_bytes(content)
    progress(job, 1, 1)
    return {"file": name_of(job)}


def name_of(job: Job) -> str:
    """The file of a job."""
    return f"map-{job.code}.pdf"
