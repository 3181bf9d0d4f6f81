"""Is every difficulty within its range?"""

from collections.abc import Mapping
from dataclasses import fields


def check_ranges(parameters: object, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Refuse parameters of a phantom that lie outside their range, ends included.

    Parameters
    ----------
    parameters : object
        A dataclass such as :class:`seglib.phantoms.PolypParameters`.
    ranges : mapping
        Lowest and highest value of each of its fields.

    Raises
    ------
    ValueError
        Naming the parameter, its value and its range.
    """
    for name in (field.name for field in fields(parameters)):
        value, (low, high) = getattr(parameters, name), ranges[name]
        if not low <= value <= high:
            kind = type(parameters).__name__
            raise ValueError(f"{kind}: {name} is {value}; give {low} to {high}.")
