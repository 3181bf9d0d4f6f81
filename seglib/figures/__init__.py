"""How do I show it? One function per figure; each returns a Figure."""

from seglib.figures.recording import record
from seglib.figures.style import COLOURS, figure, overlay, save_figure, sign, use_style

__all__ = ["COLOURS", "figure", "overlay", "record", "save_figure", "sign", "use_style"]
