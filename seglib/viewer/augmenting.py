"""What does augmentation do to this image and its mask? Sliders for the strength of each part."""

from __future__ import annotations

from collections.abc import Sequence

import albumentations as A
import numpy as np
import pandas as pd
from ipywidgets import Box, FloatSlider, Layout, VBox

from seglib.cards import BACKGROUND, OBJECT, LabelClass
from seglib.transforms import augmentations
from seglib.viewer.packing import Case
from seglib.viewer.sources import Source
from seglib.viewer.widget import MaskViewer

STRONGEST = 2.0


class AugmentationViewer(VBox):
    """One image as training sees it: one slider for each transform, one case for each seed.

    At strength 1 a case is exactly what training makes of the image with that seed. Another
    strength keeps the draw and changes its size: twice the strength turns twice as far. The first
    case is the image itself.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8``.
    mask
        ``(H, W) uint8`` class indices.
    name
        An augmentation of :func:`seglib.transforms.augmentations`, which says what a strength
        means; raises a ``ValueError`` if it is unknown.
    classes
        Name and colour of each class, background first.
    seeds
        How many draws, from seed 0.

    Attributes
    ----------
    sliders
        Class name of a transform -> its slider, from 0 to 2.
    viewer
        The :class:`~seglib.viewer.MaskViewer` below them.
    """

    def __init__(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        name: str,
        classes: Sequence[LabelClass] = (BACKGROUND, OBJECT),
        seeds: int = 12,
    ) -> None:
        self.image, self.mask, self.name = image, mask, name
        kinds = [type(transform).__name__ for transform in augmentations(name)]
        self.sliders = {kind: _slider(kind) for kind in kinds}
        names = ["original", *(f"seed {seed}" for seed in range(seeds))]
        title = f"Augmentation '{name}'"
        source = Source(title, pd.DataFrame({"case": names}), self.read, tuple(classes))
        self.viewer = MaskViewer(source)
        for slider in self.sliders.values():
            slider.observe(lambda _: self.viewer.refresh(), "value")
        wrapped = Box(list(self.sliders.values()), layout=Layout(flex_flow="row wrap"))
        super().__init__([wrapped, self.viewer])

    def __repr__(self) -> str:
        """The same in every session, so that a stored notebook can be compared."""
        return f"AugmentationViewer({self.name}: {', '.join(self.sliders) or 'nothing'})"

    def read(self, index: int) -> Case:
        """The image itself, then what each seed makes of it at the strengths of the sliders."""
        if not index:
            return Case("original", self.image, self.mask)
        strengths = {kind: slider.value for kind, slider in self.sliders.items()}
        flow = A.Compose(augmentations(self.name, strengths), seed=index - 1)
        made = flow(image=self.image, mask=self.mask)
        return Case(f"seed {index - 1}", made["image"], made["mask"])


def _slider(kind: str) -> FloatSlider:
    style = {"description_width": "9em"}
    return FloatSlider(1.0, min=0, max=STRONGEST, step=0.05, description=kind, style=style)
