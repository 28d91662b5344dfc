"""What visitors of the rally do with their phones, for the browser tests."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from eventapp.db import db
from eventapp.stamps import posters, stations
from eventapp.stamps.models import Card, Poster, Rally, Scan, Stamp
from tests.e2e.waiting import wait_until

HOME = "/town/2026/stamps/"
Walk = Callable[..., BrowserContext]
Film = Callable[..., Browser]


def addresses(rally: Rally) -> list[str]:
    """What stands on the posters, in the order of the stations."""
    found = db.session.scalars(select(Poster).where(Poster.rally_id == rally.id).order_by(Poster.pid))
    return [posters.address_of(stations.token_of(one)) for one in found]


def scan_deeply(page: Page, address: str) -> None:
    """The phone's own camera opens the address of a poster."""
    page.goto(address)
    expect(page.locator("#moment")).to_be_visible()


def shut(page: Page) -> None:
    """Close the moment; after a poster's address the book opens."""
    page.locator("#moment [data-close]").tap()
    expect(page.locator("#rally, #scanner").first).to_be_attached()


def count(page: Page) -> Any:
    return page.locator("[data-part=count]").first


def stored() -> tuple[int, int, int]:
    """Cards, scans, stamps as the server has them."""
    db.session.rollback()
    cards, scans, stamps = (
        db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in (Card, Scan, Stamp)
    )
    return cards, scans, stamps


def is_ready_for_no_signal(page: Page) -> None:
    """The service worker has put away what it needs: the book, the scanner and all five stamps."""
    wait_until(
        page,
        """async () => {
      const cache = await caches.open('kouba-kept');
      const kept = (await cache.keys()).map(one => new URL(one.url).pathname);
      return kept.filter(one => one.endsWith('.svg')).length >= 5 && kept.some(one => one.endsWith('/scan')) && await caches.match('/s/') !== undefined;
    }""",
    )
