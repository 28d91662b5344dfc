"""What a visitor of a programme must know before coming, in plain words: the factory's rules, the programme's own first."""

from collections.abc import Iterator
from typing import NamedTuple

from eventapp.factories.freezing import AsItWas, shown_factory
from eventapp.factories.models import Factory, Photography
from eventapp.factories.words import LANGUAGES, NOISE, PHOTOGRAPHY, STEP_FREE, STROLLER
from eventapp.festivals.models import EditionState
from eventapp.i18n import lazy, ngettext
from eventapp.tours.models import Programme


class VisitRule(NamedTuple):
    """One line: an icon of ours, what it is about, what holds."""

    icon: str
    label: object
    text: object


PHOTO_ICONS = {Photography.YES: "photo-yes", Photography.AREAS: "photo-areas", Photography.NO: "photo-no"}


def visit_rules(programme: Programme) -> list[VisitRule]:
    """Everything that has been said; what nobody has said yet is left out."""
    factory = _factory_of(programme)
    lines = [*_who(programme, factory), *_spoken(programme, factory)]
    if factory is not None:
        lines += [*_how(factory), *_place(factory), *_papers(factory)]
    return lines


def _factory_of(programme: Programme) -> Factory | AsItWas | None:
    """The host, as it was if the edition is closed; what was frozen is read only then."""
    if programme.entry is None:
        return None
    return (
        shown_factory(programme.entry)
        if programme.edition.state == EditionState.CLOSED
        else programme.entry.factory
    )


def factory_rules(factory: Factory | AsItWas) -> list[VisitRule]:
    """What holds for every visit to a factory, whatever it offers."""
    return [
        *_who(None, factory),
        *_spoken(None, factory),
        *_how(factory),
        *_place(factory),
        *_papers(factory),
    ]


def _who(programme: Programme | None, factory: Factory | AsItWas | None) -> Iterator[VisitRule]:
    youngest = _first(programme.min_age if programme else None, factory.min_age if factory else None)
    guarded = _first(
        programme.guardian_below if programme else None, factory.guardian_below if factory else None
    )
    if youngest == 0:
        yield VisitRule("age", lazy("Age"), lazy("Everybody is welcome"))
    elif youngest is not None:
        yield VisitRule("age", lazy("Age"), ngettext("From %(num)d year", "From %(num)d years", youngest))
    if guarded:
        yield VisitRule(
            "companion", lazy("Children"), lazy("Under %(age)s only together with a grown-up", age=guarded)
        )
    if factory is not None and factory.infants_take_place is not None:
        takes = lazy("Babies count as people, too: please include them in the number of people")
        free = lazy("Babies on the arm take no place: please do not count them")
        yield VisitRule("nappy", lazy("Babies"), takes if factory.infants_take_place else free)


def _first(own: int | None, otherwise: int | None) -> int | None:
    return own if own is not None else otherwise


def _spoken(programme: Programme | None, factory: Factory | AsItWas | None) -> Iterator[VisitRule]:
    spoken = (programme.languages if programme else None) or (factory.languages if factory else [])
    if spoken:
        yield VisitRule(
            "language", lazy("Languages"), " / ".join(str(LANGUAGES.get(code, code)) for code in spoken)
        )


def _how(factory: Factory | AsItWas) -> Iterator[VisitRule]:
    if factory.shoes:
        yield VisitRule("shoes", lazy("Shoes"), factory.shoes)
    if factory.clothes:
        yield VisitRule("clothes", lazy("Clothes"), factory.clothes)
    if factory.photography is not None:
        words, note = PHOTOGRAPHY[factory.photography], factory.photography_note
        yield VisitRule(
            PHOTO_ICONS[factory.photography], lazy("Photos"), f"{words} ({note})" if note else words
        )
    if factory.noise is not None:
        yield VisitRule("noise", lazy("Noise"), NOISE[factory.noise])


def _place(factory: Factory | AsItWas) -> Iterator[VisitRule]:
    if factory.step_free is not None:
        yield VisitRule("step-free", lazy("Steps"), STEP_FREE[factory.step_free])
    if factory.stroller is not None:
        yield VisitRule("stroller", lazy("Strollers"), STROLLER[factory.stroller])
    if factory.under_roof is not None:
        under, open_air = lazy("Under a roof"), lazy("In the open air: please dress for the weather")
        yield VisitRule("roof", lazy("Weather"), under if factory.under_roof else open_air)
    if factory.toilet is not None:
        with_table, plain = lazy("Yes, with a nappy-changing table"), lazy("Yes")
        there = with_table if factory.nappy_change else plain
        yield VisitRule("toilet", lazy("Toilet"), there if factory.toilet else lazy("None for visitors"))


def _papers(factory: Factory | AsItWas) -> Iterator[VisitRule]:
    if factory.insurance_list:
        yield VisitRule(
            "insurance",
            lazy("Insurance"),
            lazy("The names of everybody are needed for the visitors' insurance"),
        )
    if factory.no_same_trade:
        yield VisitRule("lock", lazy("Same trade"), lazy("Not open to people who work in the same trade"))
