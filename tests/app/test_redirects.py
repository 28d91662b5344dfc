"""Where one is sent afterwards: only to a path of ours, in every browser's reading."""

import pytest
from werkzeug.utils import redirect

from eventapp.web.redirects import own_path

FOREIGN = [
    "https://evil.example/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "/\\/evil.example", "\\/evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example",
    " //evil.example", "/ /evil.example", "/\x00/evil.example", "/\x0b/evil.example", "/\x7f/evil.example", "/\x85/evil.example",
    "/／evil.example", "／/evil.example", "／／evil.example", "/＼evil.example", "javascript:alert(1)", "data:text/html,x",
    "evil.example", "http:evil.example", "https:/evil.example", "@evil.example", "?next=//evil.example", "/\u2028/evil.example",
    "/\u3000/evil.example", "/\ud800x", "", "/a\r\nSet-Cookie: x=1", "/" + "a" * 2000, "/a b", "/a\\b",
]  # fmt: skip
OURS = [
    "/",
    "/account/",
    "/manage/ota/2026/entries?page=2&q=a%20b",
    "/%2F/evil",
    "/ota/2026/slots/4F7K2M9A",
    "/a/工場",
    "/x?u=https://y.example",
]


@pytest.mark.parametrize("wanted", FOREIGN)
def test_a_foreign_address_is_not_followed(wanted):
    assert own_path(wanted, "/account/") == "/account/"


@pytest.mark.parametrize("wanted", OURS)
def test_a_path_of_ours_is_followed_and_stays_one_in_the_header(wanted):
    assert own_path(wanted, "/otherwise") == wanted
    location = dict(
        redirect(own_path(wanted, "/")).get_wsgi_headers(
            {"wsgi.url_scheme": "http", "HTTP_HOST": "localhost", "REQUEST_METHOD": "GET"}
        )
    )["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


def test_nothing_wanted_leads_to_the_usual_place():
    assert own_path(None, "/account/") == "/account/"
