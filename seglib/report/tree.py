"""What is in the document? Words, labels and references on pandoc's document tree.

The tree is pandoc's JSON: every node is ``{"t": kind, "c": content}``. Numbers of sections,
figures, tables and equations are given here, so that PDF and DOCX have the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]

KINDS = {"sec": "Section", "fig": "Figure", "tbl": "Table", "eq": "Equation"}
NOT_WORDS = {"Cite", "Note", "Math", "Image", "Code", "RawInline"}
NOT_PROSE = {"Figure", "Table", "CodeBlock", "RawBlock"}
GAP = 6 * "\u00a0"  # before the number of an equation; LibreOffice keeps no other space there
NOT_COUNTED = {"refs", "appendix"}  # identifiers of what stands behind the report


def walk(node: Any) -> Iterator[Node]:
    """Every node of a tree, in reading order."""
    if isinstance(node, dict):
        if "t" in node:
            yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def rewrite(node: Any, change: Callable[[Node], Node]) -> Any:
    """A copy of a tree with `change` done to every node, from the leaves up."""
    if isinstance(node, list):
        return [rewrite(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: rewrite(value, change) for key, value in node.items()}
    return change(copy) if "t" in copy else copy


def _prose(node: Any) -> str:
    """The text of a block or inline that counts; spaces between blocks."""
    if isinstance(node, list):
        return "".join(map(_prose, node))
    if not isinstance(node, dict) or "t" not in node:
        return ""
    kind, content = node["t"], node.get("c")
    if kind in NOT_WORDS | NOT_PROSE:
        return " " if kind in NOT_PROSE else ""
    if kind == "Str":
        return content
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind in ("Div", "Span", "Header", "Link", "Quoted"):
        attributes = content[1] if kind == "Header" else content[0]
        if kind == "Div" and attributes[0] in NOT_COUNTED:
            return " "
        content = content[2] if kind == "Header" else content[1]
    ends = " " if kind in ("Para", "Plain", "Header") else ""
    return _prose(content) + ends


def count_words(document: Node) -> int:
    """Words of the report's prose.

    Counted are paragraphs, headings and lists. Not counted are the title page, captions, tables,
    equations, code, notes, citation marks, cross-references, the bibliography and the appendix. A
    word is what stands between two spaces and has a letter or a digit.
    """
    text = _prose(document["blocks"])
    return sum(any(c.isalnum() for c in word) for word in text.split())


def label(document: Node) -> dict[str, str]:
    """Identifier to words, such as ``Figure 3``, of all that can be referred to.

    Raises
    ------
    ValueError
        If two things have the same identifier.
    """
    labels: dict[str, str] = {}
    counted: Counter[str] = Counter()
    section = [0, 0]
    for node in walk(document["blocks"]):
        if node["t"] == "Header":
            level, (identifier, classes, _), _ = node["c"]
            if "unnumbered" in classes:
                continue
            section = [section[0] + 1, 0] if level == 1 else [section[0], section[1] + 1]
            kind, number = "sec", ".".join(str(n) for n in section[:level])
        elif node["t"] in ("Figure", "Div", "Span"):
            identifier = node["c"][0][0]
            kind = identifier.partition(":")[0]
            if kind not in KINDS:
                continue
            counted[kind] += 1
            number = str(counted[kind])
        else:
            continue
        if identifier in labels:
            raise ValueError(f"Two parts of the report are called '{identifier}'; rename one.")
        labels[identifier] = f"{KINDS[kind]}\u00a0{number}"
    return labels


def cites(document: Node) -> list[list[str]]:
    """Identifiers of each citation; pandoc reads ``@fig:name`` as one, too."""
    nodes = (node for node in walk(document) if node["t"] == "Cite")
    return [[c["citationId"] for c in node["c"][0]] for node in nodes]


def is_reference(identifier: str) -> bool:
    """Does this point into the report, such as ``fig:name``, and not to a work?"""
    return identifier.partition(":")[0] in KINDS


def cited(document: Node) -> set[str]:
    """Keys of all works that are cited."""
    return {name for group in cites(document) for name in group if not is_reference(name)}


def referred(document: Node) -> set[str]:
    """Identifiers of all parts of the report that are referred to."""
    return {name for group in cites(document) for name in group if is_reference(name)}


def resolve(document: Node, labels: dict[str, str]) -> Node:
    """A copy in which ``@fig:name`` is a link that says ``Figure 3``; unknown ones stay."""

    def link(node: Node) -> Node:
        """The link in place of a reference that has a label."""
        target = node["c"][0][0]["citationId"] if node["t"] == "Cite" else None
        if target not in labels:
            return node
        words = [{"t": "Str", "c": labels[target]}]
        return {"t": "Link", "c": [["", [], []], words, [f"#{target}", ""]]}

    return rewrite(document, link)


def stamp(document: Node, labels: dict[str, str]) -> Node:
    """A copy that shows its numbers: before headings and captions, behind equations."""

    def show(node: Node) -> Node:
        """The same node with its number, if it has one."""
        kind, content = node["t"], node.get("c")
        name = {"Header": lambda: content[1][0], "Span": lambda: content[0][0],
                "Div": lambda: content[0][0], "Figure": lambda: content[0][0]}  # fmt: skip
        words = labels.get(name[kind]()) if kind in name else None
        if words is None:
            return node
        number = words.partition("\u00a0")[2]
        if kind == "Header":
            content[2] = [{"t": "Str", "c": number}, {"t": "Space"}, *content[2]]
        elif kind == "Span":
            (math,) = content[1]
            math["c"][1] += rf"\text{{{GAP}({number})}}"
        else:
            captioned = node if kind == "Figure" else content[1][0]
            caption = captioned["c"][1][1]
            caption[0]["c"][:0] = [{"t": "Strong", "c": [{"t": "Str", "c": f"{words}."}]}, SPACE]
        return node

    return rewrite(document, show)


SPACE = {"t": "Space"}
