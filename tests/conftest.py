"""What all tests share: the reader's settings are put aside, and nothing is left in the course."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Set before any test imports what reads them.
os.environ["MPLBACKEND"] = "Agg"
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # what is held to the last digit is a processor's
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The course folder."""
    return ROOT


@pytest.fixture(autouse=True)
def own_settings(request: pytest.FixtureRequest, monkeypatch, tmp_path_factory) -> None:
    """Default settings, with runs kept in a temporary folder.

    Tests marked ``real`` keep SEGLIB_DATA, and are skipped where it is not set.
    """
    real = request.node.get_closest_marker("real")
    if real and not os.environ.get("SEGLIB_DATA"):
        pytest.skip("needs real data: set SEGLIB_DATA to the folder of the data sets")
    kept = {"SEGLIB_DATA"} if real else set()
    for name in [name for name in os.environ if name.startswith("SEGLIB_") and name not in kept]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEGLIB_OUTPUTS", str(tmp_path_factory.mktemp("outputs")))
