"""Which fonts show the report? Those inside typst, so that every machine gives the same file."""

from __future__ import annotations

import typst

PROBE = '#set text(font: "Libertinus Serif")\n#"{}"'


def choose_fonts(text: str) -> typst.Fonts:
    """Typst's own fonts; with those of this machine if only they show all letters of a text.

    Raises
    ------
    ValueError
        If no font shows a letter. Typst itself would print a box.
    """
    letters = sorted({letter for letter in text if not letter.isascii()})
    fonts = typst.Fonts(include_system_fonts=False)
    if not _lost(letters, fonts):
        return fonts
    fonts = _of_this_machine()
    if lost := _lost(letters, fonts):
        raise ValueError(
            f"No font of this machine shows {', '.join(lost)}, which the report needs: install one "
            "that does, such as Noto, or write report/metadata.yml and the text in other letters."
        )
    return fonts


def _of_this_machine() -> typst.Fonts:
    return typst.Fonts()


def _lost(letters: list[str], fonts: typst.Fonts) -> list[str]:
    """Letters that no font shows; one look at all of them is enough if there is none."""
    if _shows("".join(letters), fonts):
        return []
    return [letter for letter in letters if not _shows(letter, fonts)]


def _shows(letters: str, fonts: typst.Fonts) -> bool:
    """Whether a PDF for archives, in which no letter may be missing, can be made of these."""
    try:
        typst.compile(PROBE.format(letters).encode(), font_paths=fonts, pdf_standards=["a-2b"])
    except typst.TypstError:
        return False
    return True
