"""Does the comparison of notebooks with their stored outputs tell right from wrong?"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"


@pytest.fixture(scope="module")
def comparison():
    """The module ``notebooks/conftest.py``."""
    spec = importlib.util.spec_from_file_location("notebooks_conftest", FOLDER / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("stored", "computed", "expected"),
    [
        ("Dice 0.85", "Dice 0.90", True),
        ("Dice 0.85", "Dice 0.65", False),
        ("Dice 0.85", "Dice 1.05", False),
        ("Dice 0.85", "IoU 0.85", False),
        ("Dice 85 %", "Dice 80 %", True),
        ("Dice 85 %", "Dice 65 %", False),
        ("Dice 85%", "Dice 85", False),
        ("gain -0.02", "gain +0.03", True),
        ("gain -0.06", "gain +0.06", False),
        ("hd95 10.0 px", "hd95 12.4 px", True),
        ("hd95 10.0 px", "hd95 12.6 px", False),
        ("1,234 pixels", "1,300 pixels", True),
        ("1,234 pixels", "2,234 pixels", False),
        ("case p003_f02", "case p003_f03", False),
        ("resnet18 at 96x96", "resnet18 at 97x97", False),
        ("version 0.6.0", "version 0.6.1", False),
        ("lr 1e-3", "lr 2e-3", True),
        ("hd95 nan", "hd95 nan", True),
        ("hd95 nan", "hd95 3.0", False),
        ("a   0.9\nb  0.85", "a  0.88\nb  0.85", True),
        ("a 0.9 b 0.8", "a 0.9", False),
        ("<td>0.850</td>", "<td>0.801</td>", True),
        ("<td>0.850</td>", "<td>0.601</td>", False),
    ],
)
def test_agree(comparison, stored: str, computed: str, expected: bool) -> None:
    assert comparison.agree(stored, computed) is expected


# source, tags, stored output (None: the cell was never run), and whether it must pass
CELLS = {
    "same": ("print('Dice', 0.85)", [], "Dice 0.85\n", True),
    "untagged number moved": ("print('Dice', 0.851)", [], "Dice 0.85\n", False),
    "text moved": ("print('good')", [], "bad\n", False),
    "trained, by .05": ("print('Dice', 0.85)", ["trained"], "Dice 0.80\n", True),
    "trained, by .2": ("print('Dice', 0.85)", ["trained"], "Dice 0.65\n", False),
    "trained, text moved": ("print('Dice', 0.85)", ["trained"], "IoU 0.85\n", False),
    "trained, output gone": ("print('Dice', 0.85)", ["trained"], "", False),
    "never run": ("x = 1", [], None, False),
    "own settings": (
        "import os\n"
        "print(os.environ['SEGLIB_DATASET'], os.environ['SEGLIB_PROFILE'])\n"
        "print('SEGLIB_DATA' in os.environ, os.environ.get('MPLBACKEND') == 'Agg')\n"
        "print(os.listdir(os.environ['SEGLIB_OUTPUTS']))",
        [],
        "phantom-polyp quick\nFalse False\n[]\n",
        True,
    ),
    "trained table, by .05": (
        "import pandas as pd\npd.DataFrame({'dice': [0.9, 0.85]})",
        ["trained"],
        "   dice\n0   0.9\n1   0.9",
        True,
    ),
}


def stored_cell(number: int, source: str, tags: list[str], stored: str | None):
    cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}", metadata={"tags": tags})
    cell.execution_count = None if stored is None else number + 1
    if "DataFrame" in source:
        html = _html(stored)
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": stored, "text/html": html})
        ]
    elif stored:
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=stored)]
    return cell


def _html(plain: str) -> str:
    """What pandas shows for the stored table."""
    values = [float(line.split()[1]) for line in plain.splitlines()[1:]]
    return pd.DataFrame({"dice": values})._repr_html_()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory) -> dict[str, bool]:
    """Run one small notebook through pytest, from a shell with other settings."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(FOLDER / "conftest.py", folder)
    cells = [stored_cell(i, *facts[:3]) for i, facts in enumerate(CELLS.values())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "small.ipynb")
    shell = {"SEGLIB_DATASET": "kvasir-seg", "SEGLIB_PROFILE": "full", "SEGLIB_DATA": "elsewhere"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    done = subprocess.run(
        [*command, "--rootdir", folder, "--junitxml", folder / "found.xml", folder],
        env=os.environ | shell | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = ElementTree.parse(folder / "found.xml").iter("testcase")
    passed = [case.find("failure") is None and case.find("error") is None for case in found]
    return dict(zip(CELLS, passed, strict=True))


@pytest.mark.parametrize("name", CELLS)
def test_comparison_tells_right_from_wrong(outcomes: dict[str, bool], name: str) -> None:
    assert outcomes[name] is CELLS[name][3]
