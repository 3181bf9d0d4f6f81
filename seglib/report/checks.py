"""May this report go out? Every rule that the build stops at, each with one sentence."""

from __future__ import annotations

from typing import Any

from seglib.report import references
from seglib.report.template import Placed
from seglib.report.tree import Node, cited, cites, count_words, is_reference, label, referred, walk

FEWEST_WORDS, MOST_WORDS = 2000, 3000
FEWEST_REFERENCES = 15


def problems(
    document: Node,
    entries: list[dict[str, Any]],
    placed: Placed,
    exported: set[str],
    typed: dict[str, list[str]],
) -> list[str]:
    """One sentence for each thing that is wrong.

    Parameters
    ----------
    document
        Pandoc's tree, before references are resolved.
    entries
        The bibliography as CSL-JSON.
    placed
        Pictures that the text shows or lists.
    exported
        Figures that the notebooks left in the folder of the data set.
    typed
        Numbers typed into the prose, by file, see
        :func:`seglib.report.template.typed_numbers`.
    """
    return [
        *(f"{name} types the number {at}; inject it." for name in typed for at in typed[name]),
        *_figures(placed, exported),
        *references.problems(entries),
        *_citations(document, entries),
        *_cross_references(document),
        *_captions(document),
        *_length(count_words(document)),
    ]


def _figures(placed: Placed, exported: set[str]) -> list[str]:
    used = placed.shown + placed.listed
    unused, twice = exported - set(used), {name for name in used if used.count(name) > 1}
    return [
        f"The figure '{name}' is not in the report; show it, or list it in the appendix."
        for name in sorted(unused)
    ] + [f"The figure '{name}' is in the report twice." for name in sorted(twice)]


def _citations(document: Node, entries: list[dict[str, Any]]) -> list[str]:
    keys, used = {entry["id"] for entry in entries}, cited(document)
    found = [f"The text cites '{key}', which no .bib file has." for key in sorted(used - keys)]
    found += [f"The reference '{key}' is never cited." for key in sorted(keys - used)]
    if len(keys) < FEWEST_REFERENCES:
        found.append(f"There are {len(keys)} references; {FEWEST_REFERENCES} are needed.")
    return found


def _cross_references(document: Node) -> list[str]:
    labels, used = label(document), referred(document)
    shown = {name for name in labels if name.startswith(("fig:", "tbl:"))}
    mixed = (group for group in cites(document) if len(group) > 1)
    return [
        *(f"The text refers to '{name}', which is not there." for name in sorted(used - {*labels})),
        *(f"The text never refers to '{name}'." for name in sorted(shown - used)),
        *(
            f"The text puts {' and '.join(group)} into one citation; part them by words."
            for group in mixed
            if any(map(is_reference, group))
        ),
    ]


def _captions(document: Node) -> list[str]:
    """Figures and tables without a caption, pictures without an alternative text."""
    found = []
    for node in walk(document["blocks"]):
        if node["t"] in ("Figure", "Table") and not node["c"][1][1]:
            found.append(f"A {node['t'].lower()} of the report has no caption.")
        if node["t"] == "Image" and not node["c"][1]:
            found.append(f"The picture '{node['c'][2][0]}' has no alternative text.")
    return found


def _length(words: int) -> list[str]:
    if FEWEST_WORDS <= words <= MOST_WORDS:
        return []
    return [f"The report has {words} words; {FEWEST_WORDS} to {MOST_WORDS} are allowed."]


def stop(*arguments: Any) -> None:
    """Raise ``ValueError`` with all :func:`problems`, one a line, if there are any."""
    found = problems(*arguments)
    if found:
        raise ValueError("the report is not ready:\n" + "\n".join(f"- {line}" for line in found))
