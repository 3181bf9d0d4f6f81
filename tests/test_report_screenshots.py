"""Does the report show cells as a browser pictured them, and only those of today?"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from typer.testing import CliRunner

from seglib import report as package
from seglib.cli import app
from seglib.figures.code import find_code
from seglib.report import screenshots
from tests.reports import REPORT, ROOT, course, fill, results_of

CELLS = screenshots.wanted((REPORT / "report.md").read_text(), REPORT)


def put_picture(folder: Path, name: str, source: str) -> None:
    info = PngInfo()
    info.add_itxt(screenshots.KEY, source)
    Image.new("RGB", (40, 20)).save(folder / f"{name}.png", pnginfo=info)


def source_of(name: str) -> str:
    place, of = CELLS[name]
    return find_code(ROOT / place, of, result=True)[0]


def test_the_text_says_which_cells_it_wants() -> None:
    text = '{% call cell("a", "n.ipynb", "x", result=true) %}A{% endcall %}\n{{ cell.b("c") }}'
    assert screenshots.wanted(text, REPORT) == {"a": ("n.ipynb", "x")}
    assert "05_cell_outlines" in CELLS


def test_a_picture_stands_in_the_text_if_it_was_taken(tmp_path: Path) -> None:
    root = course(tmp_path, "kvasir-seg", results_of("kvasir-seg"))
    before, placed = fill(root, "kvasir-seg")
    assert set(CELLS) < set(placed.code) and not placed.cells
    for name in CELLS:
        put_picture(root / "figures" / "kvasir-seg", name, source_of(name))
    after, placed = fill(root, "kvasir-seg")
    assert placed.cells == CELLS and not set(CELLS) & set(placed.code)
    said = "Screenshot of a cell of `notebooks/05_evaluation.ipynb` with its result."
    assert after.count(said) == len(CELLS) and said not in before


def test_a_picture_of_an_older_cell_stops_the_build(tmp_path: Path) -> None:
    for name in CELLS:
        put_picture(tmp_path, name, source_of(name))
    screenshots.check_current(ROOT, CELLS, tmp_path)
    put_picture(tmp_path, "05_cell_policy", "policy = {}")
    with pytest.raises(ValueError, match="'05_cell_policy' shows an older cell than .*--screensh"):
        screenshots.check_current(ROOT, CELLS, tmp_path)


def test_a_notebook_that_was_not_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the notebooks on 'kvasir-seg' first"):
        screenshots.take_screenshots(ROOT, tmp_path, tmp_path / "kvasir-seg", "browser")


@pytest.mark.parametrize("browser", ["true", "no-such-browser"])
def test_a_browser_that_takes_no_picture_is_named(tmp_path: Path, browser: str) -> None:
    with pytest.raises(ValueError, match=f"{browser} made no cell.png"):
        screenshots.take_screenshots(ROOT, ROOT / "notebooks", tmp_path, browser)
    assert not list(tmp_path.iterdir())


def test_without_a_browser_the_shell_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshots.shutil, "which", lambda _name: None)
    monkeypatch.setattr(package, "build_report", lambda *_: package.Report(b"", b"", 2345))
    monkeypatch.setattr(package, "write_report", lambda *_: ((Path("report.pdf"),), ()))
    done = CliRunner().invoke(app, ["report", "--screenshots"])
    assert done.exit_code == 0, done.output
    assert "No Chromium was found" in done.stdout and "report.pdf (2345 words)" in done.stdout
