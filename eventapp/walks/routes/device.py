"""What a visitor's own browser keeps in its signed cookie: the keys of its plans and of its list of hearts."""

from flask import session

from eventapp.festivals.models import Edition

PLANS, HEARTS = "plans", "hearts"
MOST_PLANS, MOST_LISTS = 12, 3  # a cookie is small


def plan_keys() -> dict[str, str]:
    """Keys of the plans made on this device, by the plan's code, the newest last."""
    kept = session.get(PLANS, {})
    return {code: key for code, key in kept.items() if isinstance(key, str)} if isinstance(kept, dict) else {}


def plan_key(code: str) -> str:
    """The key for a plan; empty on every other device."""
    return plan_keys().get(code, "")


def keep_plan(code: str, key: str) -> None:
    """This device may change the plan."""
    kept = {**{other: value for other, value in plan_keys().items() if other != code}, code: key}
    session[PLANS] = dict(list(kept.items())[-MOST_PLANS:])
    session.permanent = True


def forget_plan(code: str) -> None:
    """The plan is no longer this device's."""
    session[PLANS] = {other: value for other, value in plan_keys().items() if other != code}


def hearts(edition: Edition) -> tuple[str, str] | None:
    """Code and key of this device's list for an edition."""
    kept = session.get(HEARTS, {})
    found = kept.get(f"{edition.festival.slug}/{edition.slug}") if isinstance(kept, dict) else None
    return (str(found[0]), str(found[1])) if isinstance(found, list | tuple) and len(found) == 2 else None


def keep_hearts(edition: Edition, code: str, key: str) -> None:
    """This device's list for an edition."""
    name = f"{edition.festival.slug}/{edition.slug}"
    kept = session.get(HEARTS, {})
    before = (
        {other: value for other, value in kept.items() if other != name} if isinstance(kept, dict) else {}
    )
    session[HEARTS] = dict(list({**before, name: [code, key]}.items())[-MOST_LISTS:])
    session.permanent = True
