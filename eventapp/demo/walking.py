"""The demo's streets, read as an uploaded extract would be, and two model courses made with the visitors' planner."""

from datetime import time
from pathlib import Path

from sqlalchemy import select

from eventapp import jobs
from eventapp.db import db, transaction
from eventapp.demo.kinds import Text, Town
from eventapp.demo.osm import write_osm
from eventapp.demo.town import geojson_layers
from eventapp.factories.models import Craft
from eventapp.festivals.models import Edition, Festival
from eventapp.i18n import Translated
from eventapp.people.models import Person
from eventapp.walks import courses, extract_jobs, extracts, lines, planning
from eventapp.walks.asking import DayWish, Pace, PlanRequest, show_time
from eventapp.walks.proposal import Proposal
from eventapp.walks.questions import PlanningError

CREDIT = "Kouba demo · つちみ / Tsuchimi"  # a town that nobody surveyed
ROUNDS = 150  # of the planner, so that the courses are the same everywhere
METAL = (Craft.CUTTING, Craft.PRESS, Craft.CASTING, Craft.FORGING, Craft.PLATING, Craft.WELDING, Craft.BLADES)
CHILDREN = Translated({"ja": "子どもと半日コース", "en": "Half a day with children"})
CHILDREN_THEME = Translated(
    {
        "ja": "未就学のお子さまと、近くの工場をゆっくりまわります。",
        "en": "Close together and at an easy pace, for children from four years on.",
    }
)
SPARKS = Translated({"ja": "金属の火花コース", "en": "A day of metal and sparks"})
SPARKS_THEME = Translated(
    {
        "ja": "削る、打つ、溶かす。金属加工の工場をたっぷり1日でめぐります。",
        "en": "Turning, forging, casting: a full day among the town's metal workers.",
    }
)
LOOP = {
    "bus-station-north": 0, "bus-kamasaka": 5, "bus-shinsuzu": 11, "bus-kawahigashi": 14, "bus-kawahigashi3": 16, "bus-danchi-higashi": 18,
    "bus-wataba": 22, "bus-ekiminami": 28, "bus-tajiri": 32,
}  # fmt: skip
"""Minutes after nine of the loop bus at each stop, as the stops' own notes say; it ends where it began, after 38."""
EVERY, ROUND, FIRST, LAST = 20, 38, 9 * 60, 17 * 60
SELDOM = {"bus-wataba", "bus-tajiri"}  # every other bus


def fill(town: Town, instance: Path, slug: str, email: str) -> None:
    """Streets first, for the courses walk on them. What was interrupted is done by the worker or by hand."""
    folder = instance / extracts.FOLDER
    _read_streets(town, folder, slug, email)
    _type_in_the_bus(town, slug, email)
    edition = _edition(slug)
    day = edition.dates[0]
    small = PlanRequest(
        (DayWish(day, time(10), time(13)),),
        party=3,
        youngest=4,
        profile="relaxed",
        pace=Pace.EASY,
        lunch=False,
    )
    large = PlanRequest((DayWish(day, time(10), time(16, 30)),), crafts=tuple(craft.value for craft in METAL))
    _add_course(slug, email, folder, small, CHILDREN, CHILDREN_THEME)
    _add_course(slug, email, folder, large, SPARKS, SPARKS_THEME)


def _edition(slug: str) -> Edition:
    return db.session.scalars(
        select(Edition).join(Festival).where(Festival.slug == slug).order_by(Edition.id).limit(1)
    ).one()


def _person(email: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def _read_streets(town: Town, folder: Path, slug: str, email: str) -> None:
    """As an upload by the committee; the drawn map stays the town's own, which nobody else has drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "demo.osm"
    write_osm(town, path)
    with path.open("rb") as stream:
        upload = extracts.keep_upload(stream, folder)
    path.unlink()
    with transaction():
        extracts.enter(_edition(slug), upload, "tsuchimi.osm", by=_person(email))
    jobs.run_next({extracts.READ: lambda job: extract_jobs.read(folder, job)})
    with transaction():
        _edition(slug).base_map = {**geojson_layers(town), "credit": CREDIT}


def _type_in_the_bus(town: Town, slug: str, email: str) -> None:
    """The loop bus, as the committee types it from the notice at the stop."""
    known = {place.key: place for place in town.places}
    stops = [*LOOP, next(iter(LOOP))]
    after = [*LOOP.values(), ROUND]
    trips = [
        [
            "" if key in SELDOM and number % 2 else show_time(time(*divmod(begin + minutes, 60)))
            for key, minutes in zip(stops, after, strict=True)
        ]
        for number, begin in enumerate(range(FIRST, LAST, EVERY))
    ]
    with transaction():
        lines.save_timetable(
            None,
            _edition(slug),
            name=Translated({"ja": "循環バス", "en": "Loop bus"}),
            note=Translated({"ja": "一日券300円", "en": "Day ticket 300 yen"}),
            stops=[
                {"name": stop_name(known[key].name), "lat": known[key].point.lat, "lon": known[key].point.lon}
                for key in stops
            ],
            trips=trips,
            by=_person(email),
        )


def stop_name(name: Text) -> dict[str, str]:
    """Of the stop alone: the line is named beside it."""
    return {"ja": name.ja.removeprefix("循環バス "), "en": name.en.removeprefix("Loop bus: ")}


def _add_course(
    slug: str, email: str, folder: Path, request: PlanRequest, title: Translated, theme: Translated
) -> None:
    proposal = _plan(_edition(slug), request, folder)
    if proposal is None:
        return
    with transaction():
        by = _person(email)
        course = courses.save(
            None, _edition(slug), title=title, theme=theme, request=request, proposal=proposal, by=by
        )
        courses.publish(course, by=by)


def _plan(edition: Edition, request: PlanRequest, folder: Path) -> Proposal | None:
    try:
        found = planning.one(edition, request, folder, rounds=ROUNDS)
    except PlanningError:
        return None  # a demo filled late at night has no such day
    return planning.with_lines(edition, request, found, folder)
