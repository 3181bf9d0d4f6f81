"""Phantom kidney stones: synthetic CT with exact masks, and with all else that is as bright."""

from seglib.phantoms.stone.difficulty import StoneParameters
from seglib.phantoms.stone.scene import make_frame, make_frames

__all__ = ["StoneParameters", "make_frame", "make_frames"]
