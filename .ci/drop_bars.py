"""Take out of stored notebooks what only a running kernel can show or what was true once.

Progress bars say how long something took once. Of a widget the line of text stays.
"""

import sys
from pathlib import Path

import nbformat

WIDGET = "application/vnd.jupyter.widget-view+json"


def is_bar(output: dict) -> bool:
    """Whether an output is what tqdm shows."""
    return "%|" in output.get("data", {}).get("text/plain", "")


for path in map(Path, sys.argv[1:]):
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_bar(output)]
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)
