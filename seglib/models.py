"""Which network?

The teaching U-Net is written out here, to be read beside chapter 03. Every other network comes
from segmentation-models-pytorch through :func:`build_model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.functional import logsigmoid
from torch.overrides import TorchFunctionMode

from seglib.encoders import PLAIN, smp_network
from seglib.names import nearest
from seglib.recipes import EnsembleRecipe, Recipe

ARCHITECTURES = tuple(sorted(smp.MODEL_ARCHITECTURES_MAPPING))


class DoubleConv(nn.Sequential):
    """Two 3x3 convolutions, each with batch norm and ReLU: ``(N, in, H, W) -> (N, out, H, W)``."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            # Batch norm has its own shift, so the convolution needs no bias.
            layers += [
                nn.Conv2d(channels, out_channels, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)


class Down(nn.Sequential):
    """Halve the image, then look again: ``(N, in, H, W) -> (N, out, H/2, W/2)``."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))


class Up(nn.Module):
    """Double the image, put the encoder's features beside it, look again.

    ``(N, in, H, W)`` and the skip ``(N, in/2, 2H, 2W)`` give ``(N, out, 2H, 2W)``.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)
        self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Fuse what is known (`x`) with where it is (`skip`)."""
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class UNet(nn.Module):
    """U-Net (Ronneberger, Fischer & Brox 2015, figure 1), same-padded and with batch norm.

    Same padding keeps the output as large as the input, so no border is cropped; batch norm
    (Ioffe & Szegedy 2015) came after the paper and makes training from scratch short.

    Parameters
    ----------
    in_channels
        Channels of the image.
    classes
        Channels of the logits: 1 for one foreground class, else C with the background.
    width
        Channels after the first block; doubled at every step down. The paper has 64.
    depth
        Steps down, and up. The paper has 4.
    """

    def __init__(
        self, in_channels: int = 3, classes: int = 1, width: int = 64, depth: int = 4
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.stride = 2**depth
        self.stem = DoubleConv(in_channels, width)
        self.downs = nn.ModuleList(Down(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.ups = nn.ModuleList(
            Up(b, a) for a, b in reversed(list(zip(widths, widths[1:], strict=False)))
        )
        self.head = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, in, H, W) float32`` to logits ``(N, classes, H, W)``.

        Raises
        ------
        ValueError
            If H or W cannot be halved `depth` times.
        """
        height, width = x.shape[-2:]
        if height % self.stride or width % self.stride:
            raise ValueError(
                f"The image is {height}x{width} px, but this network halves it {len(self.downs)} "
                f"times: both sides must be multiples of {self.stride}. Resize or pad it."
            )
        features = [self.stem(x)]
        for down in self.downs:
            features.append(down(features[-1]))
        x = features.pop()
        for up in self.ups:
            x = up(x, features.pop())
        return self.head(x)


class Ensemble(nn.Module):
    """Several networks as one, whose probability is the mean of theirs.

    Computed from logits to logits: the log of a sum of probabilities loses nothing where a
    probability itself would be rounded to 0 or 1.
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.stride = max(map(stride, self.members))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, in, H, W) float32`` to logits ``(N, classes, H, W) float32``."""
        logits = torch.stack([member(x).float() for member in self.members])
        if logits.shape[2] > 1:
            return logits.log_softmax(dim=2).logsumexp(dim=0)
        return logsigmoid(logits).logsumexp(dim=0) - logsigmoid(-logits).logsumexp(dim=0)


def stride(network: nn.Module) -> int:
    """How many pixels of the input one cell of the coarsest feature map stands for, px."""
    return getattr(network, "stride", 32)


class Undrawn(TorchFunctionMode):
    """Within it, layers are made without drawing weights: a checkpoint is about to bring them.

    Drawing 24 million takes as long as scoring ten images.
    """

    DRAW = (init.normal_, init.uniform_, init.kaiming_uniform_, Tensor.normal_, Tensor.uniform_)

    def __torch_function__(
        self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Leave the tensor that was to be filled as it is; let all else happen."""
        kwargs = kwargs or {}
        if function in self.DRAW:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def build_model(recipe: Recipe | EnsembleRecipe, n_classes: int = 2) -> nn.Module:
    """The recipe's network, with its encoder weights; of an ensemble, those of all members.

    Two classes give one channel of logits (sigmoid), more give one each (softmax).

    Raises
    ------
    ValueError
        If the model or encoder is unknown or they do not go together, if a size is no multiple of
        the network's stride, or if local weights belong to another encoder.
    FileNotFoundError
        If the file of local weights does not exist.
    """
    if isinstance(recipe, EnsembleRecipe):
        return Ensemble(build_model(member, n_classes) for member in recipe.members)
    name = nearest(recipe.model, ARCHITECTURES, "model")
    channels = 1 if n_classes == 2 else n_classes
    if recipe.encoder == PLAIN:
        if name != "unet":
            raise ValueError(f"The encoder 'plain' belongs to 'unet'; '{name}' needs another one.")
        if recipe.weights:
            raise ValueError(
                f"The encoder 'plain' learns from scratch, but the weights '{recipe.weights}' were "
                "given; name the encoder that they belong to."
            )
        network: nn.Module = UNet(classes=channels, width=recipe.width)
    else:
        network = smp_network(name, recipe, channels)
    for size in (recipe.size, *map(recipe.stage_size, recipe.stages)):
        if size < stride(network) or size % stride(network):
            raise ValueError(
                f"The recipe's size is {size} px, but '{name}' with encoder '{recipe.encoder}' "
                f"needs a multiple of its stride of {stride(network)} px."
            )
    return network
