"""Phantom abdomens: synthetic CT with exact masks of liver, spleen, kidneys and bowel."""

from seglib.phantoms.abdomen.difficulty import AbdomenParameters
from seglib.phantoms.abdomen.scene import make_frame, make_frames

__all__ = ["AbdomenParameters", "make_frame", "make_frames"]
