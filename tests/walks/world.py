"""What the world of tests/world.py holds of this room: a plan, hearts, a model course, a line, a feed, a printed map, streets."""

import io
from pathlib import Path

from flask import Flask

from eventapp import jobs
from eventapp.db import db, transaction
from eventapp.factories.models import Entry
from eventapp.festivals.models import Edition
from eventapp.i18n import Translated
from eventapp.jobs import JobState
from eventapp.people.models import Person
from eventapp.tours.models import Slot
from eventapp.walks import courses, extract_jobs, extracts, hearts, lines, planning, plans, print_jobs
from tests.builders import texts
from tests.visiting import Visitor
from tests.walks.festival import ask
from tests.walks.test_gtfs import pack
from tests.walks.towns import ACROSS, DOWN, LAT, LON, Town

KEY = "_plan_key"  # among the world's values: what the device that made the plan has in its cookie
ROUNDS = 20


def fill_walks(app: Flask, edition: Edition, entry: Entry, slot: Slot, by: Person) -> dict[str, str]:
    """Build it; returns the codes by the names that tests/world.py knows them by."""
    folder = Path(app.config["INSTANCE"]) / extracts.FOLDER
    extract = _streets(edition, folder, by)
    wishes = (f"slot:{slot.code}",)
    asked = ask(f"factory:{entry.code}", must=wishes)
    proposal = planning.one(edition, asked, folder, rounds=ROUNDS)
    with transaction():
        saved = plans.save(edition, asked, planning.with_lines(edition, asked, proposal, folder))
        marked = hearts.create(edition, [f"factory:{entry.code}", f"programme:{slot.programme.code}"])
        course = courses.save(None, edition, title=texts("半日", "Half a day"), theme=texts("駅から", "From the station"),
                              request=asked, proposal=proposal, by=by)  # fmt: skip
        courses.publish(course, by=by)
        stops = [
            {"name": {"ja": name}, "lat": LAT, "lon": LON + 0.01 * at}
            for at, name in enumerate(("駅", "工場"))
        ]
        line = lines.save_timetable(None, edition, name=texts("無料バス", "Free bus"), note=Translated({}), stops=stops,
                                    trips=[["10:00", "10:10"]], by=by)  # fmt: skip
    return {"_plan": saved.plan.code, KEY: saved.key, "_hearts": marked.list.code, "_walk": course.code, "_line": line.code,
            "_feed": _feed(edition, by), "_sheet": _sheet(edition, folder, by), "_extract": extract, "size": "A4"}  # fmt: skip


def _streets(edition: Edition, folder: Path, by: Person) -> str:
    """One street past the factory and the places, read."""
    folder.mkdir(parents=True, exist_ok=True)
    town = Town(folder)
    for name, lat, lon in (("a", 35.5595, 139.7095), ("b", 35.562, 139.713), ("c", 35.565, 139.7145)):
        town.node(name, (lon - LON) * ACROSS, (lat - LAT) * DOWN)
    town.way("abc", highway="residential")
    with io.BytesIO(town.text().encode()) as file:
        upload = extracts.keep_upload(file, folder)
    with transaction():
        code = extracts.enter(edition, upload, "town.osm", by=by).code
    jobs.run_next({extracts.READ: lambda job: extract_jobs.read(folder, job)})
    return code


def _feed(edition: Edition, by: Person) -> str:
    stops = "stop_id,stop_name,stop_lat,stop_lon\na,駅前,35.5605,139.7105\nb,工業団地,35.5645,139.7145\n"
    found, sha256 = lines.read_upload(edition, pack(stops=stops))
    with transaction():
        return lines.save_feed(edition, found, sha256, "bus.zip", by=by).code


def _sheet(edition: Edition, folder: Path, by: Person) -> str:
    """A map that the worker has printed."""
    with transaction():
        job = print_jobs.start(edition, size="A4", url="https://example.jp", person_id=by.id)
        db.session.flush()
        job.state, job.result = JobState.DONE, {"file": print_jobs.name_of(job)}
        name, code = print_jobs.name_of(job), job.code
    (folder / name).write_bytes(b"%PDF-1.7\n")
    return code


def carry_plan(visitor: Visitor, values: dict[str, str]) -> Visitor:
    """This browser is the device that the plan was made on."""
    with visitor.client.session_transaction() as session:
        session["plans"] = {values["_plan"]: values[KEY]}
    return visitor
