"""Planning burns processor time. Everybody gets an answer, and nobody so much thought that others wait for it.

One day is thought about at a time in each process, for two would only slow each other down. Who would have to wait gets
the first good day instead, found in a few hundredths of a second; so does an address that has had its share of the last
minute, and only a flood is refused, with a sentence. What the page does of itself, thinking again for a better day, counts
like the rest.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventapp.i18n import RuleError, lazy

HASTY = 0.06  # seconds for all three proposals: the first good ones
WAIT = 0.4  # seconds that one waits for another's day
MINUTE = 60.0
SHARE = (
    40.0  # seconds of thought a minute and process that an address has: some thirty phones of a school class
)
MOST_ASKED = 240  # requests a minute and process
MOST_KNOWN = 10_000  # addresses


class TooManyPlans(RuleError):
    """This address asks faster than people can read."""


class Thinking:
    """Who has thought how long within the last minute, and who does now; one for each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._guard, self._busy = clock, threading.Lock(), threading.Lock()
        self._known: dict[str, deque[tuple[float, float]]] = {}

    @contextmanager
    def about(self, wanted: float, asker: str | None) -> Iterator[float]:
        """How many seconds to think, of those `wanted`; without an asker (the machine itself) nothing is counted.

        Raises TooManyPlans.
        """
        least = min(wanted, HASTY)
        has_share = asker is None or self._count(asker, wanted)
        is_free = has_share and self._busy.acquire(timeout=WAIT)
        try:
            yield wanted if is_free else least
        finally:
            if is_free:
                self._busy.release()

    def _count(self, asker: str, wanted: float) -> bool:
        """Note the request; whether the asker's share still holds it."""
        now = self._clock()
        with self._guard:
            if len(self._known) > MOST_KNOWN:
                self._known = {
                    name: asked for name, asked in self._known.items() if now - asked[-1][0] < MINUTE
                }
            asked = self._known.setdefault(asker, deque())
            while asked and now - asked[0][0] >= MINUTE:
                asked.popleft()
            if len(asked) >= MOST_ASKED:
                raise TooManyPlans(
                    lazy(
                        "So many days were planned from here within a minute that others would wait. Please try again in a minute."
                    )
                )
            has_share = sum(seconds for _when, seconds in asked) + wanted <= SHARE
            asked.append((now, wanted if has_share else HASTY))
        return has_share


thinking = Thinking()
