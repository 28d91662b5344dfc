"""Visitors' pages of the rally, and what phones ask in JSON."""

import gzip
import io
import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from eventapp import clock, paper
from eventapp.db import db, transaction
from eventapp.stamps import escrows, stations, tokens
from eventapp.stamps.models import Card, Poster, Rally, RallyState, RecoveryCode, Scan, Stamp
from eventapp.stamps.routes.visitor import FORM_TAKES
from eventapp.stamps.rules import touch
from tests.builders import make_edition, make_festival, make_prize, make_rally
from tests.stamps.phones import START, Phone
from tests.visiting import Page, Visitor

pytestmark = pytest.mark.usefixtures("app")
STATIC = Path(__file__).parents[2] / "static"
OURS = {"Origin": "http://localhost", "X-Kouba": "outbox", "Sec-Fetch-Site": "same-origin"}
BASE = "/town/2026/stamps"


@pytest.fixture
def rally(app: Flask) -> Any:
    """Three stations, and a prize for two stamps; it is the morning of the first day."""
    made = make_rally(make_edition(make_festival("town")))
    make_prize(made, 2)
    with clock.stopped_at(START):
        yield made


def posters(rally: Rally) -> list[Poster]:
    return list(db.session.scalars(select(Poster).where(Poster.rally_id == rally.id).order_by(Poster.pid)))


def token(rally: Rally, place: int = 0) -> str:
    return stations.token_of(posters(rally)[place])


def rows(*kinds: Any) -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]


def stamp(visit: Visitor, rally: Rally, place: int = 0) -> Page:
    return visit(f"/s/{token(rally, place)}").submit(action="/s/")


def send(
    visit: Visitor, message: object, *, path: str = "sync", headers: dict[str, str] = OURS, **more: Any
) -> Page:
    body = message if isinstance(message, str | bytes) else json.dumps(message)
    return visit.send(
        "POST", f"{BASE}/{path}", data=body, headers=headers, content_type="application/json", **more
    )


# --- a poster's address ----------------------------------------------------------------------------------------------


def test_looking_at_a_poster_changes_nothing_and_is_kept_nowhere(rally: Rally, visit: Visitor) -> None:
    before = rows(Card, Scan, Stamp)

    page = visit(f"/s/{token(rally)}")

    assert page.status == 200 and "Take the stamp" in page.main
    assert rows(Card, Scan, Stamp) == before == [0, 0, 0]
    headers = page.response.headers
    assert (headers["Cache-Control"], headers["Referrer-Policy"], headers["X-Robots-Tag"]) == (
        "no-store",
        "no-referrer",
        "noindex",
    )


def test_without_scripts_the_form_stamps_and_shows_the_book(rally: Rally, visit: Visitor) -> None:
    page = stamp(visit, rally)

    assert page.path == f"{BASE}/"
    assert "A new stamp: Yamada Works" in page.alerts[0]
    assert page.html.select_one("[data-part=count]").get_text() == "1"  # type: ignore[union-attr]
    assert len(page.html.select('.spot[data-state="ok"]')) == 1
    assert "1 more" in page.main


def test_the_same_poster_again_gives_no_second_stamp(rally: Rally, visit: Visitor) -> None:
    stamp(visit, rally)

    with clock.stopped_at(START + timedelta(minutes=20)):
        page = stamp(visit, rally)

    assert page.alerts[0].startswith("You have this stamp already: Yamada Works")
    assert page.alerts[0].endswith(
        page.html.select_one('[data-state="ok"] [data-part=when]').get_text(" ", strip=True)
    )  # type: ignore[union-attr]
    assert rows(Card, Stamp) == [1, 1]


def test_the_card_is_a_cookie_that_no_script_reads(rally: Rally, visit: Visitor) -> None:
    stamp(visit, rally)

    cookie = visit.client.get_cookie("stamps.town.2026")

    assert (
        cookie is not None
        and cookie.http_only
        and cookie.same_site == "Lax"
        and cookie.max_age == 400 * 86400
    )
    code, _, secret = cookie.value.partition(".")
    card = db.session.scalars(select(Card)).one()
    assert card.code == code and secret not in card.secret_hash


@pytest.mark.parametrize(
    "way",
    [str.lower, lambda one: f"{one[:4]}-{one[4:]}", lambda one: one.replace("0", "O").replace("1", "l")],
)
def test_a_token_is_read_as_people_write_it(way: Any, rally: Rally, visit: Visitor) -> None:
    assert "Take the stamp" in visit(f"/s/{way(token(rally))}").main


