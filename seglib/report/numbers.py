"""How is a number written in prose? The filters that the report's text may use.

A number that is undefined (``null`` in ``results.json``) is written as "undefined", never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seglib.intervals import TOO_FEW

MINUS, NARROW = "\u2212", "\u00a0"  # a minus sign; a space that no line is broken at
UNDEFINED = "undefined"
SMALLEST_P = 0.001


def _defined(write: Callable[..., str]) -> Callable[..., str]:
    """Let a filter say "undefined" where there is no number."""

    def written(value: float | None, *more: int) -> str:
        """The filter, or "undefined"."""
        return UNDEFINED if value is None else write(value, *more)

    return written


@_defined
def score(value: float, digits: int = 3) -> str:
    """A score in [0, 1]: ``0.794``."""
    return f"{value:.{digits}f}"


@_defined
def signed(value: float, digits: int = 3) -> str:
    """A difference, with its sign: ``+0.005``."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


@_defined
def share(value: float, digits: int = 1) -> str:
    """A share as a percentage: ``15.4 %``; one that is not zero is not written as zero."""
    while 0 < 100 * value < 0.5 * 10**-digits:
        digits += 1
    return f"{100 * value:.{digits}f}{NARROW}%"


@_defined
def millions(value: float, digits: int = 1) -> str:
    """A large count: ``24.4 million``."""
    return f"{value / 1e6:.{digits}f}{NARROW}million"


@_defined
def px(value: float) -> str:
    """A distance in pixels: ``81.3 px``."""
    return f"{value:.1f}{NARROW}px"


@_defined
def duration(seconds: float) -> str:
    """A time: ``48 s``, ``66 min`` or ``2.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f}{NARROW}s"
    minutes = seconds / 60
    return f"{minutes:.0f}{NARROW}min" if minutes < 100 else f"{minutes / 60:.1f}{NARROW}h"


@_defined
def p_value(value: float) -> str:
    """A p-value with its sign: ``= 0.696`` or ``< 0.001``."""
    small = value < SMALLEST_P
    return f"<{NARROW}{SMALLEST_P}" if small else f"={NARROW}{value:.3f}"


def bounds(found: Mapping[str, float | None]) -> str:
    """The ends of an interval: ``0.757 to 0.826``."""
    if found["low"] is None or found["high"] is None:
        return TOO_FEW
    digits = _digits(found)
    return f"{_plain(found['low'], digits)} to {_plain(found['high'], digits)}"


def _digits(found: Mapping[str, float | None]) -> int:
    """Three decimals below 1.5, one above: scores and pixels stand in the same column."""
    known = (found[name] for name in ("mean", "low", "high") if found.get(name) is not None)
    return 3 if max(map(abs, known)) < 1.5 else 1


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", MINUS)


def estimate(found: Mapping[str, float | None]) -> str:
    """A mean with its interval, for a table: ``0.794 (0.757 to 0.826)``."""
    if found["mean"] is None:
        return UNDEFINED
    return f"{_plain(found['mean'], _digits(found))} ({bounds(found)})"


WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
         "eleven", "twelve")  # fmt: skip


@_defined
def words(value: int) -> str:
    """A small count in words, a larger one in digits: ``two``, ``24``."""
    return WORDS[value] if value < len(WORDS) else str(value)


FILTERS = {
    "score": score,
    "signed": signed,
    "share": share,
    "millions": millions,
    "px": px,
    "duration": duration,
    "p": p_value,
    "bounds": bounds,
    "estimate": estimate,
    "words": words,
}
