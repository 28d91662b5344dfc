"""Markdown of the committee and the factories."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from eventapp import markup

PIECES = st.lists(
    st.sampled_from(
        [
            "<script>",
            "</script>",
            "<img src=x onerror=alert(1)>",
            "[a](",
            "javascript:alert(1)",
            ")",
            "![",
            "]",
            "`",
            "\n",
        ]
        + [
            "\n\n",
            "# ",
            "- ",
            "&lt;",
            "&#106;",
            "<svg onload=x>",
            '"',
            "'",
            "<a href=",
            ">",
            "data:text/html,",
            "| a |\n|---|",
        ]
        + [
            "<",
            "//x.jp",
            "https://x.jp",
            "\\",
            "${x}",
            "<!--",
            "<style>",
            "* ",
            "旋盤",
            "mailto:a@x.jp",
            "\x00",
            "​",
        ]
    ),
    max_size=12,
)


class Reader(HTMLParser):
    """Tags and attributes as a browser might see them."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_text_becomes_paragraphs_lists_and_links():
    html = markup.render("# 見学\n\n**要予約** です\n次の行\n\n- a\n- b\n\n[site](https://example.jp)")

    assert isinstance(html, Markup)
    assert html == (
        "<h3>見学</h3>\n<p><strong>要予約</strong> です<br>\n次の行</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"
        '<p><a href="https://example.jp" rel="nofollow noopener">site</a></p>\n'
    )


def test_headings_start_under_the_headings_of_the_page():
    assert [tag for tag, _ in Reader(markup.render("# a\n\n## b\n\n###### c")).found] == ["h3", "h4", "h6"]


def test_tables_and_numbered_lists_are_kept():
    tags = {tag for tag, _ in Reader(markup.render("| a | b |\n|---|---|\n| 1 | 2 |\n\n3. x\n4. y")).found}

    assert tags == {"table", "thead", "tbody", "tr", "th", "td", "ol", "li"}


def test_pictures_become_their_description():
    assert markup.render("![旋盤 <b>](https://x.jp/spy.png)") == "<p>旋盤 &lt;b&gt;</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '[x](//evil.example/ "\' onmouseover=alert(1)")',
        "<javascript:alert(1)>",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "<svg><style>*{display:none}</style></svg>",
        "<math><mtext></mtext></math>",
        "`<script>`",
        "[x](vbscript:x) [y](file:///etc/passwd)",
    ],
)
def test_nothing_runs(text):
    assert_harmless(markup.render(text))


@given(PIECES.map("".join))
def test_nothing_runs_in_any_mixture(text):
    assert_harmless(markup.render(text))


@given(st.text())
def test_any_text_can_be_rendered(text):
    assert_harmless(markup.render(text))


def test_endless_text_and_deep_nesting_are_cut():
    assert len(markup.render("a" * 1_000_000)) < 2 * markup.LONGEST
    assert markup.render("> " * 9_000 + "x")
    assert markup.render("[" * 9_000)
    assert escape(markup.render("*" * 9_000))


SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")  # RFC 3986; anything else before a colon is part of a path
PASSED_OVER = dict.fromkeys([*range(33), 127])  # what browsers leave out before they look


def assert_harmless(html):
    for tag, attributes in Reader(html).found:
        assert tag in markup._TAGS
        assert set(attributes) <= {"href", "title", "rel", "start"}
        if "href" in attributes:
            assert attributes["rel"] == "nofollow noopener"
            scheme = SCHEME.match(attributes["href"].translate(PASSED_OVER).strip())
            assert scheme is None or scheme[1].lower() in markup._SCHEMES