@pytest.mark.parametrize(
    "broken", ["", "0", "é", "0" * 22, "0" * 400, "%00", "..", "3" + "0" * 23, "2" + "0" * 23, "4" + "0" * 21]
)
def test_what_is_no_poster_gets_a_plain_sentence(broken: str, rally: Rally, visit: Visitor) -> None:
    page = visit(f"/s/x{broken}" if not broken else f"/s/{broken}")

    assert page.status == 404 and page.main
    assert rows(Card, Scan) == [0, 0]


def test_every_changed_letter_of_a_token_is_refused(rally: Rally, visit: Visitor) -> None:
    good = token(rally)
    for place, letter in enumerate(good):
        other = "1" if letter != "1" else "2"
        assert visit(f"/s/{good[:place]}{other}{good[place + 1 :]}").status == 404


def test_a_revoked_poster_says_so_and_stamps_nothing(rally: Rally, visit: Visitor) -> None:
    with transaction():
        stations.revoke_poster(posters(rally)[0], by="test")

    with clock.stopped_at(START + FORM_TAKES):
        page = stamp(visit, rally)

    assert page.alerts[0] == "This poster is out of use. Please ask the staff for the new one."
    assert rows(Stamp) == [0]


def test_a_form_that_was_long_on_its_way_is_no_reason_to_suspect_anybody(
    rally: Rally, visit: Visitor
) -> None:
    """Invariant 12 without scripts: the button was pressed up to five minutes before the form came, and before the revocation."""
    with transaction():
        stations.revoke_poster(posters(rally)[0], by="test")

    page = stamp(visit, rally)

    assert page.alerts[0].startswith("Being checked")
    scan = db.session.scalars(select(Scan)).one()
    assert (scan.t_lo, scan.t_est, scan.t_hi) == (START - FORM_TAKES, START, START)


def test_a_rally_that_is_not_public_shows_nothing(rally: Rally, visit: Visitor) -> None:
    address = f"/s/{token(rally)}"
    with transaction():
        touch(rally.id)
        rally.state = RallyState.DRAFT

    for path in (
        f"{BASE}/",
        f"{BASE}/scan",
        f"{BASE}/manifest.json",
        f"{BASE}/card",
        f"{BASE}/claim",
        f"{BASE}/app.webmanifest",
        address,
    ):
        assert visit(path).status == 404
    assert send(visit, Phone(rally.id).message()).status == 404


def test_the_short_code_stamps_and_a_wrong_one_says_so(rally: Rally, visit: Visitor) -> None:
    code = posters(rally)[1].short_code

    refused = visit(f"{BASE}/scan").submit(action="/code", code="ZZZZZZ")
    taken = visit(f"{BASE}/scan").submit(action="/code", code=f" {code[:3].lower()}-{code[3:]}")

    assert (
        refused.status == 422
        and refused.alerts[0] == "There is no such code. Please look at the poster once more."
    )
    assert taken.path == f"{BASE}/" and rows(Stamp) == [1]


def test_the_address_for_typing_leads_to_the_code(rally: Rally, visit: Visitor) -> None:
    assert visit("/s").path == f"{BASE}/scan"
    with transaction():
        touch(rally.id)
        rally.state = RallyState.CLOSED
    assert "No rally is on" in visit("/s").main


# --- the book ---------------------------------------------------------------------------------------------------------


def test_the_menu_names_stamps_only_where_there_is_a_rally(
    rally: Rally, visit: Visitor, count_statements: Any
) -> None:
    with count_statements() as with_rally:
        assert visit("/town/2026/").links("/stamps/")
    make_edition(make_festival("other"))
    with count_statements() as without:
        assert not visit("/other/2026/").links("/stamps/")
    assert len(with_rally) == len(without)


