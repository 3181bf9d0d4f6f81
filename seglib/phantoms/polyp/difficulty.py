"""How hard are the phantom polyps? Every difficulty is a number with a unit and a range."""

from dataclasses import dataclass

from seglib.phantoms.ranges import check_ranges

RANGES = {
    "frames_per_patient": (1, 100),
    "smallest": (0.0005, 0.6), "largest": (0.0005, 0.6), "typical": (0.0005, 0.6),
    "empty_share": (0, 1), "several_share": (0, 1), "flat_share": (0, 1), "stalked_share": (0, 1),
    "contrast": (0, 2), "texture": (0, 2), "relief": (0, 1.5), "irregularity": (0, 2),
    "edge_softness": (0.5, 20), "folds": (0, 2), "vessels": (0, 2), "specular": (0, 4),
    "debris": (0, 1), "bubbles": (0, 1), "blur": (0, 10), "motion": (0, 1), "noise": (0, 50),
    "jpeg_quality": (10, 100), "overlay": (0, 1), "inset": (0, 1), "zoom": (0, 1),
    "size_variation": (0, 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class PolypParameters:
    """Every difficulty of the phantom polyps.

    Attributes
    ----------
    frames_per_patient : int, 1 to 100
        Frames of one patient; the same polyps under other poses.
    smallest, largest, typical : float, share of the image, 0.0005 to 0.6
        Range of a polyp's area, and about its median.
    empty_share : float, 0 to 1
        Share of frames without a polyp.
    several_share : float, 0 to 1
        Share of patients with two or three polyps.
    flat_share, stalked_share : float, 0 to 1
        Share of flat and of stalked polyps; the rest are sessile.
    contrast : float, 0 to 2
        Colour shift between polyp and mucosa; 0 none, 1 hard to see. The default lets a small
        network learn from 80 patients.
    texture : float, 0 to 2
        Strength of the polyp's own surface pattern; 1 faint, 0 none.
    relief : float, 0 to 1.5
        Height of the polyps; 1 typical, 0 no shading of their own and no shadow.
    irregularity : float, 0 to 2
        Deviation of the outline from smooth lobes; 1 typical.
    edge_softness : float, pixels, 0.5 to 20
        Width of the blend between polyp and mucosa.
    folds, vessels : float, 0 to 2
        Height of the folds and visibility of the vessels; 1 typical.
    specular : float, 0 to 4
        Density of the glare; 1 typical, 0 none.
    debris, bubbles : float, 0 to 1
        Share of frames with stool or liquid, and with bubbles.
    blur : float, pixels, 0 to 10
        Largest defocus (sigma).
    motion : float, 0 to 1
        Share of frames with motion blur.
    noise : float, grey levels, 0 to 50
        Sensor noise (about its standard deviation).
    jpeg_quality : int, 10 to 100
        Lowest JPEG quality the recorder used.
    overlay, inset : float, 0 to 1
        Share of patients with burnt-in text, and with a position picture in a corner.
    zoom : float, 0 to 1
        Spread (log) of a polyp's size from frame to frame.
    size_variation : float, 0 to 0.5
        Largest relative change of height and width from patient to patient.
    """

    frames_per_patient: int = 3
    smallest: float = 0.004
    largest: float = 0.5
    typical: float = 0.1
    empty_share: float = 0.04
    several_share: float = 0.12
    flat_share: float = 0.15
    stalked_share: float = 0.2
    contrast: float = 1.4
    texture: float = 1.2
    relief: float = 1.0
    irregularity: float = 1.0
    edge_softness: float = 2.5
    folds: float = 1.0
    vessels: float = 1.0
    specular: float = 1.0
    debris: float = 0.35
    bubbles: float = 0.15
    blur: float = 1.0
    motion: float = 0.15
    noise: float = 3.0
    jpeg_quality: int = 70
    overlay: float = 0.5
    inset: float = 0.3
    zoom: float = 0.3
    size_variation: float = 0.08

    def __post_init__(self) -> None:
        """Check every value against its range.

        Raises
        ------
        ValueError
            Naming the parameter, its value and its range.
        """
        check_ranges(self, RANGES)
        if not self.smallest <= self.typical <= self.largest:
            raise ValueError(
                f"PolypParameters: typical is {self.typical}; it must lie between smallest "
                f"({self.smallest}) and largest ({self.largest})."
            )
