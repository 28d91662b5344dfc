"""What people write with **stars** and - lists becomes HTML that can stand on a page.

Two fences, one behind the other: markdown-it writes no HTML of the author's own, and nh3 lets through only
what is listed here.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

LONGEST = 20_000  # characters; forms say so earlier
HEADING_SHIFT = 2  # the page has an h1, its sections have h2: an author's # is an h3
LOWEST_HEADING = 6

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}


@lru_cache(maxsize=256)  # the same few texts stand on page after page
def render(text: str) -> Markup:
    """Markdown as safe HTML: no pictures, no HTML of one's own, links to the web and to mail only."""
    parser = _parser()
    tokens = parser.parse(text[:LONGEST])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LOWEST_HEADING, int(token.tag[1]) + HEADING_SHIFT)}"
    html = parser.renderer.render(tokens, parser.options, {})
    safe = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="nofollow noopener"
    )
    # The one place where text becomes markup: every tag, attribute and scheme in it is on the lists above.
    return Markup(safe)  # noqa: S704


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.add_render_rule("image", _alternative_text)
    return parser


def _alternative_text(_self: object, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return str(escape(tokens[index].content))
