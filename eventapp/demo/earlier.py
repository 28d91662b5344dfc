"""What stands beside this year's festival: last year's edition as an archive, and a small festival of kilns elsewhere."""

from datetime import date, time, timedelta

from sqlalchemy import select

from eventapp import clock
from eventapp.db import db
from eventapp.demo.sayings import both
from eventapp.factories import entries, freezing, profiles
from eventapp.factories.hours import Stretch
from eventapp.factories.models import Degree, Entry, EntryState, Photography, PointKind
from eventapp.festivals import editions, founding
from eventapp.festivals.models import Edition, EditionState, Festival, Style
from eventapp.i18n import Translated
from eventapp.people.models import Person
from eventapp.tours import programmes, slots
from eventapp.tours.models import EntryMode, Kind
from eventapp.tours.programmes import Details
from eventapp.tours.slots import Offer

OPEN = (Stretch(time(10), time(12)), Stretch(time(13), time(16)))
TOUR = both("工場見学", "Factory tour")
FIRST_YEAR = both(
    "はじめての開催です。{count}の工場が戸を開けました。",
    "The first time: {count} factories opened their doors.",
)
KILNS = (
    ("akatsuchi", both("赤土窯", "Akatsuchi Kiln"), "あかつちがま", both("急須と湯のみ", "Teapots and cups"),
     both("登り窯の火の番を三日三晩、家族で交代します。", "For three days and nights the family takes turns at the climbing kiln."), 34.9012, 136.0721),
    ("hikage", both("日かげ窯", "Hikage Kiln"), "ひかげがま", both("灰釉の皿", "Ash-glazed plates"),
     both("谷のいちばん奥。灰は裏山の栗の木から取ります。", "At the very end of the valley; our ash comes from the chestnuts behind the house."), 34.9047, 136.0755),
    ("mizukuchi", both("水口陶房", "Mizukuchi Pottery"), "みずくちとうぼう", both("土鍋と飯碗", "Clay pots and rice bowls"),
     both("土は自分たちで掘り、二年ねかせてから使います。", "We dig our own clay and let it rest for two years."), 34.8989, 136.0684),
)  # fmt: skip


def fill(festival: Festival, this_year: Edition, owner: Person, *, kiln: str | None) -> None:
    """Both of them. `kiln` is the name of a stored picture for the other festival's cover."""
    day = this_year.dates[0] - timedelta(days=364)  # the same day of the week
    with clock.stopped_at(clock.now() - timedelta(days=420)):
        archive = _archive(festival, day, owner)
    with clock.stopped_at(
        max(clock.at(day + timedelta(days=8), time(9), archive.zone), clock.now() - timedelta(days=419))
    ):
        freezing.freeze_all(archive)
        editions.move(archive, EditionState.CLOSED, by=owner)
    with clock.stopped_at(clock.now() - timedelta(days=30)):
        _kilns(this_year.dates[0] + timedelta(days=35), owner, kiln)


def _archive(festival: Festival, day: date, owner: Person) -> Edition:
    """Last year: every other factory, one tour each."""
    archive = _edition(festival, str(day.year), both(f"{day.year}年", str(day.year)), [day], owner)
    took_part = [entry for entry in _entries(festival) if entry.factory.id % 2]
    archive.tagline = both("はじめての、音さがし。", "Listening for the first time.")
    archive.introduction = Translated(
        {code: words.format(count=len(took_part)) for code, words in FIRST_YEAR.items()}
    )
    for entry in took_part:
        _open(entries.join(entry.factory, archive, by=owner, state=EntryState.ACCEPTED), owner, capacity=8)
    editions.move(archive, EditionState.PUBLISHED, by=owner)
    return archive


def _entries(festival: Festival) -> list[Entry]:
    return list(
        db.session.scalars(
            select(Entry).join(Entry.edition).where(Edition.festival_id == festival.id).order_by(Entry.id)
        )
    )


def _edition(festival: Festival, slug: str, name: Translated, dates: list[date], owner: Person) -> Edition:
    return editions.create(
        festival, slug=slug, name=name, style=Style.CIRCUIT, dates=dates, zone_name="Asia/Tokyo", by=owner
    )


def _open(entry: Entry, owner: Person, *, capacity: int, title: Translated = TOUR) -> None:
    """Doors open on every day, and a tour in the morning and in the afternoon."""
    edition = entry.edition
    entries.set_openings(entry, dict.fromkeys(edition.dates, OPEN), by=owner)
    details = Details(
        kind=Kind.TOUR, entry_mode=EntryMode.BOOKING, title=title, duration_minutes=50, languages=["ja"]
    )
    programme = programmes.create(edition, details, entry=entry, by=owner)
    starts = [
        clock.at(day, start, edition.zone) for day in edition.dates for start in (time(10, 30), time(14))
    ]
    slots.generate(programme, starts, Offer(capacity), by=owner)
    programmes.publish(programme, by=owner)


def _kilns(day: date, owner: Person, cover: str | None) -> None:
    """A festival of three kilns with a word of its own for "factory"."""
    name = both("白萩谷 窯元めぐり", "Shirahagi Valley Kiln Walk")
    festival = founding.found("shirahagi", name=name, factory_word=both("窯元", "kiln"), by=owner)
    festival.accent, festival.is_demo, festival.cover = "#2f6b52", True, cover
    edition = _edition(
        festival, str(day.year), both(f"{day.year}年", str(day.year)), [day, day + timedelta(days=1)], owner
    )
    edition.tagline = both("三つの窯と、一本の道。", "Three kilns along one road.")
    edition.introduction = both(
        "この谷と窯元も、見本のためにつくった架空のものです。", "This valley and its kilns are made up, too."
    )
    edition.contact_email = "shirahagi@example.jp"
    edition.lat, edition.lon = KILNS[0][-2:]
    for slug, title, kana, products, story, lat, lon in KILNS:
        values = {
            "name": title, "kana": kana, "craft": "ceramics", "products": products, "story": story, "lat": lat, "lon": lon,
            "point": PointKind.EXACT, "address": both("白萩谷", "Shirahagi Valley"), "area": both("白萩谷", "Shirahagi Valley"),
            "email": f"{slug}@example.jp", "min_age": 0, "guardian_below": 10, "languages": ["ja"], "step_free": Degree.PARTLY,
            "photography": Photography.YES, "toilet": True, "under_roof": True, "noise": 0,
        }  # fmt: skip
        factory = profiles.create(festival, values, slug=slug, by=owner)
        entry = entries.join(factory, edition, by=owner, state=EntryState.ACCEPTED)
        _open(entry, owner, capacity=6, title=both("窯場の見学", "A look into the kiln"))
    editions.move(edition, EditionState.PUBLISHED, by=owner)
