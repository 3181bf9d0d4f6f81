"""How do I show code in a report? A picture of the very lines that ran, never a pasted copy."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont
from pygments import highlight
from pygments.formatters import ImageFormatter
from pygments.lexers import PythonLexer

from seglib.names import nearest

FONT = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"
PIXELS, WIDTH = 30, 1890  # at 300 dpi: letters of 7.2 pt, 160 mm wide, about 98 columns
RULE, INK, PAPER = "#999999", "#222222", "#F0F0F0"  # as the style paints it
MARGIN = 20


def _defined(tree: ast.Module) -> dict[str, ast.stmt]:
    """Top-level statements by the name that they define or assign."""
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {t.id: node for t in node.targets if isinstance(t, ast.Name)}
    return found


def _cells(notebook: Path) -> list[tuple[str, dict[str, ast.stmt], list[dict]]]:
    """Source, defined names and outputs of every cell that is plain Python."""
    cells = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            try:
                cells.append((source, _defined(ast.parse(source)), cell["outputs"]))
            except SyntaxError:
                continue  # a cell with %magic
    return cells


def _lines(source: str, node: ast.stmt) -> tuple[str, int]:
    """The lines of a statement, and the number of the first; decorators come along."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno]), first


def find_code(place: Path, name: str, result: bool = False) -> tuple[str, int, str]:
    """Find what a notebook or module defines under a name.

    Parameters
    ----------
    place
        An ``.ipynb`` or ``.py`` file.
    name
        A function, class or variable defined at its top level.
    result
        Take the whole cell and its printed output, not the definition alone.

    Returns
    -------
    source, first line, output
        The output is empty unless asked for.

    Raises
    ------
    ValueError
        If the name is not defined there; the nearest one is named.
    """
    if place.suffix == ".py":
        text = place.read_text(encoding="utf-8")
        cells = [(text, _defined(ast.parse(text)), [])]
    else:
        cells = _cells(place)
    known = {known: cell for cell in cells for known in cell[1]}
    source, names, outputs = known[nearest(name, known, f"definition in {place.name}")]
    if result:
        return source, 1, "\n".join(filter(None, map(_printed, outputs)))
    return *_lines(source, names[name]), ""


def _printed(output: dict) -> str:
    """The plain text of one output of a cell."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(text).rstrip()


def code_picture(source: str, first: int = 1, output: str = "") -> bytes:
    """Draw code with line numbers, and what it printed below, as PNG.

    Parameters
    ----------
    source
        Python.
    first
        Number of its first line.
    output
        Text; empty draws none.
    """
    formatter = ImageFormatter(
        style="friendly", font_name=str(FONT), font_size=PIXELS, line_number_start=first,
        line_number_bg=PAPER, line_number_fg=RULE, line_number_separator=False, line_pad=4,
        image_pad=MARGIN, line_number_pad=MARGIN, background_color=PAPER,
    )  # fmt: skip
    drawn = Image.open(io.BytesIO(highlight(source, PythonLexer(), formatter))).convert("RGB")
    below = _output(output) if output else Image.new("RGB", (1, 0))
    size = max(drawn.width, below.width, WIDTH), drawn.height + below.height
    picture = Image.new("RGB", size, PAPER)
    picture.paste(drawn, (0, 0))
    if output:
        picture.paste("white", (0, drawn.height, *size))
        picture.paste(below, (0, drawn.height))
        ImageDraw.Draw(picture).line((0, drawn.height, size[0], drawn.height), RULE, 2)
    buffer = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(buffer, "PNG", dpi=(300, 300))
    return buffer.getvalue()


def _output(text: str) -> Image.Image:
    """Printed text, black on white."""
    font = ImageFont.truetype(str(FONT), PIXELS)
    probe = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    right, bottom = probe.multiline_textbbox((0, 0), text, font, spacing=8)[2:]
    picture = Image.new("RGB", (int(right) + 4 * MARGIN, int(bottom) + 2 * MARGIN), "white")
    ImageDraw.Draw(picture).multiline_text((3 * MARGIN, MARGIN), text, INK, font, spacing=8)
    return picture
