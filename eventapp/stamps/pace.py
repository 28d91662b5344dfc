"""How fast a card may collect: ten stamps at once, then one in five seconds.

Nobody walks faster than that, and whoever holds a sheet of copied posters has to sit and wait. It never refuses: what is too
much gets no answer yet, so the phone keeps it and sends it again. Stamps count by the time of their scan, so a morning
without a signal comes in at once; and as only the server's clock must have moved on, a phone whose clock has jumped, and whose
scans seem to be all of one moment, gets every stamp too, a little later.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

EVERY, BURST = timedelta(seconds=5), 10


def free_at(times: Iterable[datetime]) -> datetime | None:
    """When a card with stamps of these times may have the next one. None: at once."""
    ordered = sorted(times)
    if len(ordered) < BURST:
        return None
    paid_until = ordered[0]
    for moment in ordered:
        paid_until = max(paid_until, moment) + EVERY
    return paid_until - EVERY * (BURST - 1)


def seconds_until(moment: datetime, now: datetime) -> int:
    """Whole seconds, at least one: to come again then is not too early."""
    return max(1, -((now - moment) // timedelta(seconds=1)))
