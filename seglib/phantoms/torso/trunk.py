"""The walls of the body: skin, fat, muscles, spine, ribs, pelvis, and the lungs' lower ends."""

from dataclasses import replace

import numpy as np

from seglib.phantoms.torso.layer import Layer, box, claim, ellipse, paint, tube
from seglib.phantoms.torso.person import Person

SKIN, LUNG, CORTEX, DISC, CARTILAGE, CORD = 25.0, -860.0, 1100.0, 95.0, 125.0, 25.0
CREST = 232.0  # where the hip bones begin, mm below the dome of the liver
VERTEBRA = 33.0  # from one vertebra to the next, mm
RIB_PITCH, RIB_DROP = 27.0, 118.0  # from rib to rib, and how far a whole one descends, mm


def draw_trunk(layer: Layer, who: Person) -> Layer:
    """Paint the walls of the body, and return the layer with the room they leave for organs.

    Parameters
    ----------
    layer : Layer
        Of air; painted in place.
    who : Person
        Whose body.
    """
    hu, (width, depth), pad = who.hu, who.half, who.padding
    thick = (width + 0.85 * pad, depth + 0.75 * pad)
    skin = box(layer, (0, -0.1 * pad), thick)
    paint(layer, skin, SKIN)
    paint(layer, skin - 2.2, hu["fat"])
    flesh = hu["muscle"] - 22 * np.clip(np.abs(layer.patterns[0]) - 0.9, 0, 3)
    wall = box(layer, (0, 0), (width, depth))
    paint(layer, wall, flesh)
    _seams(layer, who, wall)
    inner = box(layer, (0, -7), (width - 13, depth - 15))
    lung = layer.z < 112
    if lung:
        paint(layer, inner, LUNG)
        domes = _under_diaphragm(layer, who)
        paint(layer, np.minimum(inner, domes), hu["muscle"])
        inner = np.minimum(inner, domes - 2)
    paint(layer, inner, hu["fat"])
    _hips(layer, who)
    _back(layer, who)
    _ribs(layer, who)
    return replace(layer, bare=layer.hu.copy(), room=inner - np.float32(1))


def _under_diaphragm(layer: Layer, who: Person) -> np.ndarray:
    """Level of what lies below the two domes of the diaphragm, and of the midst between them."""
    wide, deep = who.half[0] / 130, who.half[1] / 90
    best = ellipse(layer, (10 * wide, -42 * deep), (70 * wide, 58 * deep))
    best = np.maximum(best, ellipse(layer, (2, 26), (34, 30)))
    for x, y, top, size in ((-60, -8, -8, 74), (62, -8, 2, 66)):
        open_ = np.sqrt(np.clip((layer.z - top) / 85, 0, 1.7))
        radii = (size * wide * open_ * 1.06, (size + 8) * deep * open_)
        best = np.maximum(best, ellipse(layer, (x * wide, y - 8 * open_), radii))
    return best


def _seams(layer: Layer, who: Person, wall: np.ndarray) -> None:
    """Paint thin fat between the muscles of the flank and between the two in front."""
    ring = np.minimum(0.5 - np.abs(wall - 5), 45 - np.abs(layer.y + 8))
    sheath = np.minimum(0.8 - np.abs(np.abs(layer.x) - 60), -layer.y - 55)
    white_line = np.minimum(3 - np.abs(layer.x), -layer.y - 60)
    fat = np.maximum(np.maximum(ring, sheath), white_line)
    paint(layer, np.minimum(fat, wall), -50)


def _back(layer: Layer, who: Person) -> None:
    """Paint the muscles beside the spine, and the spine."""
    layer = layer.near(0, 62, 80, 46)
    z = layer.z
    thick = np.interp(z, (60, 120, 235), (0, 7, 21))
    for side in (-1, 1):
        psoas = ellipse(layer, (side * (27 + 0.75 * thick), 40), (thick, 1.15 * thick))
        loin = ellipse(layer, (side * 62, 68), (21, 9 if z > 100 else 0), side * 0.35)
        stays = ellipse(layer, (side * 29, 74), (29, 17))
        claim(layer, np.maximum(psoas, loin))
        paint(layer, np.maximum(np.maximum(psoas, loin), stays), who.hu["muscle"])
        paint(layer, np.minimum(0.6 - np.abs(stays), layer.y - 60), -50)
    _vertebra(layer.near(0, 62, 56, 44), who)


