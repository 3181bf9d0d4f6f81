"""Are the pictures of code and of networks drawn from the code and the networks?"""

from __future__ import annotations

import io
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from seglib.figures.architecture import DIAGRAMS, shapes, unet
from seglib.figures.code import code_picture, find_code
from seglib.models import UNet, build_model
from seglib.recipes import recipe

MODULE = '"""Doc."""\n\nX = 1\n\n\n@wraps\ndef f():\n    return X\n\n\nclass C:\n    pass\n'


def notebook(folder: Path) -> Path:
    cells = [
        {"cell_type": "markdown", "source": ["f = 0"]},
        {"cell_type": "code", "source": ["%magic\n", "f = 1"], "outputs": []},
        {
            "cell_type": "code",
            "source": ["def f():\n", "    return 2\n", "\n", "table = f()\n", "table"],
            "outputs": [
                {"output_type": "stream", "text": ["said\n"]},
                {"output_type": "execute_result", "data": {"text/plain": ["2"], "text/html": "x"}},
                {"output_type": "display_data", "data": {"image/png": "AAAA"}},
            ],
        },
    ]
    path = folder / "n.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return path


def test_code_of_a_module_comes_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(MODULE)
    assert find_code(path, "f") == ("@wraps\ndef f():\n    return X", 6, "")
    assert find_code(path, "X") == ("X = 1", 3, "")


def test_code_of_a_notebook_follows_the_name(tmp_path: Path) -> None:
    path = notebook(tmp_path)
    assert find_code(path, "f") == ("def f():\n    return 2", 1, "")
    source, first, output = find_code(path, "table", result=True)
    assert source.startswith("def f()") and source.endswith("table")
    assert (first, output) == (1, "said\n2")


def test_unknown_code_is_refused(tmp_path: Path) -> None:
    path = notebook(tmp_path)
    with pytest.raises(ValueError, match=r"Unknown definition in n\.ipynb 'tabel'.*'table'"):
        find_code(path, "tabel")


def test_a_picture_of_code_has_one_width_and_the_same_bytes() -> None:
    short, long = code_picture("x = 1"), code_picture("x = 1\ny = 2", 40, "said\nmore")
    assert short == code_picture("x = 1")
    sizes = [Image.open(io.BytesIO(data)).size for data in (short, long)]
    assert sizes[0][0] == sizes[1][0] and sizes[1][1] > 2 * sizes[0][1]


def test_shapes_are_those_of_the_network() -> None:
    network = UNet(width=4, depth=2).train()
    found = shapes(network, {"stem": network.stem, "down": network.downs[1]}, 16)
    assert found == {"stem": [(4, 16)], "down": [(16, 4)]}
    assert network.training


@pytest.mark.parametrize("model", DIAGRAMS)
def test_diagrams_name_the_shapes(model: str) -> None:
    network = build_model(recipe("polyp-quick", model=model, size=64)).eval()
    figure = DIAGRAMS[model](network, 64)
    said = [text.get_text() for text in figure.axes[0].texts]
    with torch.inference_mode():
        maps = network.encoder(torch.zeros(1, 3, 64, 64))
    for features in maps[1:]:
        assert f"{features.shape[1]} × {features.shape[-1]}²" in said
    assert "logits\n1 × 64²" in said
    if model == "deeplabv3plus":
        assert sum("rate" in words for words in said) == 3
    plt.close(figure)


def test_the_teaching_unet_has_a_diagram() -> None:
    figure = unet(UNet(width=8), 32)
    said = [text.get_text() for text in figure.axes[0].texts]
    assert "image\n3 × 32²" in said and "128 × 2²" in said
    plt.close(figure)
