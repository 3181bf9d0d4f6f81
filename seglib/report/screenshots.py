"""How does a notebook's cell look with its result? Pictures taken by a browser without a window.

They are exported beside the other figures of a data set, so that a report is built from them
without a browser. Each picture carries the source of its cell: where the notebook has moved on,
the report stops instead of showing what the course no longer says.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jinja2
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from seglib.figures.code import find_code
from seglib.files import write_atomic
from seglib.report.template import TEXT_WIDTH, environment

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
SCALE, DPI = 2, 300
WIDTH, HEIGHT = round(TEXT_WIDTH / 25.4 * DPI / SCALE), 3000  # of the window, CSS pixels
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--force-device-scale-factor={SCALE}", f"--window-size={WIDTH},{HEIGHT}")  # fmt: skip
# As a command: it belongs to the notebooks, and a report is built without it.
TO_HTML = (
    sys.executable,
    "-m",
    "nbconvert",
    "--to",
    "html",
    "--template",
    "lab",
    *(f"--HTMLExporter.{name}_url=" for name in ("mathjax", "require_js", "jquery")),
)
MARGIN = 16  # of white below the result, px of the picture
KEY = "cell"  # under which a picture carries the source of its cell


def find_browser() -> str | None:
    """Path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def wanted(text: str, sources: Path) -> dict[str, tuple[str, str]]:
    """Cells that a template of the report shows: name of the picture to notebook and definition."""
    calls = environment(sources).parse(text).find_all(jinja2.nodes.Call)
    named = [c for c in calls if isinstance(c.node, jinja2.nodes.Name) and c.node.name == "cell"]
    found = [[argument.as_const() for argument in call.args] for call in named]
    return {name: (place, of) for name, place, of in found}


def take_screenshots(root: Path, executed: Path, figures: Path, browser: str) -> list[Path]:
    """Picture every cell that the report shows with its result.

    Parameters
    ----------
    root
        The course folder.
    executed
        Folder of the notebooks as they were run on this data set.
    figures
        Folder of its figures; the pictures go there.
    browser
        See :func:`find_browser`.

    Raises
    ------
    FileNotFoundError
        If a notebook was not run on this data set.
    ValueError
        If the browser takes no picture; some may not read the folder of temporary files.
    """
    sources, made = root / "report", []
    cells = wanted((sources / "report.md").read_text(encoding="utf-8"), sources)
    for name, (place, of) in cells.items():
        notebook = executed / Path(place).name
        if not notebook.is_file():
            raise FileNotFoundError(
                f"{notebook} does not exist: run the notebooks on '{figures.name}' first "
                "(make course), then take pictures of their cells."
            )
        source = find_code(notebook, of, result=True)[0]
        picture = _picture(notebook, source, browser)
        info = PngInfo()
        info.add_itxt(KEY, source)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", dpi=(DPI, DPI), pnginfo=info, optimize=True)
        made.append(write_atomic(figures / f"{name}.png", buffer.getvalue()))
    return made


def check_current(root: Path, cells: dict[str, tuple[str, str]], folder: Path) -> None:
    """Raise ``ValueError`` if a picture in `folder` shows another source than the notebook has."""
    for name, (place, of) in cells.items():
        with Image.open(folder / f"{name}.png") as picture:
            shown = picture.info.get(KEY)
        if shown != find_code(root / place, of, result=True)[0]:
            raise ValueError(
                f"The picture '{name}' shows an older cell than {place} has now: take it again "
                "(seglib report --screenshots), or delete it, and the report shows the code alone."
            )


def _picture(notebook: Path, source: str, browser: str) -> Image.Image:
    """The cell that has this source as the browser draws it, without the empty rest below."""
    page = json.loads(notebook.read_text(encoding="utf-8"))
    page["cells"] = [cell for cell in page["cells"] if "".join(cell["source"]) == source][:1]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "cell.ipynb").write_text(json.dumps(page), encoding="utf-8")
        shot = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}"]
        shot += [f"--screenshot={folder / 'cell.png'}", (folder / "cell.html").as_uri()]
        _run("nbconvert", [*TO_HTML, str(folder / "cell.ipynb")], folder / "cell.html")
        _run(browser, shot, folder / "cell.png")
        with Image.open(folder / "cell.png") as taken:
            drawn = taken.convert("RGB")
    paper = Image.new("RGB", drawn.size, drawn.getpixel((0, drawn.height - 1)))
    _, top, _, bottom = ImageChops.difference(drawn, paper).getbbox()
    return drawn.crop((0, max(0, top - MARGIN), drawn.width, min(drawn.height, bottom + MARGIN)))


def _run(name: str, command: list[str], made: Path) -> None:
    """Run a command that makes a file."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, timeout=120)
    if not made.is_file():
        raise ValueError(f"{name} made no {made.name} in {made.parent.parent}.")
