"""Where do the numbers go that the report may quote?"""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
from filelock import FileLock

from seglib.course import Settings
from seglib.files import set_aside, write_atomic


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else float(f"{value:.6g}")
    return value.item() if isinstance(value, np.generic) else value


def record(settings: Settings, section: str, **values: Any) -> None:
    """Put numbers under `section` into ``figures/<dataset>/results.json``, where the report reads.

    Other sections stay; the section itself is replaced. Undefined numbers become ``null``. If the
    file holds those of another profile, it is set aside first, with a warning: a quick trial must
    neither replace the long one nor be mixed with it.
    """
    path = settings.figures / "results.json"
    settings.outputs.mkdir(parents=True, exist_ok=True)
    # Two notebooks may run at once; without the lock one would lose the other's section.
    with FileLock(settings.outputs / f".{settings.dataset}-results.lock"):
        results = json.loads(path.read_text()) if path.is_file() else {}
        profile = results.get("profile", settings.profile)
        if profile != settings.profile:
            text = f"The results of the profile '{profile}' are kept as {set_aside(path)}."
            warnings.warn(text, stacklevel=2)
            results = {}
        results |= {"profile": settings.profile, section: _rounded(values)}
        write_atomic(path, json.dumps(results, indent=2, sort_keys=True) + "\n")
