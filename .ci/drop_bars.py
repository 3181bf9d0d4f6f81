"""Take progress bars out of stored notebooks: they say how long something took once."""

import sys
from pathlib import Path

import nbformat


def is_bar(output: dict) -> bool:
    """Whether an output is what tqdm shows."""
    return "%|" in output.get("data", {}).get("text/plain", "")


for path in map(Path, sys.argv[1:]):
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_bar(output)]
    nbformat.write(notebook, path)
