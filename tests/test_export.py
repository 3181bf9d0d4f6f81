"""An exported network answers like the one it was made from, or is not written."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from seglib import export as exporting
from seglib.cli import app
from seglib.export import export
from seglib.images import read_image
from seglib.inference import predict
from seglib.loading import CachedDataset
from seglib.models import build_model
from seglib.recipes import NnunetRecipe, Recipe, Stage
from seglib.runs import Run, load_run, save_network
from seglib.runtimes import OnnxNetwork, load_network, onnx_path
from seglib.training import fit
from tests.squares import RECIPE, square_cases

onnx = pytest.importorskip("onnx", reason="install seglib[export]")
for needed in ("onnxruntime", "onnxscript"):
    pytest.importorskip(needed, reason="install seglib[export]")

TINY = dataclasses.replace(RECIPE, stages=(Stage(epochs=8, lr=1e-2, batch_size=4),))


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return square_cases(tmp_path_factory.mktemp("squares"), 40, 6, 2, 2)


@pytest.fixture(scope="module")
def run(cases, tmp_path_factory) -> Run:
    return fit(TINY, cases, tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="module")
def exported(run) -> exporting.Exported:
    return export(run)


def untrained(recipe: Recipe, cases: pd.DataFrame, folder: Path) -> Run:
    """A run folder as if training had ended before it began."""
    torch.manual_seed(0)
    Run.begin(folder / "run", recipe, cases, {})
    best = folder / "run" / "checkpoints" / "best.ckpt"
    return load_run(save_network(best, build_model(recipe), recipe, cases.attrs["card"]))


def test_the_file_lies_beside_the_checkpoint_and_says_how_it_was_checked(run, exported):
    assert exported.path == run.checkpoint.with_name("best.onnx")
    assert exported.images == (run.cases["split"] == "val").sum() == 8
    assert 0 < exported.gap <= 1e-4
    assert exported.dice == pytest.approx(exported.dice_torch, abs=1e-3)
    assert exported.dice_torch == pytest.approx(run.best["val_dice"], abs=1e-3)


def test_it_takes_batches_of_any_length(run, exported):
    network, written = run.network(), OnnxNetwork(exported.path)
    for n in (1, 3, 5):
        images = torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(n))
        with torch.no_grad():
            torch.testing.assert_close(written(images), network(images), rtol=1e-4, atol=1e-4)


def test_it_tells_other_programs_how_to_use_it(run, exported):
    model = onnx.load(exported.path)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert Recipe.from_json(facts["recipe"]) == run.recipe
    assert facts["mean"] == "(0.485, 0.456, 0.406)"
    assert [port.name for port in (*model.graph.input, *model.graph.output)] == ["image", "logits"]
    sides = [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
    assert sides == [0, 3, 32, 32]  # 0: a name stands there, not a number


def test_prediction_at_native_resolution_is_the_same(run, cases, exported):
    image = read_image(cases["image"].iloc[0])
    maps = [
        predict(load_network(run, name), image, 32, precision="32") for name in ("torch", "onnx")
    ]
    assert maps[0].shape == maps[1].shape == image.shape[:2]
    assert 0 < np.abs(maps[0] - maps[1]).max() < 1e-4
    with pytest.raises(ValueError, match="smaller than the network's stride of 16 px"):
        predict(load_network(run, "onnx"), image[:15], 32)


def test_eight_bits_weigh_less_and_cost_little(run):
    recipe = dataclasses.replace(run.recipe, precision="32")
    found = export(dataclasses.replace(run, recipe=recipe), int8=True)
    assert found.path == run.checkpoint.with_name("best-int8.onnx")
    weights = [w for w in onnx.load(found.path).graph.initializer if len(w.dims) == 4]
    assert {w.data_type for w in weights} == {onnx.TensorProto.INT8}
    assert found.dice >= found.dice_torch - exporting.DICE_LOSS
    assert found.gap > 1e-3  # eight bits are not exact; else nothing was quantised


def test_ranges_and_check_see_validation_images_only(run, monkeypatch):
    seen, take = set(), CachedDataset.__getitem__

    def watched(self, index):
        seen.add(int(self.rows[index[0]]))
        return take(self, index)

    monkeypatch.setattr(CachedDataset, "__getitem__", watched)
    export(run, int8=True)
    assert seen == set(np.flatnonzero(run.cases["split"] == "val"))


@pytest.mark.parametrize(
    ("model", "encoder"), [("unet", "mobilenetv3-large"), ("deeplabv3plus", "resnet18")]
)
def test_the_zoo_can_be_exported(model, encoder, cases, tmp_path):
    recipe = dataclasses.replace(TINY, model=model, encoder=encoder, size=64)
    found = export(untrained(recipe, cases, tmp_path))
    assert found.dice == pytest.approx(found.dice_torch, abs=1e-3)


def test_a_file_that_answers_otherwise_is_not_written(run, cases, tmp_path, monkeypatch):
    other = untrained(TINY, cases, tmp_path)
    answer = OnnxNetwork.forward
    monkeypatch.setattr(OnnxNetwork, "forward", lambda self, x: answer(self, x) + 0.01)
    with pytest.raises(ValueError, match=r"logits differ by up to 0\.01.*Nothing was written"):
        export(other)
    monkeypatch.setattr(OnnxNetwork, "forward", lambda self, x: answer(self, x) * 0 - 1)
    monkeypatch.setattr(exporting, "GAP", np.inf)
    with pytest.raises(ValueError, match=r"Dice of 0\.0000 on 8 validation images"):
        export(dataclasses.replace(run, checkpoint=_copy(run.checkpoint, tmp_path)))
    assert not list(tmp_path.rglob("*.onnx"))


def test_a_run_of_nnunet_is_refused(run):
    theirs = dataclasses.replace(run, recipe=NnunetRecipe("own"))
    with pytest.raises(ValueError, match="is of nnU-Net, which exports by programs of its own"):
        export(theirs)


def _copy(file: Path, folder: Path) -> Path:
    copy = folder / "copy.ckpt"
    copy.write_bytes(file.read_bytes())
    return copy


def test_files_that_are_missing_broken_or_of_other_weights(run, exported, cases, tmp_path):
    other = untrained(TINY, cases, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"make it: seglib export .*best\.ckpt --int8"):
        load_network(other, "int8")
    with pytest.raises(ValueError, match="'onnx'"):
        load_network(other, "onxx")
    onnx_path(other).write_bytes(exported.path.read_bytes())
    with pytest.raises(ValueError, match="holds other weights than"):
        load_network(other, "onnx")
    onnx_path(other).write_bytes(b"no network")
    with pytest.raises(ValueError, match="cannot be used as an exported network"):
        load_network(other, "onnx")


def test_a_valid_file_that_this_course_did_not_export_is_refused(tmp_path):
    sides = [1, 3, 32, 32]
    ports = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sides)
        for name in ("image", "logits")
    ]
    node = onnx.helper.make_node("Identity", ["image"], ["logits"])
    graph = onnx.helper.make_graph([node], "foreign", ports[:1], ports[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    facts = {"stride": "32", "weights": "unknown"}
    onnx.helper.set_model_props(model, facts)
    onnx.save(model, tmp_path / "ours.onnx")
    assert OnnxNetwork(tmp_path / "ours.onnx").stride == 32  # only the facts make it ours
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(ValueError, match="foreign.onnx cannot be used as an exported network"):
        OnnxNetwork(tmp_path / "foreign.onnx")


def test_from_a_shell(run, cases, tmp_path):
    def shell(*words: str | Path) -> str:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.stdout

    said = shell("export", run.path)
    assert re.search(r"best\.onnx \(\d+\.\d MB\)\nChecked on 8 validation images: Dice 0\.", said)
    for runtime in ("torch", "onnx"):
        words = ["--run", run.path, "--runtime", runtime, "--output", tmp_path / runtime]
        shell("predict", cases["image"].iloc[0], *words)
    ours, theirs = (next((tmp_path / name).glob("*_mask.png")) for name in ("torch", "onnx"))
    assert (read_image(ours) != read_image(theirs)).mean() < 1e-2
