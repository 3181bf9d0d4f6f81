"""Which of the known names was meant, and is this the thing or only its name?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Return `name` if it is known, else say which name was probably meant.

    Raises
    ------
    ValueError
        Names the nearest known name and lists all of them.
    """
    known = tuple(known)
    if name in known:
        return name
    close = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise ValueError(f"Unknown {what} '{name}'.{hint} Known: {', '.join(known)}.")


def expect(value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Refuse the name of a thing, or anything else, in the place of the thing.

    Raises
    ------
    TypeError
        Says `what` was expected, and what was given.
    """
    if not isinstance(value, kind):
        # A name is shown as it was given; a table or a list of runs would fill pages.
        shown = repr(value) if isinstance(value, str | Path) else f"a {type(value).__name__}"
        raise TypeError(f"Expected {what}, got {shown}.")
