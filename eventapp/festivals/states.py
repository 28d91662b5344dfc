"""What it means to bring an edition from one state into another, said before the button is pressed."""

from typing import NamedTuple

from eventapp.festivals.editions import moves
from eventapp.festivals.models import Edition, EditionState
from eventapp.i18n import lazy


class Move(NamedTuple):
    """One allowed step: the button, what follows from it, the question asked before, whether it is the way forward."""

    to: EditionState
    label: object
    meaning: object
    question: object
    forward: bool


MEANING: dict[EditionState, object] = {
    EditionState.DRAFT: lazy("Only the committee sees this edition."),
    EditionState.RECRUITING: lazy("Factories write their pages and hand them in. Visitors see nothing yet."),
    EditionState.PUBLISHED: lazy(
        "Everybody sees the pages, and reservations are taken from the time you set; at once if you set none."
    ),
    EditionState.RUNNING: lazy("The festival is on."),
    EditionState.CLOSED: lazy("The festival is over. The pages stay as an archive; nobody can book."),
}
_STEPS: dict[tuple[EditionState, EditionState], tuple[object, object]] = {
    (EditionState.DRAFT, EditionState.RECRUITING): (
        lazy("Start recruiting factories"), lazy("Factories that are invited can now write and hand in their pages."),
    ),
    (EditionState.DRAFT, EditionState.PUBLISHED): (
        lazy("Publish"), lazy("Everybody will see the pages, with every factory that takes part."),
    ),
    (EditionState.RECRUITING, EditionState.PUBLISHED): (
        lazy("Publish"), lazy("Everybody will see the pages, with every factory that takes part."),
    ),
    (EditionState.RECRUITING, EditionState.DRAFT): (
        lazy("Back to draft"), lazy("Recruiting stops. What factories have written is kept."),
    ),
    (EditionState.PUBLISHED, EditionState.RUNNING): (
        lazy("The festival begins"), lazy("This also happens by itself on the first day."),
    ),
    (EditionState.PUBLISHED, EditionState.CLOSED): (
        lazy("Close the edition"), lazy("Nobody can book any more, and every factory's texts and rules are kept as they are now."),
    ),
    (EditionState.PUBLISHED, EditionState.RECRUITING): (
        lazy("Take it off the web"), lazy("Visitors no longer find the pages. Reservations already made stay and their links keep working."),
    ),
    (EditionState.RUNNING, EditionState.CLOSED): (
        lazy("Close the edition"), lazy("Nobody can book any more, and every factory's texts and rules are kept as they are now."),
    ),
    (EditionState.RUNNING, EditionState.PUBLISHED): (
        lazy("Not running after all"), lazy("The edition is announced again, as before its first day."),
    ),
    (EditionState.CLOSED, EditionState.RUNNING): (
        lazy("Open it again"), lazy("For an edition closed by mistake: the archive is given up and the pages show today's texts."),
    ),
}  # fmt: skip


def allowed(edition: Edition) -> list[Move]:
    """The steps from here, the way forward first."""
    order = list(EditionState)
    here = order.index(edition.state)
    return [
        Move(to, *_STEPS[edition.state, to], lazy("Do it now?"), order.index(to) > here)
        for to in moves(edition)
    ]  # fmt: skip
