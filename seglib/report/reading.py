"""How is a text that the student wrote read?"""

from __future__ import annotations

from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file; ``ValueError`` with its name if it is not in UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} cannot be read as UTF-8; save it in that encoding.") from None
