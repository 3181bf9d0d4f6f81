"""Which works may be cited? Peer-reviewed or archived ones, each with a lasting identifier."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from seglib.report.pandoc import pandoc
from seglib.report.reading import read_text

KINDS = ("article-journal", "paper-conference", "chapter", "article", "book")
DOI = re.compile(r"10\.\d{4,9}/\S+")
ARXIV = re.compile(r"https?://arxiv\.org/abs/\d{4}\.\d{4,5}(v\d+)?")


def read_references(*bibliographies: Path) -> list[dict[str, Any]]:
    """The entries of BibTeX files as CSL-JSON."""
    text = "\n".join(read_text(path) for path in bibliographies)
    return json.loads(pandoc(text, "biblatex", "csljson"))


def problems(entries: list[dict[str, Any]]) -> list[str]:
    """One sentence for each entry that may not be cited.

    An entry needs a DOI or an arXiv identifier, and no other address: encyclopedias, blogs and
    essay sites have neither.
    """
    found = []
    for entry in entries:
        key, doi, url = entry["id"], entry.get("DOI", ""), entry.get("URL", "")
        if not DOI.fullmatch(doi) and not ARXIV.fullmatch(url):
            found.append(f"The reference '{key}' has neither a DOI nor an arXiv identifier.")
        elif url and not ARXIV.fullmatch(url):
            found.append(
                f"The reference '{key}' points to {url}; give its DOI or arXiv identifier."
            )
        if entry["type"] not in KINDS:
            found.append(
                f"The reference '{key}' is a {entry['type']}; cite articles, chapters or books."
            )
        for field in ("author", "title", "issued"):
            if not entry.get(field):
                found.append(f"The reference '{key}' has no {field}.")
    twice = {e["id"] for e in entries if [x["id"] for x in entries].count(e["id"]) > 1}
    return found + [f"The reference '{key}' is there twice." for key in sorted(twice)]
