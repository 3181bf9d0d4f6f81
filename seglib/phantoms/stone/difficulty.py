"""How hard are the phantom stones? Every difficulty is a number with a unit and a range."""

from dataclasses import dataclass
from typing import ClassVar

from seglib.phantoms.torso import TorsoParameters


@dataclass(frozen=True)
class StoneParameters(TorsoParameters):
    """Every difficulty of the phantom stones, besides those of :class:`TorsoParameters`.

    Attributes
    ----------
    smallest, largest, typical : float, mm², 9 to 2000
        Range and median of a stone's area; a pixel of the default size has 3.5 mm². Stones
        in a ureter are no larger than its width lets pass.
    size_spread : float, 0 to 2
        Standard deviation of the logarithm of the area.
    dimmest, brightest : float, HU, 150 to 3000
        Range of a stone's density; one patient's stones are alike.
    empty_share : float, 0 to 1
        Share of slices without a stone.
    several_share : float, 0 to 1
        Share of the other slices with two to four stones.
    staghorn_share : float, 0 to 1
        Share of stones in the kidney that fill its pelvis with branches; they are six times as
        large as others.
    ureter_share : float, 0 to 1
        Share of stones that lie in a ureter although the slice shows a kidney's sinus.
    blocked_share : float, 0 to 1
        Share of patients whose pelves and ureters are wide with urine.
    calcification, phleboliths, gallstones : float, 0 to 1
        Share of patients with calcified arteries, with calcified veins in the pelvis, and with
        stones in the gallbladder.
    clips : float, 0 to 1
        Share of slices with a metal clip and its streaks.
    """

    RANGES: ClassVar[dict[str, tuple[float, float]]] = TorsoParameters.RANGES | {
        "smallest": (9, 2000), "largest": (9, 2000), "typical": (9, 2000), "size_spread": (0, 2),
        "dimmest": (150, 3000), "brightest": (150, 3000), "empty_share": (0, 1),
        "several_share": (0, 1), "staghorn_share": (0, 1), "ureter_share": (0, 1),
        "blocked_share": (0, 1), "calcification": (0, 1), "phleboliths": (0, 1),
        "gallstones": (0, 1), "clips": (0, 1),
    }  # fmt: skip

    thickness: float = 3.0
    blur: float = 1.0
    noise: float = 16.0
    smallest: float = 9.0
    largest: float = 800.0
    typical: float = 90.0
    size_spread: float = 0.9
    dimmest: float = 200.0
    brightest: float = 1500.0
    empty_share: float = 0.15
    several_share: float = 0.3
    staghorn_share: float = 0.06
    ureter_share: float = 0.12
    blocked_share: float = 0.2
    calcification: float = 0.5
    phleboliths: float = 0.6
    gallstones: float = 0.15
    clips: float = 0.06

    def __post_init__(self) -> None:
        """Check ranges; raise a ValueError also if one bound exceeds the other."""
        super().__post_init__()
        if not self.smallest <= self.typical <= self.largest:
            raise ValueError(
                f"StoneParameters: typical is {self.typical}; it must lie between smallest "
                f"({self.smallest}) and largest ({self.largest})."
            )
        if self.dimmest > self.brightest:
            raise ValueError(
                f"StoneParameters: dimmest is {self.dimmest}; it must not exceed brightest "
                f"({self.brightest})."
            )
