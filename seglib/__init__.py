"""seglib: the thin layer between the course's notebooks and the field's libraries."""

from seglib.course import Settings, settings

__version__ = "0.1.0"
__all__ = ["Settings", "__version__", "settings"]
