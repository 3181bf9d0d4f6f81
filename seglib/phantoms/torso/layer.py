"""How is one layer of a body painted? In millimetres and Hounsfield units, edge by edge.

A shape is a *level*: the distance of every pixel's centre from its outline in mm, > 0 inside
(first order, so best near the outline). It says both what the exact mask is (level > 0) and
what share of a pixel the shape fills.
"""

from dataclasses import dataclass, replace

import numpy as np

from seglib.phantoms.canvas import cloud, field

FIELD_MM = 360.0  # width of what the scanner reconstructs
SLACK_MM = 14.0  # soft tissue is moved by less than this
FAR_MM = -1000.0


@dataclass(frozen=True)
class Layer:
    """One infinitely thin axial layer; the arrays are painted in place.

    Attributes
    ----------
    x, y : ndarray, shape (H, W), float32
        Position of the pixel centres, mm: towards the patient's left, and towards the back.
    hu, bare : ndarray, shape (H, W), float32
        The picture, and the same before :func:`lay` put organs into it, HU.
    cover, taken : ndarray, shape (H, W), float32
        Share of the pixel that organs fill, 0 to 1, and the largest of their levels, mm.
    room : ndarray, shape (H, W), float32
        Level of the space that organs cannot leave, mm.
    label : ndarray, shape (H, W), uint8
        Class of each pixel.
    patterns : ndarray, shape (3, H, W), float32
        Random textures; see :func:`weave`.
    z : float
        Distance below the dome of the liver, mm.
    mm : float
        Width of a pixel, mm.
    corner : (float, float)
        Position of the first pixel before soft tissue was moved: x, y, mm.
    """

    x: np.ndarray
    y: np.ndarray
    hu: np.ndarray
    bare: np.ndarray
    cover: np.ndarray
    taken: np.ndarray
    room: np.ndarray
    label: np.ndarray
    patterns: np.ndarray
    z: float
    mm: float
    corner: tuple[float, float]

    def near(self, x: float, y: float, reach: float, down: float | None = None) -> "Layer":
        """The part within ``reach`` mm (``down`` along y) of a place; shares its pixels."""
        wide, high = reach + SLACK_MM, (down or reach) + SLACK_MM
        left, right = ((x + s - self.corner[0]) / self.mm for s in (-wide, wide))
        top, bottom = ((y + s - self.corner[1]) / self.mm for s in (-high, high))
        left, top = max(int(left), 0), max(int(top), 0)
        part = np.s_[..., top : max(int(bottom), 0) + 1, left : max(int(right), 0) + 1]
        names = ("x", "y", "hu", "bare", "cover", "taken", "room", "label", "patterns")
        corner = (self.corner[0] + left * self.mm, self.corner[1] + top * self.mm)
        return Layer(*(getattr(self, name)[part] for name in names), self.z, self.mm, corner)


