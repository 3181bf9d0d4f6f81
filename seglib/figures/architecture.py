"""What does this network look like? Diagrams drawn from the shapes that run through it."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from seglib.figures import diagrams as draw
from seglib.figures.diagrams import DOWN, HEAD, UP, WIRE, Box, Shape
from seglib.models import UNet


@torch.inference_mode()
def shapes(network: nn.Module, modules: dict[str, nn.Module], size: int) -> dict[str, list[Shape]]:
    """What comes out of some modules when an image runs through the network.

    Parameters
    ----------
    network
        Takes ``(1, 3, size, size) float32``.
    modules
        Parts of it, by name.
    size
        Side of the image, px.

    Returns
    -------
    dict
        Name to channels and side, in cells, of each map that the module gives.
    """
    found: dict[str, list[Shape]] = {}

    def hook(name: str) -> object:
        """Note under `name` what a module gives."""

        def keep(_module: nn.Module, _inputs: tuple, output: Tensor | list[Tensor]) -> None:
            """Channels and side of each map."""
            maps = [output] if isinstance(output, Tensor) else output
            found[name] = [(m.shape[1], m.shape[-1]) for m in maps]

        return keep

    handles = [module.register_forward_hook(hook(name)) for name, module in modules.items()]
    was_training = network.training
    try:
        network.eval()(torch.zeros(1, 3, size, size))
    finally:
        network.train(was_training)
        for handle in handles:
            handle.remove()
    return found


def unet(network: nn.Module, size: int) -> Figure:
    """The U of a U-Net: maps on the way down and up, skips between them.

    Parameters
    ----------
    network
        A U-Net of segmentation-models-pytorch, or the teaching :class:`seglib.models.UNet`.
    size
        Side of the square input, px.
    """
    if isinstance(network, UNet):
        down = [network.stem, *network.downs]
        parts, head = {f"down {k}": block for k, block in enumerate(down)}, network.head
        up = network.ups
    else:
        parts, head = {"down": network.encoder}, network.segmentation_head
        up = network.decoder.blocks
    ways = {f"up {k}": block for k, block in enumerate(up)}
    found = shapes(network, parts | ways | {"head": head}, size)
    maps = [shape for name in parts for shape in found[name]]
    if maps[0] != (3, size):
        maps = [(3, size), *maps]
    return _u(maps, [found[name][0] for name in ways], found["head"][0], size)


def _u(down: list[Shape], up: list[Shape], head: Shape, size: int) -> Figure:
    """Draw the U; maps of the same side stand on the same level."""
    sides = sorted({side for _, side in down}, reverse=True)
    level = {side: -1.4 * row for row, side in enumerate(sides)}
    across = iter(range(len(down) + len(up) + 1))
    fig, axes = draw.canvas(
        100, (-1.0, 1.5 * (len(down) + len(up)) + 1.2), (min(level.values()) - 0.6, 1.1)
    )

    def box(shape: Shape, colour: str, label: str, beside: str) -> Box:
        """The next map to the right, at the height of its side."""
        beside = "top" if shape[1] == size else beside  # clear of the level arrows
        return draw.box(
            axes, (1.5 * next(across), level[shape[1]]), shape, size, colour, label, beside
        )

    image = box(down[0], WIRE, "image", "left")
    encoder = [image, *(box(shape, DOWN, "", "left") for shape in down[1:])]
    decoder = [box(shape, UP, "", "right") for shape in up]
    out = box(head, HEAD, "logits", "right")
    for one, other in zip(encoder, encoder[1:], strict=False):
        same = one.y == other.y  # the teaching U-Net begins at the size of the image
        draw.arrow(
            axes, one.port("right" if same else "bottom"), other.port("left" if same else "top")
        )
    for one, other in zip([encoder[-1], *decoder], decoder, strict=False):
        draw.arrow(axes, one.port("top"), other.port("bottom"))
    draw.arrow(axes, decoder[-1].port("right"), out.port("left"))
    skips = {shape[1]: box for shape, box in zip(down[1:-1], encoder[1:-1], strict=True)}
    for shape, box in zip(up, decoder, strict=True):
        if shape[1] in skips:
            start, end = skips[shape[1]].port("right"), box.port("left")
            words = "skip: concatenate" if shape[1] == max(skips) else ""
            draw.arrow(axes, start, end, words, linestyle="--", color=DOWN)
    draw.legend(
        axes,
        "lower left",
        {"way down (encoder)": DOWN, "way up (decoder)": UP, "last convolution": HEAD},
    )
    return fig


def deeplabv3plus(network: nn.Module, size: int) -> Figure:
    """DeepLabV3+ of segmentation-models-pytorch: encoder, ASPP, and the short way up.

    Parameters are those of :func:`unet`.
    """
    decoder = network.decoder
    branches = {f"branch {k}": b for k, b in enumerate(decoder.aspp[0].convs)}
    parts = {"down": network.encoder, "project": decoder.aspp, "enlarge": decoder.up,
             "reduce": decoder.block1, "fuse": decoder.block2,
             "logits": network.segmentation_head}  # fmt: skip
    found = shapes(network, parts | branches, size)
    fig, axes = draw.canvas(105, (-0.7, 14.4), (-5.0, 3.5))

    def box(name: str, x: float, y: float, colour: str, beside: str = "bottom") -> Box:
        """The map that `name` gave, at a place of the canvas."""
        return draw.box(axes, (x, y), found[name][0], size, colour, name, beside)

    encoder = [
        draw.box(axes, (1.15 * k, 0), shape, size, DOWN if k else WIRE, "" if k else "image")
        for k, shape in enumerate(found["down"])
    ]
    project = box("project", 9.6, 0, UP)
    for k, (name, module) in enumerate(branches.items()):
        side = "top" if k < len(branches) / 2 else "bottom"
        place = (7.8, 1.3 * (len(branches) - 1) / 2 - 1.3 * k)
        branch = draw.box(axes, place, found[name][0], size, UP, _kind(module), side)
        draw.arrow(axes, encoder[-1].port("right"), branch.port("left"))
        draw.arrow(axes, branch.port("right"), project.port("left"))
    enlarge, fuse = box("enlarge", 10.95, 0, UP, "top"), box("fuse", 12.35, 0, UP, "top")
    logits, reduce = box("logits", 13.8, 0, HEAD), box("reduce", 10.95, -3.9, DOWN)
    path = [*encoder, project, enlarge, fuse, logits]
    for k, (one, other) in enumerate(zip(path, path[1:], strict=False)):
        if k != len(encoder) - 1:  # between encoder and projection stand the branches
            draw.arrow(axes, one.port("right"), other.port("left"))
    # The decoder takes the third map, which has a quarter of the image's side.
    x, y = encoder[2].port("bottom")
    bend = {"color": DOWN, "linestyle": "--", "connectionstyle": "angle,angleA=-90,angleB=180"}
    draw.arrow(axes, (x, y - 0.3), reduce.port("left"), **bend)
    draw.arrow(axes, reduce.port("right"), fuse.port("bottom"), color=DOWN, linestyle="--")
    draw.legend(
        axes,
        "upper left",
        {"encoder": DOWN, "atrous pyramid and decoder": UP, "last convolution": HEAD},
    )
    return fig


def _kind(branch: nn.Module) -> str:
    """What a branch of the pyramid does: its kernel and rate, read off its first convolution."""
    convolution = next(m for m in branch.modules() if isinstance(m, nn.Conv2d))
    if any(isinstance(m, nn.AdaptiveAvgPool2d) for m in branch.modules()):
        return "image pooling"
    kernel, rate = convolution.kernel_size[0], convolution.dilation[0]
    return f"{kernel} × {kernel}" + (f", rate {rate}" if kernel > 1 else "")


DIAGRAMS = {"unet": unet, "deeplabv3plus": deeplabv3plus}
