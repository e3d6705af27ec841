"""Typst: the templates of this package and no other file, fonts that are there, whatever people typed as data."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import typst

from checkin_api.errors import CheckinError
from reports.glyphs import covered, drawable

# With the shapes that the Ministry of Education of Taiwan prescribes; the same characters look different in JP or SC.
SANS = "Noto Sans CJK TC"
SERIF = "Noto Serif CJK TC"
TEMPLATES = Path(__file__).parent / "templates"

# Typst keeps what it has laid out for ten compilations; so many empty ones make it forget, or memory grows.
# Source: typst-py 0.15.2, `comemo::evict(10)`; measured with 100 sheets a time: 44 MB more each, and none after this.
_FORGOTTEN_AFTER = 11
# Under this name templates take their data.
_GIVEN = "given"


class TypesettingError(CheckinError):
    """A document cannot be made; says what is missing."""


class Typesetter:
    """One template, made ready once for any number of documents; not for several threads at a time."""

    def __init__(self, template: str, *, folder: Path = TEMPLATES) -> None:
        """Look for the fonts.

        Raises:
            TypesettingError: one of them is not installed.
        """
        self._fonts = typst.Fonts(include_embedded_fonts=False)
        require_fonts(self._fonts.families())
        self._compiler = typst.Compiler(folder / template, root=folder, font_paths=self._fonts)

    def pdf(self, given: Mapping[str, Any], *, made_at: datetime, tagged: bool) -> bytes:
        """A document as PDF/A-2b; the same data and time give the same bytes.

        Args:
            given: What the template reads, anything that JSON can say.
            made_at: The time that the document says it was made at.
            tagged: Whether readers for blind people find its structure.

        Raises:
            TypesettingError: Typst refuses or warns: a document that is not as it should be is none.
        """
        try:
            made, warnings = self._compiler.compile_with_warnings(
                format="pdf",
                sys_inputs=self._inputs(given),
                pdf_standards=["a-2b"],
                timestamp=int(made_at.timestamp()),
                pdf_tags=tagged,
            )
        except typst.TypstError as exc:
            raise TypesettingError(f"文件無法排版 / the document cannot be typeset: {exc.message}") from exc
        if warnings or not isinstance(made, bytes):
            raise TypesettingError(f"文件排版有問題 / typesetting the document: {[w.message for w in warnings]}")
        return made

    def forget(self, given: Mapping[str, Any]) -> None:
        """Give memory back, by way of small documents."""
        for number in range(_FORGOTTEN_AFTER):
            self._compiler.compile(format="pdf", sys_inputs=self._inputs({**given, "number": number}), timestamp=0)

    def drawable(self, text: str) -> str:
        """The text on one line, with what the font has no glyph for marked as such."""
        return drawable(text, self._has)

    @cached_property
    def _has(self) -> frozenset[int]:
        found: frozenset[int] | None = None
        for font in self._fonts.fonts():
            if font.family in {SANS, SERIF} and font.path is not None:
                has = frozenset(covered(Path(font.path), font.index))
                found = has if found is None else found & has
        return found or frozenset()

    @staticmethod
    def _inputs(given: Mapping[str, Any]) -> dict[str, str]:
        return {_GIVEN: json.dumps({**given, "sans": SANS, "serif": SERIF}, ensure_ascii=False)}


def require_fonts(families: Sequence[str]) -> None:
    """See to it that both fonts are there; Typst says nothing and takes another one else.

    Raises:
        TypesettingError: one is not.
    """
    if missing := [name for name in (SANS, SERIF) if name not in families]:
        raise TypesettingError(
            f"缺少字型 {'、'.join(missing)}：sudo apt-get install fonts-noto-cjk / "
            f"a font is missing: install fonts-noto-cjk"
        )
