"""Every route, walked by people who have no business there: nobody reads another's bytes, nothing changes by itself.

A page that everybody may see is named in PUBLIC. A new route is refused to strangers by default, or this test is red.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.routing import Rule

from eventapp.db import db
from tests.visiting import Page, Visitor
from tests.walks.world import carry_plan
from tests.world import World, fill, make_world, rules

PUBLIC = {
    "static", "pages.health", "pages.media", "pages.card", "festivals.index", "festivals.current", "festivals.home", "festivals.theme",
    "festivals.privacy", "festivals.calendar", "festivals.robots", "festivals.sitemap", "factories.factory", "factories.calendar",
    "factories.take_me", "tours.whats_on", "tours.timetable", "tours.map", "tours.map_base", "tours.map_pins", "tours.map_script",
    "tours.slot", "tours.book", "tours.basket", "tours.add_to_basket", "tours.remove_from_basket", "tours.book_basket",
    "tours.my_reservations", "tours.mail_links", "account.sign_in", "account.enter_code", "account.forgotten", "account.link_sent",
    "stamps.home", "stamps.art", "stamps.picture", "stamps.prize_picture", "stamps.codes_start", "stamps.poster", "stamps.stamp", "stamps.short_code",
    "stamps.scan", "stamps.scanner_worker", "stamps.service_worker", "stamps.offline", "stamps.web_manifest", "stamps.sync",
    "stamps.manifest", "stamps.here", "stamps.card", "stamps.move", "stamps.join", "stamps.claim", "stamps.delete",
    "stamps.recover", "stamps.take_along", "stamps.merge", "stamps.certificates", "stamps.by_pin", "stamps_draw.draw", "stamps_draw.published", "stamps_draw.checker",
    "walks.course_list", "walks.course", "walks.course_map", "walks.take_course", "walks.day", "walks.choose", "walks.near",
    "walks.heart_list", "walks.change_hearts", "walks.shared_hearts", "walks.plan", "walks.plan_map", "walks.plan_gpx",
    "walks.plan_calendar", "walks.plan_drawing", "walks.course_drawing", "walks.map_drawing", "walks.tile",
}  # fmt: skip
SCANNER = {
    "stamps.scan",
    "stamps.scanner_worker",
    "stamps.short_code",
}  # may run WebAssembly, and use the camera
BY_SECRET_LINK = (
    "tours.",
    "account.link",
    "account.use_link",
    "stamps_staff.enrol",
    "stamps_staff.use_link",
)  # the address is the permission
BY_DEVICE = "stamps_staff."  # an enrolled phone is let in by its key, and nobody by signing in
BY_OWN_KEY = {  # changed only by the device that made the plan, whoever signed in on it
    "walks.add_stop", "walks.plan_again", "walks.plan_around", "walks.book_day", "walks.forget_plan", "walks.change_stop",
}  # fmt: skip
OWN_ACCOUNT = "account."  # one's own things; there is nobody else's in the address


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST"})


def with_token(visitor: Visitor) -> str:
    """A token that fits this browser's session, so that only permission can be what refuses."""
    app = visitor.app
    with visitor.client.session_transaction() as session:
        session.setdefault("csrf_token", "a value of the session")
        value = session["csrf_token"]
    return str(URLSafeTimedSerializer(app.config["WTF_CSRF_SECRET_KEY"], salt="wtf-csrf-token").dumps(value))


def ask(visitor: Visitor, method: str, address: str) -> Page:
    data = {"csrf_token": with_token(visitor)} if method == "POST" else None
    return visitor.send(method, address, follow=False, data=data)


def is_closed(rule: Rule) -> bool:
    if rule.endpoint in PUBLIC | BY_OWN_KEY or rule.endpoint in BY_SECRET_LINK or rule.rule.startswith("/r/"):
        return False
    return not rule.endpoint.startswith(OWN_ACCOUNT)


def test_strangers_get_the_same_nothing_everywhere(app: Flask, world: World) -> None:
    people = {"anonymous": None, "another festival's owner": world.other_owner, "another factory's member": world.other_member,
              "removed": world.removed}  # fmt: skip
    walked, wrong = 0, []
    for name, person in people.items():
        visitor = Visitor(app, language="en")
        if person is not None:
            visitor.sign_in(person)
        for rule in rules(app):
            address = fill(world, rule)
            if address is None or not is_closed(rule):
                continue
            for method in methods(rule):
                page = ask(visitor, method, address)
                walked += 1
                expected = (303,) if person is None and not rule.endpoint.startswith(BY_DEVICE) else (404,)
                body = page.response.get_data(as_text=True)
                if page.status not in expected or "SECRET" in body or "DRAFT" in body:
                    wrong.append((name, method, address, page.status))
    assert wrong == []
    assert walked > 300


def test_a_plan_is_changed_by_its_own_device_only(app: Flask, world: World) -> None:
    before = digest(app)
    for person in (None, world.owner, world.other_member):
        visitor = Visitor(app).sign_in(person) if person else Visitor(app)
        if person:
            before = digest(app)  # signing in leaves a row
        for rule in rules(app):
            if rule.endpoint in BY_OWN_KEY:
                assert ask(visitor, "POST", fill(world, rule) or "").status == 404, rule.endpoint
        assert digest(app) == before