def _vertebra(layer: Layer, who: Person) -> None:
    """Paint a vertebra or the disc below it."""
    marrow, z = who.hu["marrow"], layer.z
    rise = (z + who.rung) % VERTEBRA / VERTEBRA
    wide = 21 + 3 * np.sin(2 * np.pi * rise) ** 2
    body = ellipse(layer, (0, 38), (wide, 16.5))
    body = np.minimum(body, 13.5 - (layer.y - 38) + 0.004 * layer.x**2)
    if rise < 0.2:
        paint(layer, body, DISC)
    else:
        paint(layer, body, CORTEX)
        paint(layer, body - 2.0, marrow)
    claim(layer, np.maximum(body + 1, ellipse(layer, (0, 66), (52, 28))))
    arch = tube(layer, np.array([(-13, 50, z), (-15, 62, z), (0, 74, z), (15, 62, z), (13, 50, z)],
                                float), np.array([4, 3.5, 4.5, 3.5, 4.0]))  # fmt: skip
    long = 92 if rise > 0.45 else 82
    spine = tube(layer, np.array([(0, 74, z), (0, long, z)], float), np.array([3.5, 3.0]))
    bones = [arch if rise > 0.25 else arch - 2.5, spine]
    if 0.35 < rise < 0.7:
        bones += [
            tube(layer, np.array([(s * 15, 57, z), (s * 42, 62, z)], float), np.array([3.5, 2.5]))
            for s in (-1, 1)
        ]
    bone = np.maximum.reduce(bones)
    paint(layer, bone, CORTEX)
    paint(layer, bone - 2.2, marrow + 60)
    paint(layer, ellipse(layer, (0, 60), (10, 8)), CORD)
    paint(layer, ellipse(layer, (0, 60), (6, 5)), CORD + 15)


def _ribs(layer: Layer, who: Person) -> None:
    """Paint the ribs: each descends from the spine to the front and is cut where it crosses z."""
    width, depth = who.half[0] - 6, who.half[1] - 7
    for k in range(-4, 6):
        way = (layer.z - RIB_PITCH * k + 0.4 * who.rung) / RIB_DROP
        if not 0.03 < way < (1.0, 1.0, 1.0, 1.0, 1.0, 0.95, 0.85, 0.75, 0.6, 0.3)[k + 4]:
            continue
        for side in (-1, 1):
            angle = np.pi / 2 - 0.35 - 2.35 * (way + 0.03 * side) ** 0.8
            x, y = width * np.cos(angle), depth * np.sin(angle) - 2
            turn = np.arctan2(-depth * np.cos(angle), width * np.sin(angle))
            part = layer.near(side * x, y, 18)
            shaft = ellipse(part, (side * x, y), (10.5, 3.8), side * turn)
            if way > 0.82:
                paint(part, shaft, CARTILAGE)
            else:
                paint(part, shaft, CORTEX)
                paint(part, shaft - 1.7, who.hu["marrow"] + 70)


def _hips(layer: Layer, who: Person) -> None:
    """Paint the wings of the hip bones with the muscles on both their sides."""
    deep = layer.z - CREST
    if deep < 0:
        return
    long = min(1.0, 0.25 + deep / 55)
    wide = who.half[0] / 130
    course = np.array([(48, 62), (72, 56), (98, 34), (108, 6)], float) * (wide, 1)
    course = course.mean(axis=0) + long * (course - course.mean(axis=0))
    for side in (-1, 1):
        points = np.column_stack([course * (side, 1), np.full(4, layer.z)])
        wing = tube(layer, points, np.array([7.0, 4.5, 4.0, 5.0]))
        claim(layer, wing + 9)
        paint(layer, wing + 8 * long, who.hu["muscle"])
        paint(layer, wing, CORTEX)
        paint(layer, wing - 2.0, who.hu["marrow"] + 40)
