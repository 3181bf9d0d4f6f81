"""How does a trained network leave PyTorch?

As one ONNX file, which ONNX Runtime and many other programs read without PyTorch. In 8 bits
(Jacob et al. 2018, arXiv:1712.05877) it is smaller, on many processors faster, and a little less
exact: the range of every activation is read off validation images, never off test images. A file
is written only if it answers like the network that it was made from.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seglib.files import write_atomic
from seglib.loading import SegmentationData
from seglib.metrics import foreground_dice
from seglib.models import stride
from seglib.recipes import EnsembleRecipe, NnunetRecipe
from seglib.runs import Run
from seglib.runtimes import OnnxNetwork, export_extra, onnx_path
from seglib.thresholds import to_labels
from seglib.transforms import MEAN, STD

IMAGES = 100  # at most; more change neither the ranges nor the check
GAP = 1e-4  # of the largest logit, but at least of 1: what float32 leaves open
DICE_LOSS = 0.005  # in the mean over the validation images

Example = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Exported:
    """A file that passed its check.

    Attributes
    ----------
    path
        The file.
    images
        Validation images it was checked on.
    gap
        Largest difference of a logit from PyTorch's in float32.
    dice, dice_torch
        Mean foreground Dice of the file and of PyTorch, per image at working size.
    """

    path: Path
    images: int
    gap: float
    dice: float
    dice_torch: float


def export(run: Run, int8: bool = False) -> Exported:
    """Write the network of a run as ONNX beside its checkpoint, and check what was written.

    The input ``image`` is ``(N, 3, S, S) float32`` for any N, normalised with the file's own facts
    ``mean`` and ``std``; the output ``logits`` is ``(N, C, S, S) float32``.

    Parameters
    ----------
    run
        A finished run, with its validation images at hand.
    int8
        Keep weights and activations in 8 bits, with ranges from the validation images.

    Raises
    ------
    ModuleNotFoundError
        If the extra ``export`` is not installed.
    ValueError
        If the run is of nnU-Net, or the file answers otherwise than PyTorch; then nothing is
        written.
    """
    if isinstance(run.recipe, NnunetRecipe):
        raise ValueError(f"{run.path.name} is of nnU-Net, which exports by programs of its own.")
    with export_extra():
        import onnxruntime  # noqa: F401, asked for before minutes are spent
        import onnxscript  # noqa: F401
    network, examples = run.network(), _validation_examples(run)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "network.onnx"
        _translate(network, run.recipe.size, draft)
        if int8:
            _quantise(draft, [image for image, _ in examples])
        _label(draft, run, stride(network))
        classes = run.card.n_classes
        gap, dice, wanted = _check(network, OnnxNetwork(draft), examples, classes, int8)
        path = write_atomic(onnx_path(run, int8), draft.read_bytes())
    return Exported(path, len(examples), gap, dice, wanted)


def _validation_examples(run: Run) -> list[Example]:
    """Validation images of a run as its network takes them, with their masks, evenly spaced."""
    cache, recipe = run.path.parent / "cache", run.recipe
    if isinstance(recipe, EnsembleRecipe):
        recipe = recipe.members[0]  # all see the images alike
    data = SegmentationData(run.cases, recipe, recipe.stages[-1], cache).val
    rows = np.linspace(0, len(data) - 1, min(IMAGES, len(data))).round().astype(int)
    return [data[row, 0] for row in rows]


def _translate(network: nn.Module, size: int, path: Path) -> None:
    """Write a network as ONNX in float32, for a batch of any length."""
    torch.onnx.export(
        network.to(memory_format=torch.contiguous_format),
        (torch.zeros(2, 3, size, size),),  # a batch of one would be taken for a constant
        path,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def _label(path: Path, run: Run, pixels: int) -> None:
    """Write into an ONNX file what one must know to use it."""
    import onnx

    model = onnx.load(path)
    facts = {"recipe": run.recipe.to_json(), "weights": run.digest}
    facts |= {"mean": str(MEAN), "std": str(STD), "stride": str(pixels)}
    onnx.helper.set_model_props(model, facts)
    onnx.save(model, path)


class _Batches:
    """What the quantiser asks for: one image after the other, then nothing."""

    def __init__(self, images: Sequence[Tensor]) -> None:
        self.left = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next image as a batch of one."""
        image = next(self.left, None)
        return None if image is None else {"image": image[None].numpy()}


def _quantise(path: Path, images: Sequence[Tensor]) -> None:
    """Replace an ONNX file by one in 8 bits: weights per channel, activations as the images say."""
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = path.with_name("folded.onnx")  # batch norm becomes part of the convolution
    quant_pre_process(path, folded, skip_symbolic_shape=True)
    quantize_static(
        folded,
        path,
        _Batches(images),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


@torch.inference_mode()
def _answers(
    network: nn.Module, examples: Sequence[Example], n_classes: int
) -> tuple[Tensor, float]:
    """Logits ``(N, C, S, S)`` of all examples, and their mean Dice."""
    logits = torch.cat([network(image[None]) for image, _ in examples])
    found = [to_labels(one.squeeze(0).numpy(), threshold=0) for one in logits]
    pairs = zip((mask.byte().numpy() for _, mask in examples), found, strict=True)
    return logits, float(np.mean([foreground_dice(*pair, n_classes) for pair in pairs]))


def _check(
    network: nn.Module, written: nn.Module, examples: Sequence[Example], n_classes: int, int8: bool
) -> tuple[float, float, float]:
    """Largest difference of a logit, Dice of what was written, Dice of the network."""
    wanted, dice_torch = _answers(network, examples, n_classes)
    logits, dice = _answers(written, examples, n_classes)
    gap, allowed = float((logits - wanted).abs().max()), GAP * max(1, float(wanted.abs().max()))
    if not (int8 or gap <= allowed):
        raise ValueError(
            f"The exported network answers otherwise than PyTorch: logits differ by up to {gap:.2g}"
            f", and {allowed:.2g} is allowed. Nothing was written; update the extra 'export'."
        )
    if not dice_torch - dice <= DICE_LOSS:
        raise ValueError(
            f"The exported network has a mean Dice of {dice:.4f} on {len(examples)} validation "
            f"images, PyTorch {dice_torch:.4f}; a loss of {DICE_LOSS} is allowed. Nothing was "
            f"written; {'export it without int8' if int8 else 'update the extra export'}."
        )
    return gap, dice, dice_torch
