"""How does a notebook's cell look with its result? Pictures taken by a browser without a window.

They are exported beside the other figures of a data set, so that a report is built from them
without a browser. Each picture carries the source of its cell: where the notebook has moved on,
the report stops instead of showing what the course no longer says.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
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
        picture = _picture(_page(notebook, source), browser)
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


def _page(notebook: Path, source: str) -> str:
    """An HTML page of the one cell that has this source."""
    import nbformat  # beside the notebooks, not needed to build a report
    from nbconvert import HTMLExporter

    page = nbformat.read(notebook, as_version=4)
    page.cells = [cell for cell in page.cells if cell.source == source][:1]
    exporter = HTMLExporter(template_name="lab", mathjax_url="", require_js_url="", jquery_url="")
    return exporter.from_notebook_node(page)[0]


def _picture(page: str, browser: str) -> Image.Image:
    """The page as the browser draws it, without the empty rest below."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "cell.html").write_text(page, encoding="utf-8")
        command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}"]
        command += [f"--screenshot={folder / 'cell.png'}", (folder / "cell.html").as_uri()]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=120)
        if not (folder / "cell.png").is_file():
            raise ValueError(f"{browser} took no picture of a page in {folder.parent}.")
        with Image.open(folder / "cell.png") as taken:
            drawn = taken.convert("RGB")
    paper = Image.new("RGB", drawn.size, drawn.getpixel((0, drawn.height - 1)))
    left, top, right, bottom = ImageChops.difference(drawn, paper).getbbox()
    return drawn.crop((0, max(0, top - MARGIN), drawn.width, min(drawn.height, bottom + MARGIN)))
