"""How hard are the phantom abdomens? Every difficulty is a number with a unit and a range."""

from dataclasses import dataclass
from typing import ClassVar

from seglib.phantoms.torso import TorsoParameters


@dataclass(frozen=True)
class AbdomenParameters(TorsoParameters):
    """Every difficulty of the phantom abdomens, besides those of :class:`TorsoParameters`.

    Attributes
    ----------
    top, bottom : float, mm below the dome of the liver, 0 to 320
        Where the first and the last slice of a patient are at the outermost.
    arterial_share, venous_share : float, 0 to 1
        Share of patients scanned in the arterial phase (bright cortex, striped spleen) and in
        the venous phase; the others got no contrast medium.
    fatty_share : float, 0 to 1
        Share of patients with fatty liver, 38 to 60 HU darker.
    """

    RANGES: ClassVar[dict[str, tuple[float, float]]] = TorsoParameters.RANGES | {
        "top": (0, 320), "bottom": (0, 320), "arterial_share": (0, 1), "venous_share": (0, 1),
        "fatty_share": (0, 1),
    }  # fmt: skip

    top: float = 8.0
    bottom: float = 206.0
    arterial_share: float = 0.3
    venous_share: float = 0.4
    fatty_share: float = 0.2

    def __post_init__(self) -> None:
        """Check ranges; a ValueError also if ``top`` >= ``bottom``, or the two shares exceed 1."""
        super().__post_init__()
        if self.top >= self.bottom:
            raise ValueError(
                f"AbdomenParameters: top is {self.top}; it must be less than bottom "
                f"({self.bottom})."
            )
        if self.arterial_share + self.venous_share > 1:
            raise ValueError(
                f"AbdomenParameters: arterial_share and venous_share are {self.arterial_share} "
                f"and {self.venous_share}; together they must not exceed 1."
            )
