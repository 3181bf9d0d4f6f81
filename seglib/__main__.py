"""``python -m seglib`` is ``seglib``, for shells that do not find the command."""

from seglib.cli import app

app(prog_name="seglib")
