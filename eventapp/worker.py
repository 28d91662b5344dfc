"""The background worker: mail, long work, and what is due by the clock. `python -m eventapp.worker`

Nothing is kept here: mail and jobs are rows with leases, so the worker may stop at any moment, and several may run.
It looks every second; there is nothing to wake (docs/decisions/0005-worker.md).
"""

import logging
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import Flask, current_app

from eventapp import clock, create_app, jobs, outbox, postman
from eventapp.db import db, retrying, transaction
from eventapp.factories import uploaded
from eventapp.festivals import editions
from eventapp.people import erasing as people_erasing
from eventapp.stamps import erasing as stamps_erasing
from eventapp.stamps import posters
from eventapp.tours import calling_off, import_jobs, reservations
from eventapp.tours import erasing as tours_erasing
from eventapp.walks import course_jobs, extract_jobs, extracts, print_jobs
from eventapp.walks import erasing as walks_erasing
from eventapp.web.logs import write_masked

log = logging.getLogger("kouba.worker")
EVERY_SECOND, EVERY_MINUTE, EVERY_HOUR = 1.0, 60.0, 3600.0


def never() -> bool:
    """Nobody has told to stop."""
    return False


def deliver(app: Flask, is_over: Callable[[], bool] = never) -> int:
    """Send the mail that is due."""
    carrier = postman.carrier(app.config["MAIL"], Path(app.config["INSTANCE"]))
    sender = app.config["MAIL_FROM"] or "kouba@localhost"
    return outbox.deliver_due(
        lambda mail: carrier.send(postman.write(mail, app.jinja_env, sender=sender)), is_over=is_over
    )


def work(app: Flask, is_over: Callable[[], bool] = never) -> int:
    """Do the waiting jobs, one after the other."""
    done = 0
    while not is_over() and jobs.run_next(job_kinds()):
        done += 1
    return done


def job_kinds() -> dict[str, Callable[[jobs.Job], dict[str, object]]]:
    """Which function does which kind of long work."""
    instance = Path(current_app.config["INSTANCE"])
    folder = instance / uploaded.FOLDER
    return {
        import_jobs.PREVIEW: partial(import_jobs.preview, folder),
        import_jobs.IMPORT: partial(import_jobs.carry_out, folder),
        calling_off.KIND: calling_off.work,
        posters.KIND: partial(posters.draw, instance),
        posters.CARDS_KIND: partial(posters.draw_paper_cards, instance),
        extracts.READ: partial(extract_jobs.read, instance / extracts.FOLDER),
        print_jobs.KIND: partial(print_jobs.draw, instance / extracts.FOLDER),
    }


def minutely(app: Flask) -> int:
    """Give back what was held too long; open the editions whose first day has come."""

    def once() -> int:
        with transaction():
            return reservations.expire_due() + editions.start_due()

    courses = partial(course_jobs.recheck_due, Path(app.config["INSTANCE"]) / extracts.FOLDER)
    return retrying(once) + retrying(courses)


def hourly(app: Flask) -> int:
    """Forget visitors whose time of keeping is over, and old links, sign-ins and jobs."""

    def once() -> int:
        with transaction():
            return tours_erasing.forget_due() + stamps_erasing.forget_due()

    def sweep() -> int:
        with transaction():
            return people_erasing.sweep() + jobs.sweep() + walks_erasing.forget_due()

    forgotten = 0
    while count := retrying(once):
        forgotten += count
    return forgotten + retrying(sweep)


class Worker:
    """Threads that repeat until told to stop; a failure is logged and tried again at the next turn."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        turns: list[tuple[Callable[[Flask], int], float]] = [
            (self._deliver, EVERY_SECOND), (self._work, EVERY_SECOND), (minutely, EVERY_MINUTE), (hourly, EVERY_HOUR),
        ]  # fmt: skip
        self.threads = [
            threading.Thread(target=self._repeat, args=turn, name=turn[0].__name__) for turn in turns
        ]

    def _deliver(self, app: Flask) -> int:
        return deliver(app, self.stopping.is_set)

    def _work(self, app: Flask) -> int:
        return work(app, self.stopping.is_set)

    def _repeat(self, turn: Callable[[Flask], int], pause: float) -> None:
        while not self.stopping.is_set():
            with self.app.app_context():
                try:
                    turn(self.app)
                except Exception:
                    log.exception("%s failed; it is tried again", turn.__name__)
                finally:
                    db.session.remove()
            self.stopping.wait(pause)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; what was begun is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        for thread in self.threads:
            thread.start()
        log.info("working since %s", clock.now().isoformat())
        for thread in self.threads:
            thread.join()


if __name__ == "__main__":
    write_masked(logging.INFO)
    Worker(create_app()).run()