def weave(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw the patterns of one slice, (3, H, W) float32: flesh, net of vessels, small lumps."""
    mm = FIELD_MM / min(shape)
    flesh, net = cloud(rng, shape, 7 / mm, 2), cloud(rng, shape, 26 / mm, 3)
    return np.stack([flesh, net, field(rng, shape, 8 / mm)])


def blank(patterns: np.ndarray, z: float, centre: tuple[float, float]) -> Layer:
    """Return a layer of air whose point (0, 0) lies ``centre`` (x, y) mm off the middle."""
    shape = patterns.shape[1:]
    mm = FIELD_MM / min(shape)
    across = (np.arange(shape[1], dtype=np.float32) - (shape[1] - 1) / 2) * mm - centre[0]
    down = (np.arange(shape[0], dtype=np.float32) - (shape[0] - 1) / 2) * mm - centre[1]
    x, y = np.meshgrid(across.astype(np.float32), down.astype(np.float32))
    air = np.full(shape, -1000, np.float32)
    empty = np.zeros(shape, np.float32)
    taken, room = (np.full(shape, edge, np.float32) for edge in (FAR_MM, -FAR_MM))
    label = np.zeros(shape, np.uint8)
    corner = (float(x[0, 0]), float(y[0, 0]))
    return Layer(x, y, air, air, empty, taken, room, label, patterns, z, mm, corner)


def soften(layer: Layer, ripples: np.ndarray) -> Layer:
    """Return the layer in coordinates that sway, so that ellipses come out as organs.

    Parameters
    ----------
    layer : Layer
        The pixels are shared.
    ripples : ndarray, shape (n, 6)
        Waves: three wave numbers (rad/mm), phase (rad), and sway in x and y (mm).
    """
    kx, ky, kz, phase, sway_x, sway_y = ripples.T.astype(np.float32)
    turn = layer.x[0][None] * kx[:, None] + (kz * layer.z + phase)[:, None]
    rise = layer.y[:, 0][:, None] * ky[None]
    waves = np.concatenate([np.cos(turn), np.sin(turn)])  # sin(a + b), a product for each wave
    x, y = (
        np.concatenate([np.sin(rise) * sway, np.cos(rise) * sway], axis=1) @ waves
        for sway in (sway_x, sway_y)
    )
    return replace(layer, x=layer.x + x, y=layer.y + y)


def share(level: np.ndarray, mm: float) -> np.ndarray:
    """Share of each pixel inside: 0 to 1, one half on the outline."""
    return np.clip(level / np.float32(mm) + np.float32(0.5), 0, 1)


def paint(layer: Layer, level: np.ndarray, hu: float | np.ndarray) -> None:
    """Paint a shape over everything; labels stay as they are."""
    layer.hu[:] += (hu - layer.hu) * share(level, layer.mm)


def claim(layer: Layer, level: np.ndarray) -> None:
    """Keep organs that are laid later out of a shape."""
    np.maximum(layer.cover, share(level, layer.mm), out=layer.cover)
    np.maximum(layer.taken, level, out=layer.taken)


def lay(
    layer: Layer, level: np.ndarray, hu: float | np.ndarray, label: int = 0, gap: float = 0.0
) -> np.ndarray:
    """Lay an organ beside those that are there, and return the level of what is left of it.

    Parameters
    ----------
    layer : Layer
        Painted in place.
    level : ndarray, shape (H, W)
        The organ as it would be alone, mm.
    hu : float or ndarray (H, W)
        Its density.
    label : int
        Its class.
    gap : float
        Fat between it and its neighbours, mm; at 0 they touch without a seam.
    """
    level = np.minimum(level, layer.room)
    free = -layer.taken - np.float32(gap)
    seam = max(0.0, layer.mm / 2 - gap)
    fill = share(np.minimum(level, free + np.float32(seam)), layer.mm) * (1 - layer.cover)
    layer.hu[:] += (hu - layer.bare) * fill
    level = np.minimum(level, free)
    layer.label[level > 0] = label
    layer.cover[:] += fill
    np.maximum(layer.taken, level, out=layer.taken)
    return level


def ellipse(
    layer: Layer, centre: tuple[float, float], radii: tuple[float, float], turn: float = 0.0
) -> np.ndarray:
    """Level of an ellipse at ``centre`` with two ``radii`` (mm), turned by ``turn`` rad."""
    if min(radii) <= 0:
        return np.full_like(layer.x, FAR_MM)
    c, s = (np.float32(f(turn)) for f in (np.cos, np.sin))
    x, y = layer.x - np.float32(centre[0]), layer.y - np.float32(centre[1])
    u, v = (c * x + s * y) / np.float32(radii[0]), (c * y - s * x) / np.float32(radii[1])
    steep = np.sqrt((u / np.float32(radii[0])) ** 2 + (v / np.float32(radii[1])) ** 2)
    return (1 - u * u - v * v) / (2 * steep + np.float32(1e-4))


def box(layer: Layer, centre: tuple[float, float], half: tuple[float, float]) -> np.ndarray:
    """Level of a body-like outline: a superellipse of power 2.5 with half-axes ``half`` (mm)."""
    u, v = (
        np.abs(axis - np.float32(at)) / np.float32(size)
        for axis, at, size in zip((layer.x, layer.y), centre, half, strict=True)
    )
    u15, v15 = u * np.sqrt(u), v * np.sqrt(v)
    steep = np.sqrt((u15 / np.float32(half[0])) ** 2 + (v15 / np.float32(half[1])) ** 2)
    return (1 - u15 * u - v15 * v) / (2.5 * steep + np.float32(1e-4))


def tube(layer: Layer, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Level of a bent tube through ``points`` (n, 3: x, y, z in mm) with ``radii`` (n,) mm."""
    start, way = points[:-1], np.diff(points, axis=0)
    squared = (way**2).sum(axis=1) + 1e-6
    best = np.full_like(layer.x, FAR_MM)
    ends = np.minimum(points[:-1, 2], points[1:, 2]), np.maximum(points[:-1, 2], points[1:, 2])
    thick = np.maximum(radii[:-1], radii[1:]) + layer.mm
    cut = (ends[0] - thick < layer.z) & (layer.z < ends[1] + thick)
    for (x, y, z), (dx, dy, dz), length, r, widening in zip(
        start[cut], way[cut], squared[cut], radii[:-1][cut], np.diff(radii)[cut], strict=True
    ):
        px, py, pz = layer.x - np.float32(x), layer.y - np.float32(y), layer.z - z
        along = np.float32(dx / length) * px + np.float32(dy / length) * py
        along = np.clip(along + np.float32(dz * pz / length), 0, 1)
        off = (px - np.float32(dx) * along) ** 2 + (py - np.float32(dy) * along) ** 2
        off += (np.float32(pz) - np.float32(dz) * along) ** 2
        np.maximum(best, np.float32(r) + np.float32(widening) * along - np.sqrt(off), out=best)
    return best
