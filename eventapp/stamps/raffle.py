"""The prize draw of a rally: every card with enough stamps takes part, once, under a number that only its holder recognises."""

from hashlib import sha256

from sqlalchemy import func, select

from eventapp import audit, draws
from eventapp.db import NotThere, db
from eventapp.draws import Draw, DrawState
from eventapp.i18n import Translated
from eventapp.stamps import queries, timing
from eventapp.stamps.merging import presences
from eventapp.stamps.models import Card, Rally, Stamp, Status
from eventapp.stamps.rules import get_rules


def announce(
    rally: Rally, name: Translated, *, winners: int, needed: int, by: audit.Actor | str, beacon_name: str = ""
) -> Draw:
    """A draw among the cards with at least `needed` stamps; its commitment is public at once."""
    return draws.announce(festival_id=rally.edition.festival_id, about=about(rally), name=name, winners=winners,
                          rule={"needed": needed}, beacon_name=beacon_name, by=by)  # fmt: skip


def about(rally: Rally) -> str:
    return f"rally:{rally.id}"


def get_draw(rally: Rally, code: str) -> Draw:
    """A draw of this rally. Raises NotThere."""
    found = db.session.scalar(select(Draw).where(Draw.code == code, Draw.about == about(rally)))
    if found is None:
        raise NotThere(code)
    return found


def list_draws(rally: Rally) -> list[Draw]:
    return list(db.session.scalars(select(Draw).where(Draw.about == about(rally)).order_by(Draw.id)))


def freeze(draw: Draw, rally: Rally, *, by: audit.Actor | str) -> int:
    """Fix the entries: cards with enough good stamps and a way that somebody can have gone. Returns how many."""
    entries = [(entry_of(draw, card), 1) for card in _cards(rally, int(draw.rule.get("needed", 1)))]
    draws.freeze(draw, entries, by=by)
    return len(entries)


def _cards(rally: Rally, needed: int) -> list[Card]:
    counted = (
        select(Stamp.card_id)
        .where(Stamp.status == Status.OK)
        .group_by(Stamp.card_id)
        .having(func.count(Stamp.id) >= needed)
    )
    cards = db.session.scalars(
        select(Card).where(
            Card.rally_id == rally.id,
            Card.merged_into_id.is_(None),
            Card.deleted_at.is_(None),
            Card.id.in_(counted),
        )
    ).all()
    rules = get_rules(rally.id)
    stamps: dict[int, list[Stamp]] = {card.id: [] for card in cards}
    for stamp in db.session.scalars(
        select(Stamp).where(Stamp.card_id.in_(counted), Stamp.status == Status.OK)
    ):
        stamps.setdefault(stamp.card_id, []).append(stamp)
    return [card for card in cards if not timing.too_fast(presences(stamps[card.id], rules))]


def entry_of(draw: Draw, card: Card) -> str:
    """What this card is called in the published list of this draw: tells nothing, and differs from draw to draw."""
    return sha256(f"{draw.code}/{card.handle}".encode()).hexdigest()[:12]


def entries_of(draw: Draw, card: Card) -> list[str]:
    """The entries that belong to a card (after merging): its own, and those of the cards that went into it since."""
    group = db.session.scalars(select(Card).where((Card.id == card.id) | (Card.merged_into_id == card.id)))
    fixed = {name for name, _weight in draw.entries}
    return sorted(fixed & {entry_of(draw, one) for one in group.unique()})


def find_winners(draw: Draw, rally: Rally) -> list[Card]:
    """The cards that won, after merging, for the desk. Empty before the draw."""
    if draw.state != DrawState.DRAWN:
        return []
    names = {
        entry_of(draw, card): card
        for card in db.session.scalars(select(Card).where(Card.rally_id == rally.id))
    }
    return [queries.root_of(names[name]) for name in draw.winners if name in names]