def test_a_longer_book_costs_the_same_statements(visit: Visitor, count_statements: Any) -> None:
    counts = []
    for number, festival in ((2, "short"), (9, "long")):
        make_rally(make_edition(make_festival(festival)), stations=number)
        visit(f"/{festival}/2026/stamps/")
        with count_statements() as seen:
            assert len(visit(f"/{festival}/2026/stamps/").html.select(".spot")) == number
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_book_of_a_stranger_is_the_same_for_everyone(rally: Rally, visit: Visitor) -> None:
    page = visit(f"{BASE}/")

    assert page.response.headers["Cache-Control"] == "private, no-cache" and "ETag" in page.response.headers
    assert (
        visit.send("GET", f"{BASE}/", headers={"If-None-Match": page.response.headers["ETag"]}).status == 304
    )
    stamp(visit, rally)
    assert visit(f"{BASE}/").response.headers["Cache-Control"] == "no-store"
    assert not visit(f"{BASE}/?shell=1").html.select('.spot[data-state="ok"]')


def test_art_is_a_picture_without_rights_and_its_address_changes_with_it(
    rally: Rally, visit: Visitor
) -> None:
    source = visit(f"{BASE}/").html.select_one(".spot img")["src"]  # type: ignore[index]

    answer = visit(str(source)).response

    assert answer.mimetype == "image/svg+xml" and answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'"
    )
    assert "immutable" in answer.headers["Cache-Control"]
    with transaction():
        stations.change_station(rally.stations[0], {"number": 77}, by="test")
    assert visit(f"{BASE}/").html.select_one(".spot img")["src"] != source  # type: ignore[index]


# --- phones in JSON -----------------------------------------------------------------------------------------------------


def test_a_sync_stamps_once_however_often_it_comes(rally: Rally, visit: Visitor) -> None:
    phone = Phone(rally.id)
    phone.capture(token(rally))
    message = phone.message()

    answers = [send(visit, message).response.get_json() for _ in range(3)]

    assert [one["results"][0]["verdict"] for one in answers] == ["accepted"] * 3
    assert all(one["schema"] == "kouba.outbox.1" and one["results"][0]["final"] is True for one in answers)
    assert answers[0]["results"][0]["id"] == message["items"][0]["scan_id"]
    assert set(answers[0]["receipts"]) == {rally.stations[0].code} and answers[0]["want"] is False
    assert answers[0]["card"]["progress"][0]["have"] == 1
    assert rows(Card, Scan, Stamp) == [1, 1, 1]


def test_a_sync_is_few_statements(rally: Rally, visit: Visitor, count_statements: Any) -> None:
    phone = Phone(rally.id)
    phone.capture(token(rally))
    send(visit, phone.message())
    phone.outbox.clear()
    phone.capture(token(rally, 1))

    with count_statements() as seen:
        assert send(visit, phone.message()).response.get_json()["results"][0]["verdict"] == "accepted"

    assert len(seen) <= 6, seen


def test_the_first_sync_gives_the_browser_its_cookie_and_the_book_shows_the_stamps(
    rally: Rally, visit: Visitor
) -> None:
    phone = Phone(rally.id)
    phone.capture(token(rally))
    send(visit, phone.message())

    assert len(visit(f"{BASE}/").html.select('.spot[data-state="ok"]')) == 1
    found = send(visit, {}, path="here").response.get_json()
    assert found == {"cards": [{"code": phone.card, "secret": phone.secret}]}


