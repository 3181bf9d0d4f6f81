"""The organs of the belly, laid one beside the other in the room that the trunk leaves."""

import numpy as np

from seglib.phantoms.canvas import ramp
from seglib.phantoms.torso.bowel import lay_loop
from seglib.phantoms.torso.kidney import lay_kidney, lay_vein_and_ureter
from seglib.phantoms.torso.layer import Layer, claim, ellipse, lay, share, tube
from seglib.phantoms.torso.person import Person

LIVER, SPLEEN, BOWEL = 1, 2, 5
# Falling edge of the liver: z, distance from the axis (mm), and turn of the edge (rad).
EDGE = np.array([(0, 12, 0.85), (60, 12, 0.8), (100, -10, 0.55), (130, -42, 0.35), (165, -84, 0.2),
                 (200, -120, 0.1)])  # fmt: skip


def draw_organs(layer: Layer, who: Person) -> None:
    """Lay all organs of a patient into a layer whose trunk is painted.

    Parameters
    ----------
    layer : Layer
        Painted in place; in coordinates that sway.
    who : Person
        Whose organs.
    """
    _, net, lumps = layer.patterns
    strands = 1 - ramp(np.abs(net), 0.02, 0.10)
    inner = share(np.minimum(layer.room, -layer.taken), layer.mm)
    layer.bare[:] += 75 * strands * (np.roll(net, 40) > -0.2) * inner
    layer.hu[:] = layer.bare
    _vessels(layer, who)
    _heart(layer, who)
    for kidney in who.kidneys:
        lay_kidney(layer, kidney, who.hu, min(who.gap, 2.0))
    _spleen(layer, who)
    _gallbladder(layer, who)
    _liver(layer, who)
    lay_loop(layer, who.stomach, who.hu["gut"], 0, who.gap)
    if 84 < layer.z < 140:
        course = np.array([(-24, -14, 124), (0, -24, 112), (34, -14, 104), (76, 14, 96)], float)
        level = tube(layer, course, np.array([13, 9.5, 9, 8.0])) + 1.5 * lumps
        lay(layer, level, who.hu["pancreas"])
    if layer.z > 100:
        claim(layer, ellipse(layer, (-4, 23), (40, 16)))  # gut stays before the great vessels
    for loop in who.loops:
        lay_loop(layer, loop, who.hu["gut"], BOWEL, 0.6 * who.gap)


def courses(vessel: str, z: float) -> list[tuple[tuple[float, float], float]]:
    """Middle (x, y) and radius of aorta or cava in a layer, mm; two below the fork."""
    fork = min(max(0.0, (z - 226) / 60), 1.0)
    x, y, radius = (7.0, 12.0, 10.0) if vessel == "aorta" else (-19 + 22 * fork, 17.0, 10.5)
    sides = (-1, 1) if fork else (0,)
    return [((x + side * 34 * fork, y + 14 * fork), radius - 3 * fork) for side in sides]


def _vessels(layer: Layer, who: Person) -> None:
    """Lay aorta and vena cava, which fork, and the mesenteric vessels before them."""
    hu = who.hu
    for name in ("aorta", "cava"):
        for at, radius in courses(name, layer.z):
            part = layer.near(*at, radius)
            lay(part, ellipse(part, at, (1.05 * radius, radius)), hu[name])
    if 100 < layer.z < 225:
        part = layer.near(-2, -8, 14)
        lay(part, ellipse(part, (5, -8), (4, 4)), hu["aorta"])
        lay(part, ellipse(part, (-9, -9), (5.5, 5.5)), hu["portal"])
    for kidney in who.kidneys:
        lay_vein_and_ureter(layer, kidney, hu)


def _heart(layer: Layer, who: Person) -> None:
    """Lay the lower end of the heart."""
    if layer.z >= 25:
        return
    size = np.sqrt(1 - ((layer.z + 25) / 50) ** 2)
    blood = (who.hu["aorta"] + who.hu["cava"]) / 2
    level = ellipse(layer, (22, -48), (64 * size, 42 * size), 0.3)
    lay(layer, level, blood + (who.hu["muscle"] - blood) * (level < 7 * size))
    claim(layer, np.minimum(level + 4, 40 * size))


def _spleen(layer: Layer, who: Person) -> None:
    """Lay the spleen; in the arterial phase it is striped."""
    scale, middle, turn = who.spleen
    down = (layer.z - middle) / (50 * scale)
    if abs(down) >= 1:
        return
    size = scale * np.sqrt(1 - down**2)
    at = (who.half[0] - 42, 18)
    level = ellipse(layer, at, (29 * size, 50 * size), turn)
    level = np.minimum(level, -ellipse(layer, (at[0] - 38 * scale, at[1] - 12), (20, 30)))
    hu = who.hu["spleen"] + (18 * layer.patterns[2] if who.phase == "arterial" else 0)
    lay(layer, level, hu, SPLEEN, who.gap)


def _gallbladder(layer: Layer, who: Person) -> None:
    """Lay the gallbladder."""
    size = np.sqrt(max(0.0, 1 - ((layer.z - 125) / 30) ** 2))
    if size:
        part = layer.near(-52, -38, 19)
        lay(part, ellipse(part, (-52, -38), (13 * size, 19 * size), 0.5), who.hu["bile"])


def _liver(layer: Layer, who: Person) -> None:
    """Lay the liver: all that is right of a slanting edge that retreats with depth."""
    tip, left, deep = who.liver
    z = layer.z * 190 / tip
    if z >= 200:
        return
    away, turn = (np.interp(z, EDGE[:, 0], EDGE[:, k]) for k in (1, 2))
    away = away + 6 * np.sin(layer.y / np.float32(21) + np.float32(z / 25 + tip))
    away = np.float32(who.half[0] / 130) * (away.astype(np.float32) + np.float32(deep))
    edge = away - np.float32(np.cos(turn)) * layer.x - np.float32(np.sin(turn)) * layer.y
    lobe = np.interp(z, (0, 40, 80, 120), (left - 45, left, left - 15, left - 50))
    lobe = np.float32(lobe) - layer.x - np.float32(0.006) * (layer.y + 40) ** 2
    mix = np.clip(0.5 + (lobe - edge) / 40, 0, 1)  # a rounded corner between the two
    level = lobe + (edge - lobe) * mix - 20 * mix * (1 - mix)
    tree = 1 - ramp(np.abs(np.roll(layer.patterns[1], 70)), 0.03, 0.12)
    tree = tree * ramp(level, 8, 16) * ramp(layer.room, 6, 14)
    fissure = np.minimum(1.6 - np.abs(layer.x - 4 - 0.2 * layer.y), -layer.y - 38)
    if 45 < z < 110:
        level = np.minimum(level, -fissure)
    hu = who.hu["liver"] + (who.hu["portal"] + 4 - who.hu["liver"]) * tree
    lay(layer, level, hu, LIVER, who.gap)
