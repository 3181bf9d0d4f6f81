"""How `pytest --nbval notebooks` compares the notebooks with their stored outputs.

nbval runs every code cell again and compares its text with the stored text, exactly. Two cells
cannot be compared like that. Networks trained on two kinds of processor differ a little, so in
cells tagged ``trained`` the numbers may differ by the tolerance below, and everything around the
numbers must still be equal. And a cell that was never run has nothing to be compared with, so it
fails here instead of passing. Pictures and their sizes are not compared, nor is Markdown that a
``trained`` cell prints.

The notebooks train for themselves in every test session: outputs go to a temporary folder that
starts empty, and whatever SEGLIB_* variables the shell has set are put aside.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from importlib.util import find_spec

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

# The only tolerance of the course, for numbers that depend on training.
ABSOLUTE = 0.1  # where the stored number lies in [-1, 1], like a Dice
RELATIVE = 0.25  # of the stored number, where it lies outside

# A number that stands alone: "0.85", "-3", "1,234", "12 %"; not the digits of "p003_f02",
# "resnet18" or "96x96".
NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w|\.\d)(?: ?%)?"
)
# A figure is as high as the pictures that a network's scores choose for it.
FIGURE = re.compile(r"<Figure size \S+ with")
# Packages of an extra that one chapter asks for; without them it is skipped, and says so.
EXTRAS = {
    "09_audit": ("audit", ("medpy", "monai", "sklearn", "torchmetrics")),
    "10_nnunet": ("nnunet", ("nnunetv2",)),
}
SETTINGS = {"SEGLIB_DATASET": "phantom-polyp", "SEGLIB_PROFILE": "quick"}
# As in seglib/__init__.py, for notebooks that import timm before seglib.
SETTINGS["PYTHONWARNINGS"] = "ignore:`torch.jit.interface` is deprecated:FutureWarning"


def value(text: str) -> float:
    """The number that a text shows; a percentage counts as the share it means."""
    share = text.endswith("%")
    return float(text.rstrip("% ").replace(",", "")) / (100 if share else 1)


def close(stored: str, computed: str) -> bool:
    """Whether two printed numbers agree within the tolerance."""
    reference, number = value(stored), value(computed)
    allowed = ABSOLUTE if abs(reference) <= 1 else RELATIVE * abs(reference)
    return abs(number - reference) <= allowed + 1e-9


def agree(stored: str, computed: str) -> bool:
    """Whether two texts are equal but for their numbers, and each number is close.

    Runs of blanks count as one: pandas pads a column to its widest number.
    """
    words = [" ".join(NUMBER.sub("<number>", text).split()) for text in (stored, computed)]
    numbers = [NUMBER.findall(text) for text in (stored, computed)]
    return words[0] == words[1] and all(map(close, *numbers))


def _texts(output: dict) -> dict:
    """The part of an output that maps a kind of text to the text."""
    return output.get("data", output)


def without_bars(outputs: list) -> list:
    """The outputs but for progress bars, which stand only where something was not done before."""
    return [output for output in outputs if "%|" not in _texts(output).get("text/plain", "")]


def without_sizes(outputs: list) -> list:
    """The outputs with figures named by their axes alone."""
    for text in map(_texts, outputs):
        if "text/plain" in text:
            text["text/plain"] = FIGURE.sub("<Figure with", text["text/plain"])
    return outputs


def settle(computed: list, stored: list) -> None:
    """Put the stored text in place of each computed text that agrees with it.

    What is left different is reported by nbval, with both versions.
    """
    for new, old in zip(computed, stored, strict=False):
        new, old = _texts(new), _texts(old)
        for kind in ("text", "text/plain", "text/html"):
            if kind in new and kind in old and agree(old[kind], new[kind]):
                new[kind] = old[kind]


class CourseCell(IPyNbCell):
    """A code cell, compared exactly, or within the tolerance if it is tagged ``trained``."""

    def runtest(self) -> None:
        """Run the cell and compare it; a cell without stored outputs to compare fails."""
        if self.cell.execution_count is None:
            self.raise_cell_error("This cell was never run: run the notebook and store its outputs")
        super().runtest()

    def compare_outputs(self, test: list, ref: list, skip_compare: tuple | None = None) -> bool:
        """Whether the new outputs `test` equal the stored ones `ref`."""
        test, ref = (without_sizes(without_bars(outputs)) for outputs in (test, ref))
        if "trained" in self.cell.metadata.get("tags", []):
            settle(test, ref)
            skip_compare = (*(skip_compare or self.parent.skip_compare), "text/markdown")
        return super().compare_outputs(test, ref, skip_compare)


class CourseNotebook(IPyNbFile):
    """A notebook whose code cells are :class:`CourseCell`."""

    def collect(self) -> object:
        """The code cells in order."""
        extra, packages = EXTRAS.get(self.path.stem, ("", ()))
        if missing := [name for name in packages if find_spec(name) is None]:
            pytest.skip(f"needs {', '.join(missing)}: pip install seglib[{extra}]")
        for found in super().collect():
            facts = {"cell_num": found.cell_num, "cell": found.cell, "options": found.options}
            yield CourseCell.from_parent(self, name=found.name, **facts)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: object, parent: pytest.Collector) -> object:
    """Collect notebooks with the classes above."""
    found = yield
    return [
        CourseNotebook.from_parent(parent, path=file_path) if isinstance(file, IPyNbFile) else file
        for file in found
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Give the session settings of its own; pytest-xdist's workers inherit them."""
    # The kernel is this Python, whatever kernels the user has installed.
    config.option.nbval_current_env = not config.option.nbval_kernel_name
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("SEGLIB_")]:
        del os.environ[name]
    os.environ.pop("MPLBACKEND", None)  # would keep figures out of the notebook
    config.seglib_outputs = tempfile.mkdtemp(prefix="seglib-notebooks-")
    os.environ.update(SETTINGS, SEGLIB_OUTPUTS=config.seglib_outputs)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the session trained."""
    if folder := getattr(config, "seglib_outputs", None):
        shutil.rmtree(folder, ignore_errors=True)
