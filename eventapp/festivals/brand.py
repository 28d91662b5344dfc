"""What stays of a festival across its editions: names, its own word for "factory", accent, logo and cover."""

from typing import Any

from eventapp import audit
from eventapp.festivals import colours
from eventapp.festivals.editions import touch
from eventapp.festivals.models import Festival

SHOWN = ("name", "factory_word", "accent", "website")


def change(festival: Festival, values: dict[str, Any], *, by: audit.Actor | str) -> list[str]:
    """Save names and looks; returns the names of pictures that nothing shows any more. Raises ColourError.

    `values` may hold `logo` and `cover`: the name of a stored picture, or None to take it away.
    """
    before = {field: getattr(festival, field) for field in SHOWN}
    values = {**values, "accent": colours.check(values["accent"])}
    unused = [old for field in ("logo", "cover") if field in values and (old := getattr(festival, field))]
    for field, value in values.items():
        setattr(festival, field, value)
    festival.version += 1
    for edition in festival.editions:
        touch(edition)
    details = audit.change(before, {field: getattr(festival, field) for field in SHOWN})
    pictures = sorted(field for field in ("logo", "cover") if field in values)
    audit.record("festival.changed", f"festival:{festival.slug}", festival_id=festival.id, by=by,
                 details={**details, **({"pictures": pictures} if pictures else {})})  # fmt: skip
    return unused
