"""Whose report is it? The title page."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from seglib.names import nearest
from seglib.report.reading import read_text
from seglib.report.tree import Node

NOTICE = "Synthetic data: a program made these images. The scores below say nothing about patients."


@dataclass(frozen=True)
class Metadata:
    """What the student fills in: ``report/metadata.yml``."""

    title: str
    author: str
    institution: str
    date: datetime.date
    language: str


def read_metadata(path: Path) -> Metadata:
    """Read the title page's facts.

    Raises
    ------
    ValueError
        If the file cannot be read, or a field is missing, unknown or of the wrong kind.
    """
    found = _parse(path) or {}
    if not isinstance(found, dict):
        raise ValueError(f"{path} has no fields; give lines such as title: 'U-Net: a study'.")
    kinds = {name: datetime.date if name == "date" else str for name in Metadata.__annotations__}
    for name in found:
        nearest(name, kinds, f"field of {path.name}")
    for name, kind in kinds.items():
        if not isinstance(found.get(name), kind) or found[name] == "":
            wanted = "a date such as 2026-01-31" if name == "date" else "some words, in quotes"
            raise ValueError(f"{path} says {name}: {found.get(name)!r}; give {wanted}.")
    if not re.fullmatch("[a-z]{2,3}(-[A-Z]{2})?", found["language"]):
        raise ValueError(f"{path} says language: {found['language']!r}; give a tag such as en-GB.")
    return Metadata(**found)


def _parse(path: Path) -> object:
    """What the YAML says; ``ValueError`` in our words if it is none."""
    text = read_text(path)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ValueError(
            f"{path}{f', line {mark.line + 1},' if mark else ''} cannot be read: {reason}; put the "
            "words in quotes, such as title: 'U-Net: a study', and give a date of the calendar."
        ) from None


def title_page(metadata: Metadata, words: int, synthetic: bool) -> dict:
    """Pandoc's metadata for the head of the first page."""

    def text(words: str) -> Node:
        """Words as a node of metadata."""
        return {"t": "MetaInlines", "c": [{"t": "Str", "c": words}]}

    day = f"{metadata.date.day} {metadata.date:%B %Y}"
    lines = [metadata.institution, day, f"{words} words"]
    broken = [{"t": "LineBreak"}] * (2 * len(lines) - 1)
    broken[::2] = [{"t": "Str", "c": line} for line in lines]
    page = {
        "title": text(metadata.title),
        "author": {"t": "MetaList", "c": [text(metadata.author)]},
        "date": {"t": "MetaInlines", "c": broken},
        "lang": text(metadata.language),
        "link-citations": {"t": "MetaBool", "c": True},
    }
    return page | ({"subtitle": text(NOTICE)} if synthetic else {})


def typst_string(words: str) -> str:
    """Words to stand between the quotes of a string of typst, where markup means nothing."""
    return words.replace("\\", r"\\").replace('"', r"\"")
