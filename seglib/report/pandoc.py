"""How is pandoc called?"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pypandoc


def pandoc(
    text: str, source: str, target: str, *options: str, folder: Path | None = None, epoch: int = 0
) -> str:
    """Convert a text.

    Parameters
    ----------
    text
        What to convert.
    source, target
        Pandoc's names of the formats.
    options
        More of its command line.
    folder
        Where it runs; pictures are looked for there.
    epoch
        The time that goes into the document, in seconds since 1970.

    Returns
    -------
    str
        The result; empty if the options write it to a file.

    Raises
    ------
    ValueError
        With pandoc's own words, if it fails or warns.
    """
    command = [pypandoc.get_pandoc_path(), "-f", source, "-t", target, "--fail-if-warnings"]
    done = subprocess.run(
        [*command, *options],
        input=text.encode(),
        capture_output=True,
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
    )
    if done.returncode:
        raise ValueError(f"Pandoc could not read the report: {done.stderr.decode().strip()}")
    return done.stdout.decode()