@pytest.mark.parametrize("headers", [
    {}, {"X-Kouba": "outbox"}, {"Origin": "http://localhost"}, {**OURS, "Origin": "https://evil.example"},
    {"X-Kouba": "outbox", "Sec-Fetch-Site": "cross-site"}, {"X-Kouba": "outbox", "Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_what_does_not_come_from_our_own_scripts_is_refused(
    headers: dict[str, str], rally: Rally, visit: Visitor
) -> None:
    phone = Phone(rally.id)
    phone.capture(token(rally))
    for path in ("sync", "here", "recover", "merge"):
        assert send(visit, phone.message(), path=path, headers=headers).status == 403
    assert visit.send("POST", f"{BASE}/sync", data=phone.message(), headers=OURS).status == 400
    assert rows(Card, Scan) == [0, 0]


GOOD = {"v": 1, "card": "0" * 16, "secret": "s" * 20, "device": "d" * 12, "now_client": 0, "items": []}
ITEM = {"scan_id": "a" * 26, "seq": 1, "token": "x"}


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", "7", '"text"', "[" * 100_000, '{"a":' * 50_000, b"\xff\xfe", "NaN",
    {**GOOD, "card": 7}, {**GOOD, "card": "0" * 15}, {**GOOD, "secret": None}, {**GOOD, "items": {}}, {**GOOD, "items": [7]},
    {**GOOD, "items": [{**ITEM, "scan_id": f"{number:026}"} for number in range(51)]}, {**GOOD, "items": [{**ITEM, "seq": -1}]},
    {**GOOD, "items": [{**ITEM, "seq": True}]}, {**GOOD, "items": [{**ITEM, "seq": 1e400}]}, {**GOOD, "receipts": [{}]},
    {**GOOD, "items": [{**ITEM, "scan_id": "short"}]},
])  # fmt: skip
def test_a_broken_message_is_a_plain_no_and_changes_nothing(body: Any, rally: Rally, visit: Visitor) -> None:
    answer = send(visit, body)

    assert 400 <= answer.status < 500
    assert rows(Card, Scan) == [0, 0]


def test_a_message_too_large_is_refused(rally: Rally, visit: Visitor) -> None:
    assert send(visit, {**GOOD, "more": "x" * 300_000}).status == 413


@pytest.mark.parametrize("change", [
    {"now_client": "soon"}, {"now_client": -5e20}, {"unknown": {"deep": [1, 2]}},
    {"items": [{**ITEM, "method": 7, "geo": [], "t_client": "x", "after": {}, "in_app": "yes", "more": 1}]},
])  # fmt: skip
def test_odd_fields_are_left_alone(change: dict[str, Any], rally: Rally, visit: Visitor) -> None:
    assert send(visit, {**GOOD, **change}).status == 200


def test_fifty_at_once_are_taken_and_a_wrong_code_is_final_with_a_sentence(
    rally: Rally, visit: Visitor
) -> None:
    phone = Phone(rally.id)
    for _ in range(49):
        phone.capture(token(rally))
    phone.capture(token(rally)[:-1] + "*")

    results = send(visit, phone.message()).response.get_json()["results"]

    assert sorted({one["verdict"] for one in results}) == ["accepted", "duplicate", "rejected"]
    wrong = results[-1]
    assert (
        wrong["final"]
        and wrong["notice"]
        and wrong["text"].startswith("This code is not one of the rally's posters.")
    )
    assert rows(Stamp) == [1]


def test_another_phones_card_is_not_opened_by_a_guess(rally: Rally, visit: Visitor) -> None:
    phone = Phone(rally.id)
    phone.capture(token(rally))
    send(visit, phone.message())

    assert send(visit, {**phone.message(), "secret": "guess" * 5}).status == 403


def test_the_manifest_recognises_posters_and_gives_none_away(rally: Rally, visit: Visitor) -> None:
    answer = visit(f"{BASE}/manifest.json").response
    told = answer.get_json()

    assert told["schema"] == "kouba.rally.1" and told["key"] == "town/2026"
    assert told["posters"] == {
        tokens.digest(token(rally, place)): one.code for place, one in enumerate(rally.stations)
    }
    assert not any(token(rally, place)[6:] in answer.get_data(as_text=True) for place in range(3))
    assert (
        visit.send("GET", f"{BASE}/manifest.json", headers={"If-None-Match": answer.headers["ETag"]}).status
        == 304
    )
    with transaction():
        stations.revoke_poster(posters(rally)[0], by="test")
    assert len(visit(f"{BASE}/manifest.json").response.get_json()["posters"]) == 2


def test_every_file_that_a_phone_keeps_is_there(rally: Rally, visit: Visitor) -> None:
    told = visit(f"{BASE}/manifest.json").response.get_json()
    source = visit("/sw.js").response
    settings = json.loads(source.get_data(as_text=True).partition("= ")[2].partition(";\n")[0])

    kept = [*told["files"], *(one["art"] for one in told["stations"]), *settings["files"], settings["offline"],
            *(one["url"] for one in settings["pages"]), f"{BASE}/?shell=1", f"{BASE}/scan?shell=1", f"{BASE}/claim?shell=1"]  # fmt: skip
    assert [path for path in kept if visit(path).status != 200] == []
    assert source.mimetype == "text/javascript" and source.headers["Cache-Control"] == "no-cache"
    assert all(
        "csrf_token" not in visit(path).response.get_data(as_text=True)
        for path in ("/s/?shell=1", f"{BASE}/scan?shell=1")
    )


# --- the scanner --------------------------------------------------------------------------------------------------------


def test_camera_and_webassembly_are_allowed_on_the_scanner_alone(rally: Rally, visit: Visitor) -> None:
    def rights(path: str) -> tuple[bool, bool]:
        headers = visit(path).response.headers
        return "camera=(self)" in headers["Permissions-Policy"], "wasm-unsafe-eval" in headers[
            "Content-Security-Policy"
        ]

    assert rights(f"{BASE}/scan") == rights("/scanner-worker.js") == (True, True)
    for path in (f"{BASE}/", f"{BASE}/card", f"/s/{token(rally)}", "/town/2026/", "/sw.js"):
        assert rights(path) == (False, False)


def test_the_scanner_weighs_at_most_600_kb(rally: Rally, visit: Visitor) -> None:
    page = visit(f"{BASE}/scan")
    box = page.html.select_one("#scanner")
    assert box is not None
    linked = [
        str(one[name])
        for one in page.html.select("link[rel=stylesheet], script[src]")
        for name in ("href", "src")
        if one.get(name)
    ]
    files = [*linked, str(box["data-worker"]), str(box["data-library"]), str(box["data-wasm"])]

    weight = sum(len(gzip.compress(visit(one).response.get_data())) for one in files) + len(
        gzip.compress(page.response.get_data())
    )

    assert weight <= 600_000


# --- cards on several phones ---------------------------------------------------------------------------------------------


def spoken_code(page: Page) -> str:
    found = page.html.select_one("#move-code b")
    assert found is not None
    return found.get_text()


def test_a_code_joins_the_cards_of_two_phones(rally: Rally, app: Flask) -> None:
    one, other = Visitor(app), Visitor(app)
    stamp(one, rally, 0)
    stamp(other, rally, 1)
    code = spoken_code(one(f"{BASE}/card").submit(action="/move"))

    joined = other(f"{BASE}/card").submit(action="/join", code=code.lower(), how="merge")

    assert joined.alerts[0] == "The card is open here. What was on either is on it now."
    for phone in (one, other):
        assert len(phone(f"{BASE}/").html.select('.spot[data-state="ok"]')) == 2
        assert "Yours: fetch it at the desk" in phone(f"{BASE}/").main
    assert rows(Stamp) == [2]


def test_a_typed_code_works_once_and_a_wrong_one_says_so(rally: Rally, app: Flask) -> None:
    one = Visitor(app)
    stamp(one, rally)
    code = spoken_code(one(f"{BASE}/card").submit(action="/move"))
    assert Visitor(app)(f"{BASE}/card").submit(action="/join", code=code).path == f"{BASE}/"

    for wrong in (code, "AAAA-BBBB-CCCC", "x"):
        page = Visitor(app)(f"{BASE}/card").submit(action="/join", code=wrong)
        assert page.status == 422 and "This code opens no card." in page.alerts[0]


def test_the_picture_of_a_card_opens_it_elsewhere_and_looking_changes_nothing(
    rally: Rally, app: Flask
) -> None:
    one, other = Visitor(app), Visitor(app)
    stamp(one, rally)
    picture = one(f"{BASE}/card").submit(action="/move").html.select_one("#move-code img")
    assert picture is not None
    svg = b64decode(str(picture["src"]).partition("base64,")[2]).decode()
    address = zxingcpp.read_barcodes(
        Image.open(io.BytesIO(paper.compile_png("raster", {"svg": svg, "width": 60.0}, 200)[0]))
    )[0].text
    before = rows(Card, Stamp)

    page = other(address.removeprefix("http://localhost"))

    assert page.status == 200 and rows(Card, Stamp) == before
    assert len(page.submit(action="/join", button="Open it here").html.select('.spot[data-state="ok"]')) == 1


def test_a_card_beside_mine_is_a_second_card(rally: Rally, app: Flask) -> None:
    one, other = Visitor(app), Visitor(app)
    stamp(one, rally, 0)
    stamp(other, rally, 1)
    code = spoken_code(one(f"{BASE}/card").submit(action="/move"))

    other(f"{BASE}/card").submit(action="/join", code=code, how="beside")

    assert len(other(f"{BASE}/claim").html.select(".claim-code")) == 2
    assert len(other(f"{BASE}/").html.select('.spot[data-state="ok"]')) == 1


def test_scripts_recover_and_merge_in_json(rally: Rally, visit: Visitor, app: Flask) -> None:
    one, other = Phone(rally.id), Phone(rally.id)
    for place, phone in enumerate((one, other)):
        phone.capture(token(rally, place))
        send(Visitor(app), phone.message())

    wrong = send(visit, {**other.message(), "code": "AAAA-BBBB-CCCC"}, path="recover")
    merged = send(
        visit, {**one.message(), "other": {"card": other.card, "secret": other.secret}}, path="merge"
    )
    refused = send(
        visit, {**one.message(), "other": {"card": other.card, "secret": "guess" * 4}}, path="merge"
    )

    assert (wrong.status, merged.status, refused.status) == (404, 200, 403)
    one.outbox.clear()
    assert len(send(visit, one.message()).response.get_json()["card"]["stamps"]) == 2


def test_a_deleted_card_is_gone_here_and_there(rally: Rally, visit: Visitor) -> None:
    stamp(visit, rally)
    visit(f"{BASE}/card").submit(action="/move")
    code = visit.client.get_cookie("stamps.town.2026").value.partition(".")[0]  # type: ignore[union-attr]

    page = visit(f"{BASE}/card").submit(action="/delete")

    assert page.alerts == ["The card is deleted."]
    assert json.loads(page.html.select_one("#stamps-data").get_text())["gone"] == [code]  # type: ignore[union-attr]
    assert rows(Stamp, Scan, RecoveryCode) == [0, 0, 0]
    assert visit.client.get_cookie("stamps.town.2026") is None


def test_a_page_forgets_the_card_that_was_deleted_and_no_other(
    rally: Rally, visit: Visitor, app: Flask
) -> None:
    """A form that names no card means the first one; what scripts are told to forget is never empty, for that would be everything."""
    stamp(visit, rally)
    form = visit(f"{BASE}/card").find_form(action="/delete")
    sent = {"csrf_token": form.find("input", attrs={"name": "csrf_token"})["value"]}  # type: ignore[index]

    deleted = visit.send("POST", f"{BASE}/card/delete", data=sent)
    again = visit.send("POST", f"{BASE}/card/delete", data=sent)

    code = db.session.scalars(select(Card.code)).one()
    assert f'"gone": ["{code}"]' in str(deleted.html)
    assert '"gone": []' in str(again.html)


def test_nobody_deletes_a_card_without_its_cookie(rally: Rally, visit: Visitor, app: Flask) -> None:
    stamp(visit, rally)
    code = db.session.scalars(select(Card.code)).one()
    stranger = Visitor(app)
    stamp(stranger, rally, 1)

    stranger(f"{BASE}/card").submit(action="/delete", card=code)

    assert rows(Stamp) == [2]


def test_the_desk_code_renews_itself(rally: Rally, visit: Visitor) -> None:
    assert "No stamps yet" in visit(f"{BASE}/claim").main
    stamp(visit, rally)

    page = visit(f"{BASE}/claim")
    first = page.html.select_one(".claim-code .figure")
    assert page.html.select_one('head noscript meta[http-equiv="refresh"]') is not None  # as scripts do it
    with clock.stopped_at(START + timedelta(seconds=40)):
        later = visit(f"{BASE}/claim").html.select_one(".claim-code .figure")

    assert first is not None and later is not None and first.get_text() != later.get_text()


def test_what_was_earned_is_a_picture_that_a_desk_checks_by_itself(rally: Rally, visit: Visitor) -> None:
    phone = Phone(rally.id)
    for place in (0, 1):
        phone.capture(token(rally, place))
    send(visit, phone.message())
    asked = {**phone.message(), "items": []}

    (one,) = send(visit, asked, path="certificates").response.get_json()["certificates"]

    svg = b64decode(one["picture"].partition("base64,")[2]).decode()
    drawn = Image.open(io.BytesIO(paper.compile_png("raster", {"svg": svg, "width": 60.0}, 200)[0]))
    text = zxingcpp.read_barcodes(drawn)[0].text.rpartition("/")[2]
    award = escrows.find_certified(text, rally.id)
    assert award is not None and award.prize.code == one["prize"]
    stranger = {**asked, "secret": "guess" * 5}
    assert send(visit, stranger, path="certificates").response.get_json() == {"certificates": []}


@pytest.mark.parametrize("path", ["code", "card/move", "card/join", "card/delete"])
def test_forms_need_their_token(path: str, rally: Rally, visit: Visitor) -> None:
    stamp(visit, rally)
    before = rows(Stamp, RecoveryCode)

    answer = visit.post(f"{BASE}/{path}", code=posters(rally)[1].short_code)

    assert answer.status in {400, 422} and rows(Stamp, RecoveryCode) == before
