"""Are the notebooks well made? One rule of the course a function, every notebook in turn."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = (
    "01_data_exploration",
    "02_preprocessing",
    "03_unet",
    "04_deeplabv3plus",
    "05_evaluation",
    "06_comparison",
    "07_several_organs",
    "08_small_objects",
    "09_audit",
    "10_nnunet",
    "11_choices",
    "12_scans",
)
TRAINED = (*NAMES[2:8], *NAMES[9:])  # the chapters whose results depend on a trained network


@pytest.fixture(params=NAMES)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    """One notebook after the other; its ``stem`` and ``bytes`` are put beside its cells."""
    path = FOLDER / f"{request.param}.ipynb"
    assert path.is_file(), f"{path.name} is missing"
    read = nbformat.read(path, as_version=4)
    nbformat.validate(read)
    return nbformat.from_dict(dict(read) | {"stem": path.stem, "bytes": path.stat().st_size})


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def lines(cell) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip()]


def texts(cell, but: str = "") -> str:
    """All that a cell shows as text, HTML included, `but` for one kind."""
    shown = []
    for output in cell.outputs:
        shown.append(output.get("text", ""))
        data = output.get("data", {})
        shown += [data[kind] for kind in data if kind.startswith("text/") and kind != but]
    return "\n".join(shown)


def test_there_are_no_other_notebooks() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(NAMES)


def test_every_code_cell_ran_in_order(notebook) -> None:
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_error_and_no_stderr_is_stored(notebook) -> None:
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_no_object_address_is_stored(notebook) -> None:
    assert not [texts(c) for c in code(notebook) if re.search(r"\bat 0x[0-9a-f]+", texts(c))]


def test_no_timing_is_stored(notebook) -> None:
    assert not [
        cell.id for cell in notebook.cells if {"execution", "ExecuteTime"} & {*cell.metadata}
    ]


def test_no_widget_is_stored(notebook) -> None:
    assert "widgets" not in notebook.metadata
    kinds = {
        kind
        for cell in code(notebook)
        for output in cell.outputs
        for kind in output.get("data", {})
    }
    assert not [kind for kind in kinds if "widget" in kind]


def test_no_absolute_path_is_written_or_stored(notebook) -> None:
    places = "home|root|Users|tmp|var|usr|opt|mnt|media|srv|private|content|work"
    absolute = re.compile(rf"(?:^|[\s\"'(=])(?:/(?:{places})/|[A-Za-z]:\\)", re.MULTILINE)
    for cell in notebook.cells:
        shown = texts(cell) if cell.cell_type == "code" else ""
        assert not absolute.search(f"{cell.source}\n{shown}"), cell.id


def test_size(notebook) -> None:
    assert notebook.bytes <= 300 * 1024
    assert 25 <= len(notebook.cells) <= 45


def test_share_of_text_cells(notebook) -> None:
    share = 1 - len(code(notebook)) / len(notebook.cells)
    assert 0.45 <= share <= 0.60


def test_cells_are_short(notebook) -> None:
    lengths = sorted(len(lines(cell)) for cell in code(notebook))
    assert statistics.median(lengths) <= 5
    assert statistics.quantiles(lengths, n=10)[-1] <= 15
    assert lengths[-1] <= 30


def test_only_what_is_taught_is_defined(notebook) -> None:
    defines = re.compile(r"^\s*(?:async def|def|class)\s", re.MULTILINE)
    cells = [cell for cell in code(notebook) if "definition" not in tags(cell)]
    assert not [cell.source for cell in cells if defines.search(cell.source)]


def test_parameters_cell(notebook) -> None:
    cells = [cell for cell in code(notebook) if "parameters" in tags(cell)]
    assert len(cells) == 1
    assert "settings = seglib.settings()" in cells[0].source


def test_trained_cells_are_where_training_is(notebook) -> None:
    marked = [cell for cell in code(notebook) if "trained" in tags(cell)]
    assert bool(marked) == (notebook.stem in TRAINED)
    # A tolerance over a whole notebook would be no comparison at all.
    assert len(marked) <= len(code(notebook)) / 2
    if marked:
        compared = [texts(cell, but="text/markdown") for cell in marked]
        assert any(re.search(r"0\.\d", shown) for shown in compared), "no score to compare"


def test_nothing_is_excused_from_comparison(notebook) -> None:
    assert not [
        cell.source for cell in code(notebook) if re.search(r"NBVAL|PYTEST_VAL", cell.source)
    ]
    excuses = ("nbval", "raises-exception")
    assert not [t for cell in code(notebook) for t in tags(cell) if t.startswith(excuses)]


def test_no_cell_ends_in_a_semicolon(notebook) -> None:
    assert not [cell.source for cell in code(notebook) if cell.source.rstrip().endswith(";")]


def test_title_badge_and_references(notebook) -> None:
    first, text = notebook.cells[0].source, markdown(notebook)
    assert re.search(r"^# ", first, re.MULTILINE)
    assert (
        f"colab.research.google.com/github/seglib/seglib/blob/main/notebooks/{notebook.stem}.ipynb"
        in first
    )
    references = text.partition("## References")[2]
    assert re.search(r"doi\.org|arxiv\.org", references, re.IGNORECASE)


def test_solutions_are_collapsed(notebook) -> None:
    cells = [cell for cell in code(notebook) if "solution" in tags(cell)]
    assert cells
    assert all(cell.metadata.get("jupyter", {}).get("source_hidden") for cell in cells)


def test_kernel_is_the_plain_one(notebook) -> None:
    assert notebook.metadata.kernelspec.name == "python3"