def test_public_pages_hold_nothing_secret_and_no_drafts(app: Flask, world: World) -> None:
    wrong, walked = [], 0
    for person in (None, world.other_member, world.removed):
        visitor = Visitor(app)
        if person is not None:
            visitor.sign_in(person)
        for rule in rules(app):
            address = fill(world, rule)
            if address is None or rule.endpoint not in PUBLIC or "GET" not in methods(rule):
                continue
            page = ask(visitor, "GET", address)
            walked += 1
            body = page.response.get_data(as_text=True)
            if page.status >= 400 or "SECRET" in body or "DRAFT" in body:
                wrong.append((address, page.status))
    assert [one for one in wrong if "/media/" not in one[0] and one[0] != "/account/code"] == []
    assert walked > 60


def test_town_hall_and_sponsors_read_no_visitors_data_and_change_nothing(app: Flask, world: World) -> None:
    visitor, wrong = Visitor(app).sign_in(world.reader), []
    for rule in rules(app):
        address = fill(world, rule)
        if address is None or not is_closed(rule):
            continue
        for method in methods(rule):
            page = ask(visitor, method, address)
            body = page.response.get_data(as_text=True)
            personal = any(
                word in body for word in ("SECRET 花子", "SECRET-visitor", "SECRET-bus", "090-9999-0000")
            )
            if personal or (method == "POST" and page.status != 404):
                wrong.append((method, address, page.status))
    assert wrong == []


def digest(app: Flask) -> str:
    """A fingerprint of everything stored, save for when a browser was last seen."""
    db.session.rollback()
    sums = hashlib.sha256()
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            columns = [column for column in table.c if column.name != "seen_at"]
            for row in connection.execute(select(*columns).order_by(*table.primary_key)):
                sums.update(repr(tuple(row)).encode())
    return sums.hexdigest()


def insiders(world: World) -> Iterator[Any]:
    yield from (world.owner, world.member, None)


def test_get_changes_nothing(app: Flask, world: World) -> None:
    browsers = [Visitor(app).sign_in(person) if person else Visitor(app) for person in insiders(world)]
    carry_plan(browsers[-1], world.values)
    before, broken = digest(app), []
    for visitor in browsers:
        for rule in rules(app):
            address = fill(world, rule)
            if address and "GET" in methods(rule):
                page = ask(visitor, "GET", address)
                if page.status >= 500:
                    broken.append((address, page.status))
    assert broken == []
    assert digest(app) == before


def test_every_form_refuses_a_missing_token(app: Flask, world: World) -> None:
    browsers = [Visitor(app).sign_in(person) if person else Visitor(app) for person in insiders(world)]
    carry_plan(browsers[-1], world.values)
    before, wrong, walked = digest(app), [], 0
    for visitor in browsers:
        for rule in rules(app):
            address = fill(world, rule)
            if not address or "POST" not in methods(rule):
                continue
            page = visitor.send("POST", address, follow=False, data={"name": "x", "party_size": "1"})
            walked += 1
            if page.status not in {303, 400, 404, 409, 422}:
                wrong.append((address, page.status))
    assert wrong == []
    assert digest(app) == before
    assert walked > 100


def test_a_foreign_page_cannot_post(app: Flask, world: World) -> None:
    visitor, before = Visitor(app).sign_in(world.owner), digest(app)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        for rule in rules(app):
            address = fill(world, rule)
            if address and "POST" in methods(rule):
                data = {"csrf_token": with_token(visitor)}
                assert (
                    visitor.send("POST", address, follow=False, data=data, headers=headers).status == 403
                ), address
    assert digest(app) == before


def test_every_answer_carries_the_security_headers(app: Flask, world: World) -> None:
    visitor = Visitor(app).sign_in(world.owner)
    for rule in rules(app):
        address = fill(world, rule) or "/nowhere/at/all"
        for method in methods(rule):
            headers = visitor.send(method, address, follow=False).response.headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy, address
            assert (
                "unsafe" in policy.replace("'wasm-unsafe-eval'", "", rule.endpoint in SCANNER)
            ) is False, address
            assert "frame-ancestors 'none'" in policy or "sandbox" in policy, address
            assert headers["X-Content-Type-Options"] == "nosniff", address
            assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, address
            assert "Cache-Control" in headers, address
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
            for cookie in headers.getlist("Set-Cookie"):
                assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie


def test_signed_in_pages_are_kept_by_no_cache(app: Flask, world: World) -> None:
    visitor = Visitor(app).sign_in(world.owner)
    for rule in rules(app):
        address = fill(world, rule)
        if address and is_closed(rule) and "GET" in methods(rule):
            assert (
                "no-store" in visitor.send("GET", address, follow=False).response.headers["Cache-Control"]
            ), address


def test_host_header_of_others_reaches_no_address(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    for rule in rules(app):
        address = fill(world, rule)
        if address and rule.endpoint in PUBLIC and "GET" in methods(rule):
            body = visitor.send("GET", address, follow=False, headers={"Host": "evil.example"}).response
            assert "evil.example" not in body.get_data(as_text=True) + str(body.headers), address
