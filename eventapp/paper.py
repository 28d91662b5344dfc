"""Documents for the printer: Typst templates under templates/paper, filled with data, made into PDF, SVG or PNG.

Data reaches a template as JSON through `sys.inputs`, never as Typst source: whatever somebody calls a factory
stays text. Fonts are complete and embedded; the same data gives the same pages on every machine.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flask import current_app, has_app_context

from eventapp import clock

if TYPE_CHECKING:  # loaded where it is called: only the worker prints
    from typst import Fonts

TEMPLATES = Path(__file__).resolve().parent.parent / "templates" / "paper"
VENDORED = Path(__file__).resolve().parent.parent / "static" / "vendor"
# Complete Japanese fonts as systems carry them, the most legible first.
FAMILIES = (
    "Noto Sans JP", "BIZ UDPGothic", "BIZ UDGothic", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", "Meiryo",
    "IPAexGothic",
)  # fmt: skip
SCREEN_PPI = 150.0


class PaperError(Exception):
    """A document could not be made: a template or the fonts are at fault, never the data."""


def compile(document: str, data: Mapping[str, Any]) -> bytes:
    """The document `templates/paper/<document>.typ` as PDF/UA-1, tagged for readers who cannot see.

    That standard forbids letters for which no font has a shape; where somebody uses one, it is a plain PDF.
    """
    try:
        return _make(document, data, "pdf", standards=["ua-1"])[0]
    except PaperError as error:
        if "PDF/UA" not in str(error):
            raise
        return _make(document, data, "pdf")[0]


def compile_svg(document: str, data: Mapping[str, Any]) -> list[bytes]:
    """One SVG a page; letters are outlines, so that no font is needed where it is shown."""
    return _make(document, data, "svg")


def compile_png(document: str, data: Mapping[str, Any], ppi: float = SCREEN_PPI) -> list[bytes]:
    """One PNG a page."""
    return _make(document, data, "png", ppi=ppi)


def _make(
    document: str, data: Mapping[str, Any], kind: Literal["pdf", "svg", "png"], *,
    ppi: float | None = None, standards: list[Literal["ua-1"]] | None = None,
) -> list[bytes]:  # fmt: skip
    import typst

    fonts, family = find_fonts(_configured_fonts())
    compiler = typst.Compiler(TEMPLATES / f"{document}.typ", root=TEMPLATES, font_paths=fonts)
    try:
        made = compiler.compile(
            format=kind, ppi=ppi, pdf_standards=list(standards or []), timestamp=int(clock.now().timestamp()),
            sys_inputs={"data": _as_json(data), "font": family},
        )  # fmt: skip
    except typst.TypstError as error:
        raise PaperError(f"{document}: {error.message} {' '.join(error.hints)}") from error
    return made if isinstance(made, list) else [made or b""]


def _as_json(data: Mapping[str, Any]) -> str:
    """Half a surrogate pair, which no file can hold, becomes a question mark."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _configured_fonts() -> str:
    return str(current_app.config.get("PAPER_FONTS", "")) if has_app_context() else ""


@functools.lru_cache(maxsize=4)
def find_fonts(configured: str = "") -> "tuple[Fonts, str]":
    """The fonts to print with and the family of the Japanese one: the operator's folder, ours, or the system's.

    Raises PaperError where none of them has a Japanese font.
    """
    from typst import Fonts

    folders = [Path(configured)] if configured else []
    for folder in [*folders, *sorted(VENDORED.glob("noto-sans-jp-*"))]:
        fonts = Fonts(include_system_fonts=False, font_paths=[folder])
        if family := _family_in(fonts, folder):
            return fonts, family
    fonts = Fonts()
    found = next((family for family in FAMILIES if family in fonts.families()), None)
    if found is None:
        raise PaperError("No Japanese font was found: set EVENTAPP_PAPER_FONTS to a folder with one.")
    return fonts, found


def _family_in(fonts: "Fonts", folder: Path) -> str | None:
    """The family that the folder brings: one we know, else its first."""
    inside = [font.family for font in fonts.fonts() if font.path and folder in Path(font.path).parents]
    return next((family for family in FAMILIES if family in inside), inside[0] if inside else None)
