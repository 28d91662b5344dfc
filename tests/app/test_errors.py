"""Failures in both languages, with a way on, without a database, and with everything that was typed."""

import errno
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eventapp import config
from eventapp.db import Busy, db
from eventapp.festivals.models import EditionState
from eventapp.web import errors, forgery, pages
from tests.builders import make_edition, make_festival, make_organizer
from tests.visiting import Visitor

STATUSES = (400, 403, 404, 405, 410, 413, 429, 500, 503)


def failing(monkeypatch, visit, error, endpoint="account.sign_in"):
    """Let a page fail like this."""

    def fail(**_values):
        raise error

    monkeypatch.setitem(visit.app.view_functions, endpoint, fail)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_failure_has_its_page(app, language, status):
    with app.test_request_context("/somewhere", headers={"Accept-Language": language}):
        answer = errors.page(status)

    text = answer.get_data(as_text=True)
    assert (answer.status_code, f'<html lang="{language}">' in text) == (status, True)
    assert 'href="/' in text
    assert ("一覧" in text) == (language == "ja")


def test_an_unknown_address_says_where_to_look(visit):
    page = visit("/manage/nothing/here")

    assert page.path == "/account/sign-in"  # strangers are asked who they are
    page = visit("/no/such/page/at/all")
    assert (page.status, "list of festivals" in page.main, page.links("/account/") != []) == (404, True, True)


def test_an_address_opened_directly_is_explained(visit):
    page = visit.post("/account/link-sent")

    assert (page.status, "only takes what a form sends" in page.title) == (405, True)


def test_too_much_is_refused_by_name(visit):
    page = visit.send("POST", "/account/sign-in", data={"email": "x" * (11 * 1024 * 1024)})

    assert (page.status, "too large" in page.title) == (413, True)


def test_foreign_pages_are_refused(visit):
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://[::1"},
    ):
        assert visit.send("POST", "/account/sign-in", data={}, headers=headers).status == 403


def test_a_mistake_of_ours_shows_nothing_of_the_inside(visit, monkeypatch):
    failing(monkeypatch, visit, ValueError("a secret of the inside"))

    page = visit("/account/sign-in")

    assert (page.status, "our side" in page.title) == (500, True)
    assert "secret" not in page.text


def test_the_pages_ask_no_database(visit, monkeypatch, count_statements):
    visit.sign_in(make_organizer(make_festival("ota")))
    failing(
        monkeypatch, visit, OperationalError("SELECT", {}, Exception("the disk is gone")), "account.link_sent"
    )

    with count_statements() as seen:
        page = visit("/account/link-sent")

    assert (page.status, seen) == (500, [])


def test_a_busy_database_keeps_everything_that_was_typed(visit, monkeypatch):
    page = visit("/account/sign-in")
    view = visit.app.view_functions["account.sign_in"]
    failing(monkeypatch, visit, Busy())

    page = page.submit(button="Sign in", email="keiko@example.jp", password="a quiet lathe at dawn")

    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    assert "keiko@example.jp" in page.main
    assert "a quiet lathe" not in page.text  # what is secret stays hidden, but is sent again
    assert page.html.find("input", {"name": "password"})["value"] == "a quiet lathe at dawn"
    monkeypatch.setitem(visit.app.view_functions, "account.sign_in", view)
    assert page.submit(button="Send it once more").path == "/account/sign-in"


MACHINE = {
    "disk full": OperationalError("INSERT", {}, Exception("database or disk is full")),
    "not to be written": OperationalError("INSERT", {}, Exception("attempt to write a readonly database")),
    "no connection": OperationalError("SELECT", {}, Exception("connection failed: Connection refused")),
    "all connections taken": PoolTimeout("QueuePool limit"),
    "no room for a picture": OSError(errno.ENOSPC, "No space left on device"),
}


@pytest.mark.parametrize("failure", MACHINE)
def test_a_machine_that_fails_loses_nothing_that_was_typed(visit, monkeypatch, caplog, failure):
    page = visit("/account/sign-in")
    failing(monkeypatch, visit, MACHINE[failure])

    page = page.submit(button="Sign in", email="keiko@example.jp", password="a quiet lathe at dawn")

    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    assert "keiko@example.jp" in page.main
    assert "out of order" in caplog.text  # and the operator reads why
    assert visit("/account/sign-in").status == 503


