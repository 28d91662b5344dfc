"""The demo's pages: persons, stages, phone, mail and rush for this machine; nothing of it outside the demo."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp.db import db
from eventapp.demo import filling, persons, rush, stages
from eventapp.demo.persons import PARTS
from eventapp.demo.stages import Stage
from eventapp.festivals.models import EditionState, Festival
from eventapp.jobs import Job
from eventapp.outbox import Mail
from eventapp.people.models import SignIn
from eventapp.tours.models import Booking
from tests.builders import make_edition, make_person
from tests.visiting import Visitor

HOME = f"/{filling.SLUG}/2026/"
POSTS = ("/demo/person", "/demo/stage", "/demo/rush")


# --- outside the demo --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/demo/", "/demo/state", "/demo/phone", "/demo/mail/", "/demo/mail/abc", "/demo/rush/abc"]
)
def test_nothing_of_it_is_reachable_outside_the_demo(visit: Visitor, path: str) -> None:
    assert visit(path).status == 404


@pytest.mark.parametrize("path", POSTS)
def test_nothing_can_be_sent_outside_the_demo(visit: Visitor, path: str) -> None:
    assert visit.post(path, person="committee", stage="over").status in {400, 404, 405}


def test_no_bar_is_shown_and_no_rule_is_registered_outside_the_demo(visit: Visitor, app: Flask) -> None:
    edition = make_edition()

    for path in ("/", f"/{edition.festival.slug}/{edition.slug}/", "/account/sign-in"):
        page = visit(path)
        assert page.status == 200
        assert (
            page.html.select(".demo-bar") == []
            and "demo.js" not in str(page.html)
            and "demo.css" not in str(page.html)
        )
    assert not any(rule.endpoint.startswith("demo.") for rule in app.url_map.iter_rules())


def test_frames_are_refused_outside_the_demo_and_allowed_by_ourselves_in_it(
    visit: Visitor, look: Visitor
) -> None:
    outside, inside = visit("/").response.headers, look("/").response.headers

    assert (
        "frame-ancestors 'none'" in outside["Content-Security-Policy"]
        and outside["X-Frame-Options"] == "DENY"
    )
    assert (
        "frame-ancestors 'self'" in inside["Content-Security-Policy"]
        and inside["X-Frame-Options"] == "SAMEORIGIN"
    )


# --- the bar -----------------------------------------------------------------------------------------------------------


def test_bar_stands_on_visitor_pages_and_is_the_same_for_everyone(look: Visitor, demo: Flask) -> None:
    first, second = look(HOME), Visitor(demo)(HOME)

    assert len(first.html.select(".demo-bar")) == 1
    assert first.response.data == second.response.data
    assert first.response.headers["Cache-Control"] == "private, no-cache" and first.response.headers.get(
        "ETag"
    )
    assert "Set-Cookie" not in first.response.headers
    assert "csrf_token" not in str(first.html)


def test_bar_leads_to_pages_that_work_without_scripts(look: Visitor) -> None:
    page = look(HOME)
    links = {str(a["href"]) for a in page.html.select(".demo-bar a[href]")}

    assert len(links) >= 6
    for link in sorted(links):
        assert look(link.partition("#")[0]).status == 200, link
    assert f"back={HOME.replace('/', '%2F')}" in str(page.html) or f"back={HOME}" in str(page.html)


def test_bar_speaks_the_readers_language(look: Visitor) -> None:
    assert look(f"{HOME}?lang=en").html.select_one(".demo-tag").get_text() == "Demo"  # type: ignore[union-attr]
    assert look(f"{HOME}?lang=ja").html.select_one(".demo-tag").get_text() == "見本"  # type: ignore[union-attr]


def test_state_tells_person_and_stage_and_is_kept_nowhere(look: Visitor) -> None:
    response = look("/demo/state").response

    assert response.headers["Cache-Control"] == "no-store"
    state = response.get_json()
    assert (state["person"], state["stage"], state["here"]) == ("visitor", "booking", True)
    assert state["token"]


def test_error_pages_carry_no_bar(look: Visitor) -> None:
    page = look("/nowhere/at/all")

    assert page.status == 404 and page.html.select(".demo-bar") == []


# --- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("committee", rf"/manage/{filling.SLUG}/2026/"), ("townhall", rf"/manage/{filling.SLUG}/2026/"),
        ("factory", r"/factory/\w+/programmes"), ("gate", r"/factory/\w+/today"),
    ],
)  # fmt: skip
def test_one_can_be_anybody_and_a_visitor_again(look: Visitor, part: str, path: str) -> None:
    there = be(look, part)

    assert there.status == 200 and re.fullmatch(path, there.path)
    assert look("/demo/state").response.get_json()["person"] == part

    home = be(look, "visitor")

    assert home.path == HOME
    assert look("/demo/state").response.get_json()["person"] == "visitor"
    assert db.session.scalar(select(func.count()).select_from(SignIn).where(SignIn.ended_at.is_(None))) == 0


def be(look: Visitor, part: str) -> Any:
    page = look("/demo/")
    form = next(
        one
        for one in page.html.select("form[action='/demo/person']")
        if one.select_one(f"input[value='{part}']")
    )
    token = str(form.select_one("input[name=csrf_token]")["value"])  # type: ignore[index]
    return look.send("POST", "/demo/person", data={"csrf_token": token, "person": part})


def test_changing_the_person_ends_the_sign_in_before(look: Visitor) -> None:
    be(look, "committee")
    be(look, "factory")

    living = db.session.scalars(select(SignIn).where(SignIn.ended_at.is_(None))).all()
    assert [one.person.email for one in living] == ["factory@tsuchimi.example.jp"]
    be(look, "visitor")


@pytest.mark.parametrize("person", ["", "owner", "committee@tsuchimi.example.jp"])
def test_nobody_else_can_be_had(look: Visitor, person: str) -> None:
    assert look.post("/demo/person", csrf_token=token(look), person=person).status == 400


def token(look: Visitor) -> str:
    return str(look("/demo/state").response.get_json()["token"])


def test_town_hall_may_not_change_anything(look: Visitor) -> None:
    be(look, "townhall")

    assert look(f"/manage/{filling.SLUG}/settings").status == 404
    be(look, "visitor")


def test_demo_sign_in_works_with_its_password_from_here(look: Visitor) -> None:
    page = look("/account/sign-in").submit(
        button="", action="sign-in", email=PARTS[0].email, password=persons.PASSWORD
    )

    assert page.status == 200 and page.path.startswith("/manage/")
    be(look, "visitor")


# --- from elsewhere ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "elsewhere",
    [{"environ_base": {"REMOTE_ADDR": "192.168.0.20"}}, {"headers": {"X-Forwarded-For": "203.0.113.9"}}],
)
def test_changes_from_another_machine_are_refused(
    look: Visitor, path: str, elsewhere: dict[str, Any]
) -> None:
    data = {"csrf_token": token(look), "person": "committee", "stage": "over"}

    assert look.send("POST", path, data=data, **elsewhere).status == 403
    assert look("/demo/state").response.get_json()["person"] == "visitor"
    edition = stages.find_edition()
    assert edition is not None and edition.state is EditionState.PUBLISHED


@pytest.mark.parametrize("path", ["/demo/mail/", "/demo/mail/abc"])
def test_mail_is_not_shown_to_another_machine(look: Visitor, path: str) -> None:
    assert look.send("GET", path, environ_base={"REMOTE_ADDR": "192.168.0.20"}).status == 403


def test_another_machine_reads_why_nothing_can_be_changed(look: Visitor) -> None:
    page = look.send("GET", "/demo/", environ_base={"REMOTE_ADDR": "192.168.0.20"})

    assert any("another machine" in alert for alert in page.alerts) or "another machine" in page.main


@pytest.mark.parametrize("path", POSTS)
def test_every_button_carries_a_token(look: Visitor, path: str) -> None:
    assert look.post(path, person="committee", stage="over").status == 400


# --- when --------------------------------------------------------------------------------------------------------------


def test_stages_are_gone_through_by_buttons(look: Visitor) -> None:
    for stage in (Stage.RUNNING, Stage.OVER, Stage.BOOKING):
        page = look.post("/demo/stage", csrf_token=token(look), stage=stage.value, next=HOME)
        assert page.path == HOME and page.status == 200
        assert look("/demo/state").response.get_json()["stage"] == stage.value
    page = look.post("/demo/stage", csrf_token=token(look), stage="recruiting", next=HOME)
    assert page.path == "/demo/" and any("factories hand in" in alert for alert in page.alerts)
    assert look(HOME).status == 404
    assert look(f"/{filling.SLUG}/").path == f"/{filling.SLUG}/2025/"


def test_stage_page_shows_where_one_is(look: Visitor) -> None:
    page = look("/demo/")

    current = page.html.select("#stages .is-current")
    assert len(current) == 1 and "Taking reservations" in current[0].get_text()


@pytest.mark.parametrize("stage", ["", "draft", "RUNNING "])
def test_there_are_no_other_stages(look: Visitor, stage: str) -> None:
    assert look.post("/demo/stage", csrf_token=token(look), stage=stage).status == 400


def test_afterwards_one_is_sent_to_no_foreign_address(look: Visitor) -> None:
    page = look.post("/demo/stage", csrf_token=token(look), stage="booking", next="//example.com/x")

    assert page.path == "/demo/"


# --- how it looks elsewhere --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (HOME, HOME),
        ("", "/"),
        ("https://example.com/", "/"),
        ("//example.com/", "/"),
        ("/demo/phone?path=/", "/"),
    ],
)
def test_phone_frames_pages_of_our_own(look: Visitor, wanted: str, shown: str) -> None:
    page = look.send("GET", "/demo/phone", query_string={"path": wanted})

    assert [str(frame["src"]) for frame in page.html.select("iframe")] == [shown]


def test_mail_is_read_as_it_looks_and_its_links_lead_on(look: Visitor) -> None:
    page = look("/demo/mail/")
    assert page.status == 200 and len(page.html.select(".row-item")) > 20

    letter = look(str(page.html.select_one(".row-item a")["href"]))  # type: ignore[index]

    assert letter.status == 200 and "@example.jp" in letter.main and "kouba.ics" in letter.main
    assert letter.response.headers["Referrer-Policy"] == "no-referrer"
    private = letter.links("/r/")
    assert private and look(private[0]).status == 200


def test_unknown_mail_and_race_are_not_there(look: Visitor) -> None:
    assert look("/demo/mail/nothing").status == 404
    assert look("/demo/rush/nothing").status == 404


# --- the rush ----------------------------------------------------------------------------------------------------------


@pytest.mark.race
def test_rush_shows_what_happened(look: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    run = rush.run
    monkeypatch.setattr(rush, "run", lambda slot_id, context: run(slot_id, context, visitors=30))

    page = look("/demo/").submit(action="/demo/rush")

    assert page.status == 200 and page.path.startswith("/demo/rush/")
    assert "30 visitors, 20 places" in page.main
    figures = [int(one.get_text()) for one in page.html.select(".stat-value")]
    assert figures[:5] == [20, 10, 0, 0, 0]
    assert len(page.html.select("svg.rush-lines circle")) == 30
    assert (
        db.session.scalar(
            select(func.count()).select_from(Booking).where(Booking.request_key.startswith(rush.KEY))
        )
        == 20
    )


def test_rush_in_a_stage_without_booking_is_refused_kindly(look: Visitor) -> None:
    look.post("/demo/stage", csrf_token=token(look), stage="over")

    page = look.post("/demo/rush", csrf_token=token(look))

    assert page.path == "/demo/" and any("Nobody can book" in alert for alert in page.alerts)


def test_looking_changes_nothing(look: Visitor) -> None:
    def rows() -> list[int]:
        return [
            db.session.scalar(select(func.count()).select_from(kind)) or 0
            for kind in (Booking, Mail, Job, SignIn)
        ]

    before = rows()
    for path in ("/demo/", "/demo/state", "/demo/phone", "/demo/mail/", "/"):
        look(path)
    assert rows() == before


def test_without_a_demo_in_the_database_its_pages_are_not_there(
    look: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(stages, "find_edition", lambda: None)

        assert look("/demo/").status == 404


def test_persons_of_the_demo_are_not_those_of_a_real_festival(visit: Visitor) -> None:
    make_person(email=PARTS[0].email)

    assert visit.post("/demo/person", person="committee").status in {404, 405}
    assert db.session.scalar(select(func.count()).select_from(Festival)) == 0


# --- pretending to scan --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["next", "copied", "silent"])
def test_a_scan_is_pretended_without_a_camera(look: Visitor, kind: str) -> None:
    page = look("/demo/").submit(
        action="/demo/scan", button={"next": "next", "copied": "copied", "silent": "without"}[kind]
    )

    assert page.path.startswith("/s/")
    assert page.status == 200


def test_the_next_poster_is_another_one(look: Visitor) -> None:
    first, second = (look("/demo/").submit(action="/demo/scan", button="next") for _scan in range(2))

    assert first.path != second.path


def test_nothing_else_can_be_scanned(look: Visitor) -> None:
    assert look("/demo/").submit(action="/demo/scan", button="next", kind="other").status == 400
