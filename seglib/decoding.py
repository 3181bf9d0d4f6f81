"""What do the pixels of a mask file mean?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seglib.names import nearest

KINDS = ("threshold", "values", "colours")


@dataclass(frozen=True)
class MaskDecoding:
    """How the pixels of a mask file become class indices.

    Attributes
    ----------
    kind
        ``threshold``: grey values above `at` are class 1, all others 0. Right for masks saved
        as JPEG, where compression smears 0 and 255. ``values``: class ``i`` is exactly the grey
        value ``values[i]``. ``colours``: class ``i`` is exactly ``colours[i]``, ``"#rrggbb"``.
    at
        Threshold in grey values of the file (0-255 for 8 bit).
    values, colours
        One entry a class; index 0 is background.

    Raises
    ------
    ValueError
        If the kind is none of these.
    """

    kind: Literal["threshold", "values", "colours"] = "threshold"
    at: int = 127
    values: tuple[int, ...] = ()
    colours: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        nearest(self.kind, KINDS, "kind of decoding")
