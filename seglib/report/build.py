"""How does the report become a PDF and a Word file?"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typst

from seglib.cards import card
from seglib.files import set_aside, sha256, write_atomic
from seglib.names import nearest
from seglib.report import (
    checks,
    facts,
    pictures,
    references,
    screenshots,
    template,
    tree,
    word,
)
from seglib.report.fonts import choose_fonts
from seglib.report.metadata import Metadata, read_metadata, title_page, typst_string
from seglib.report.pandoc import pandoc
from seglib.report.reading import read_text

TEXT = "report.md"
WRITTEN = "written.json"  # digests of both files as they were written last


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes
    ----------
    pdf, docx
        The two files.
    words
        Length of the prose, see :func:`seglib.report.tree.count_words`.
    typeset
        Digest of the text and template from which the PDF was set; no zlib has packed them.
    """

    pdf: bytes
    docx: bytes
    words: int
    typeset: str = ""


def build_report(root: Path, dataset: str) -> Report:
    """Make the report of one data set, in memory.

    Parameters
    ----------
    root
        The course folder, with ``report/``, ``notebooks/`` and ``figures/<dataset>/``.
    dataset
        Name of a card.

    Raises
    ------
    ValueError
        If anything in the text does not fit the results; one sentence for each such thing.
    FileNotFoundError
        If results or a figure are missing.
    """
    root = root.resolve()
    sources, figures = root / "report", root / "figures" / dataset
    known = _gather(figures, dataset)
    metadata = read_metadata(sources / "metadata.yml")
    metadata = replace(metadata, title=template.fill(metadata.title, known))
    tasks = sorted(path.stem for path in (sources / "tasks").glob("*.md"))
    task = nearest(known["card"].recipe, tasks, "task with a text in report/tasks")
    bibliographies = sources / "references.bib", sources / "tasks" / f"{task}.bib"
    entries = references.read_references(*bibliographies)
    known["task"] = f"tasks/{task}.md"
    texts = {name: read_text(sources / name) for name in (TEXT, known["task"])}
    typed = {name: template.typed_numbers(text) for name, text in texts.items()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for picture in (*figures.glob("*.png"), *figures.glob("*.pdf")):
            shutil.copy(picture, folder)
        pictures.draw_diagrams(known["recipe"], known["card"].n_classes, folder)
        known["published"] = facts.published(known, entries)
        text, placed = template.render(TEXT, sources, known, folder)
        document = json.loads(pandoc(text, "markdown", "json"))
        # Figures of the chapters after the sixth belong to those chapters.
        exported = {path.stem for path in figures.glob("0[1-6]_*.png")}
        checks.stop(document, entries, placed, exported, typed)
        screenshots.check_current(root, placed.cells, folder)
        pictures.draw_code(root, placed.code, folder)
        (folder / "references.json").write_text(json.dumps(entries))
        return _typeset(document, metadata, known["card"].is_synthetic, sources, folder)


def _gather(figures: Path, dataset: str) -> dict[str, Any]:
    """What the text may say; ``ValueError`` if the results are torn, or of an older course."""
    try:
        return facts.gather(figures, dataset)
    except (LookupError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{figures / 'results.json'} is not what the notebooks write now "
            f"({type(error).__name__}: {error}): run notebooks 01 to 06 again."
        ) from error


def _typeset(
    document: tree.Node, metadata: Metadata, synthetic: bool, sources: Path, folder: Path
) -> Report:
    """From a checked document to the two files."""
    words, labels = tree.count_words(document), tree.label(document)
    document = tree.stamp(tree.resolve(document, labels), labels)
    document["meta"] = title_page(metadata, words, synthetic)
    source = json.dumps(document)
    noon = datetime.time(12, tzinfo=datetime.UTC)
    epoch = int(datetime.datetime.combine(metadata.date, noon).timestamp())
    shutil.copy(sources / "style.csl", folder)  # its path goes into the DOCX: a bare name, anywhere
    cite = ("--citeproc", "--bibliography=references.json", "--csl=style.csl")
    word.write_reference(folder / "reference.docx")
    pandoc(
        source, "json", "docx", *cite, "--reference-doc=reference.docx", "--output=report.docx",
        folder=folder, epoch=epoch,
    )  # fmt: skip
    vector = json.dumps(tree.rewrite(document, pictures.for_typst(folder)))
    typ = pandoc(
        vector, "json", "typst", *cite, f"--template={sources / 'template.typ'}",
        "--variable", f"writer={typst_string(metadata.author)}",
        "--variable", f"year={metadata.date.year}", "--variable", f"month={metadata.date.month}",
        "--variable", f"day={metadata.date.day}", folder=folder, epoch=epoch,
    )  # fmt: skip
    (folder / "report.typ").write_text(typ, encoding="utf-8")
    try:
        pdf = typst.compile(folder / "report.typ", root=folder, font_paths=choose_fonts(typ))
    except typst.TypstError as error:
        raise ValueError(f"Typst could not set the report: {error}") from None
    typeset = hashlib.sha256(typ.encode()).hexdigest()
    return Report(pdf, (folder / "report.docx").read_bytes(), words, typeset)


def report_folder(root: Path, dataset: str) -> Path:
    """Where the report belongs: ``report/``, or a folder in it that git ignores if synthetic."""
    return root / "report" / (dataset if card(dataset).is_synthetic else "")


def write_report(report: Report, folder: Path) -> tuple[list[Path], list[Path]]:
    """Write ``report.pdf`` and ``report.docx``, and keep what somebody made of the last ones.

    Returns
    -------
    written, kept
        The two files; and those which had their names, were not written by this function and are
        now beside them (``report.1.docx``): a text that was edited in Word is not lost.
    """
    record, files = folder / WRITTEN, {"report.pdf": report.pdf, "report.docx": report.docx}
    last = json.loads(record.read_text()) if record.is_file() else {}
    now = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    known = {name: {now[name], last.get(name)} for name in files}
    there = [folder / name for name in files if (folder / name).is_file()]
    kept = [set_aside(path) for path in there if sha256(path) not in known[path.name]]
    written = [write_atomic(folder / name, content) for name, content in files.items()]
    now["typeset"] = report.typeset
    write_atomic(record, json.dumps(now, indent=1) + "\n")
    return written, kept


def check_written(report: Report, folder: Path) -> None:
    """Raise ``ValueError`` unless the files in `folder` are those of this report.

    Another zlib packs other bytes, and pictured code is set as the machine sets text. So both files
    must be those that were written last, together; the PDF from this text and template, and the
    one in Word's format with the parts of this report, pictured code of the same size.
    """
    record = folder / WRITTEN
    last = json.loads(record.read_text()) if record.is_file() else {}
    for name in ("report.pdf", "report.docx"):
        path = folder / name
        current = path.is_file() and sha256(path) == last.get(name)
        if current and path.suffix == ".docx":
            current = word.unpacked(path.read_bytes()) == word.unpacked(report.docx)
        if not current or last.get("typeset") != report.typeset:
            raise ValueError(
                f"{path} is not what the text and the results give now; run `seglib report`."
            )
