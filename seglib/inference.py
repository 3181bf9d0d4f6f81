"""What does the network see in this image?

Networks work at one small square size; scores and pictures are wanted at the size of the image.
So the probability is brought back to native resolution first and thresholded afterwards: a mask
that is resized after thresholding has lost the position of its border. Two options cost time
and may gain: the mean of mirrored views, and a sliding window over the image shrunken less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from threading import Semaphore

import cv2
import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from seglib.display import read_stored, show
from seglib.hardware import device, half_precision
from seglib.images import resize_image, to_rgb
from seglib.models import stride
from seglib.nnunet import pipeline
from seglib.parallel import on_all_threads
from seglib.recipes import NnunetRecipe
from seglib.runs import Run
from seglib.tiles import blend, cut
from seglib.transforms import eval_transform

BATCH = 4  # images a thread; more would not fit into its cache
ON_GPU = Semaphore(2)  # batches at once; more would wait there, too, and fill its memory
# Dihedral test-time augmentation without quarter turns: the axes to mirror, in (N, C, H, W).
FLIPS = ((), (3,), (2,), (2, 3))
ROUNDED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)  # what autocast computes in half precision


def _probability(logits: Tensor) -> Tensor:
    logits = logits.float()
    return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)


def _small(image: np.ndarray, size: int, smallest: int, what: str = "The image") -> np.ndarray:
    """An RGB image as the network sees it, ``(S, S, 3) uint8``; errors call it `what`."""
    height, width = image.shape[:2]
    if min(height, width) < smallest:
        raise ValueError(
            f"{what} is {height}x{width} px, smaller than the network's stride of {smallest} px: it"
            " would be seen as less than one cell. Use an image of higher resolution."
        )
    return resize_image(image, (size, size))


def _ready(run: Run) -> nn.Module:
    """The network where it computes, with weights that autocast need not round for each batch."""
    network, half = run.network().to(device()), half_precision(run.recipe.precision, device())
    for layer in network.modules() if half else ():
        if isinstance(layer, ROUNDED):
            layer.to(half)
    return network


@torch.inference_mode()
def _forward(
    network: nn.Module, pictures: Sequence[np.ndarray], flips: bool, precision: str
) -> np.ndarray:
    """Probabilities ``(N, C, S, S) float32`` of N pictures ``(S, S, 3) uint8``."""
    # An exported network shows no weights; it computes on the CPU.
    where = next(network.parameters(), torch.empty(0)).device
    # A transform keeps notes while it works, so each call has its own and no thread shares it.
    normalise = eval_transform()
    batch = torch.stack([normalise(image=picture)["image"] for picture in pictures])
    half, views = half_precision(precision, where), FLIPS if flips else FLIPS[:1]
    turn = nullcontext() if where.type == "cpu" else ON_GPU
    with turn, torch.autocast(where.type, half, enabled=half is not None):
        batch = batch.to(where).contiguous(memory_format=torch.channels_last)
        seen = [_probability(network(batch.flip(axes))).flip(axes) for axes in views]
        return torch.stack(seen).mean(dim=0).cpu().numpy()


def _sight(size: int, zoom: float) -> int:
    """Side of the square in which the network sees an image, px."""
    if not 1 <= zoom < np.inf:
        raise ValueError(f"zoom is {zoom:g}, expected 1 (the whole image at once) or more.")
    return round(size * zoom)


def _slide(
    network: nn.Module, pictures: Sequence[np.ndarray], size: int, flips: bool, precision: str
) -> list[np.ndarray]:
    """Probabilities ``(C, S, S)`` of pictures ``(S, S, 3)``, seen in windows of `size` px."""
    if (side := len(pictures[0])) == size:
        return list(_forward(network, pictures, flips, precision))
    # One picture after the other: a batch of them would need the memory of all their windows.
    seen = (_forward(network, cut(picture, size), flips, precision) for picture in pictures)
    return [blend(maps, side) for maps in seen]


def _to_native(probability: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize ``(C, S, S)`` to ``(C, H, W)``, or ``(H, W)`` if there is one channel."""
    height, width = shape
    native = [cv2.resize(p, (width, height), interpolation=cv2.INTER_LINEAR) for p in probability]
    return native[0] if len(native) == 1 else np.stack(native)


def predict(
    network: nn.Module,
    image: np.ndarray,
    size: int,
    flips: bool = False,
    precision: str = "auto",
    zoom: float = 1.0,
) -> np.ndarray:
    """Probability map of one image at its own resolution.

    Parameters
    ----------
    network
        In evaluation mode, on any device.
    image
        ``(H, W, 3) uint8`` or grey ``(H, W)``. Where the card has a window, as
        :func:`seglib.display.show` gives it.
    size
        Side of the network's input, px (``run.recipe.size``).
    flips
        Average over the four mirrored views; costs four times as much.
    precision
        See :func:`seglib.hardware.choose_precision` (``run.recipe.precision``).
    zoom
        Above 1, the image is brought to that many times the network's input and seen through a
        sliding window (:mod:`seglib.tiles`); 1.5 takes four windows, 2 takes nine. A network that
        was trained on whole images has seen objects only in their usual size, so it may lose.

    Returns
    -------
    ndarray
        float32 in [0, 1]: ``(H, W)`` for one foreground class, else ``(C, H, W)`` with the
        background first, summing to 1.

    Raises
    ------
    ValueError
        If the image is smaller than the network's stride, or `zoom` is below 1.
    """
    picture = _small(to_rgb(image), _sight(size, zoom), stride(network))
    seen = _slide(network, [picture], size, flips, precision)[0]
    return _to_native(seen, image.shape[:2])


def predict_cases(
    run: Run, cases: pd.DataFrame, flips: bool = False, zoom: float = 1.0
) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Predict case after case; the next are decoded and predicted meanwhile, one batch a thread.

    The case table's card says how its images are shown, the recipe in which precision they are
    computed; `flips` and `zoom` are those of :func:`predict`. nnU-Net has code of its own for all.

    Yields
    ------
    (row, probability)
        The row of the case table, and what :func:`predict` returns for its image. One batch more
        than there are threads is in memory at a time, at working size; whoever stops early waits
        for those that were begun.

    Raises
    ------
    ValueError
        See :func:`predict`; names the case and its file. Also if `zoom` is given for nnU-Net.
    """
    if isinstance(run.recipe, NnunetRecipe):
        if zoom != 1:
            raise ValueError("nnU-Net cuts windows of its own; leave zoom at 1.")
        yield from pipeline.predict_cases(run.checkpoint, run.path, cases, flips)
        return
    network, recipe, card = _ready(run), run.recipe, cases.attrs["card"]
    smallest, sight = stride(network), _sight(recipe.size, zoom)

    def decode(case: str, path: str) -> tuple[np.ndarray, tuple[int, int]]:
        """Picture at working size, and the native size."""
        image = show(read_stored(path, card.storage), card)
        return _small(image, sight, smallest, f"Case {case}, {path},"), image.shape[:2]

    def seen(chunk: pd.DataFrame) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
        """Probabilities of a batch at working size, and the native sizes."""
        decoded = map(decode, chunk.get("case", chunk.index), chunk["image"])
        pictures, shapes = zip(*decoded, strict=True)
        return _slide(network, pictures, recipe.size, flips, recipe.precision), list(shapes)

    chunks = [cases.iloc[start : start + BATCH] for start in range(0, len(cases), BATCH)]
    for chunk, done in zip(chunks, on_all_threads(seen, chunks, device()), strict=True):
        for (_, row), probability, shape in zip(chunk.iterrows(), *done, strict=True):
            yield row, _to_native(probability, shape)