@pytest.mark.parametrize(
    "mistake", [OperationalError("SELECT", {}, Exception("no such column: x")), OSError("?")]
)
def test_a_mistake_of_ours_is_not_called_busy(visit, monkeypatch, mistake):
    failing(monkeypatch, visit, mistake)

    assert visit("/account/sign-in").status == 500


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "'; DROP TABLE person; --", "{{ 7 * 7 }}", "\u202egnp"]
)
def test_what_was_typed_comes_back_as_text(visit, monkeypatch, text):
    failing(monkeypatch, visit, forgery.StaleToken())

    page = visit.post("/account/sign-in?next=/account/", email=text, csrf_token="old")

    assert page.status == 400
    assert page.html.find("input", {"name": "email"})["value"] == text
    assert page.html.find("form", {"method": "post"})["action"] == "/account/sign-in?next=/account/"
    assert not page.html.find_all("script", src=False)


def test_a_tick_is_sent_again_and_not_shown_as_a_word(visit, monkeypatch):
    failing(monkeypatch, visit, Busy())

    page = visit.post("/account/sign-in", email="keiko@example.jp", consent="y")

    assert page.html.find("input", {"name": "consent"})["value"] == "y"
    assert [one.get_text(strip=True) for one in page.html.select(".row-body")] == ["keiko@example.jp"]


def test_files_are_said_to_be_lost(visit, monkeypatch):
    import io

    failing(monkeypatch, visit, forgery.StaleToken())

    page = visit.send("POST", "/account/sign-in", data={"photo": (io.BytesIO(b"x"), "x.jpg")})

    assert "Only files have to be chosen again" in page.alerts[0]


def test_a_busy_page_that_is_only_read_offers_itself_again(visit, monkeypatch):
    failing(monkeypatch, visit, Busy())

    page = visit("/account/sign-in?next=/account/")

    assert (page.status, page.html.select_one("a.btn-primary")["href"]) == (503, "")


def test_failures_are_in_the_readers_language(app):
    page = Visitor(app, language="ja")("/no/such/page/at/all")

    assert "ページが見つかりません" in page.title
    db.session.rollback()


def test_below_a_festival_the_way_on_is_its_edition_of_now(visit):
    edition = make_edition(make_festival("kawabe"))
    make_edition(make_festival("secret"), state=EditionState.DRAFT)

    assert visit("/kawabe/1999/").click("To the festival's page").path == f"/kawabe/{edition.slug}/"
    assert "/kawabe/" in visit("/kawabe/2026/no/such/page").links("/kawabe/")
    assert "To the festival's page" not in visit("/secret/2026/").main
    assert "To the festival's page" not in visit("/nowhere/2026/").main


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/account/sign-in", "/no/such/page", "/health"])
def test_a_host_that_is_not_ours_is_refused_with_the_way_to_ours(visit, method, path):
    page = visit.send(method, path, follow=False, headers={"Host": "evil.example"})

    assert (page.status, page.links("http://localhost/"), "another name" in page.main) == (
        400,
        ["http://localhost/"],
        True,
    )
    assert "evil.example" not in page.response.get_data(as_text=True)


@pytest.mark.parametrize(("settings", "known"), [
    ({"PUBLIC_BASE_URL": "https://kouba.example.jp", "TRUSTED_HOSTS": "www.example.jp, old.example.jp", "BIND": "0.0.0.0:80"},
     {"kouba.example.jp", "www.example.jp", "old.example.jp", "localhost"}),
    ({"PUBLIC_BASE_URL": "", "TRUSTED_HOSTS": "", "BIND": "127.0.0.1:8000"}, {"localhost", "127.0.0.1"}),
    ({"PUBLIC_BASE_URL": "", "TRUSTED_HOSTS": "", "BIND": "0.0.0.0:8000"}, None),
    ({"PUBLIC_BASE_URL": "", "TRUSTED_HOSTS": "", "BIND": "unix:/run/kouba.sock"}, None),
])  # fmt: skip
def test_names_we_answer_to(settings, known):
    found = config.trusted_hosts(settings)

    assert found is None if known is None else known <= set(found or [])


def test_the_monitor_hears_of_a_full_disk_before_a_visitor_does(visit, monkeypatch):
    assert visit("/health").response.json["status"] == "ok"

    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=pages.NO_DISK - 1))
    full = visit("/health")

    assert (full.status, full.response.json) == (503, {"status": "no room on the disk"})
