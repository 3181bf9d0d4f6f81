"""What tests and notebooks share: processes that run side by side share the cores."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Give each of pytest-xdist's workers its share; more threads than cores are slower."""
    if hasattr(config, "workerinput"):
        cores = (os.cpu_count() or 1) // config.workerinput["workercount"]
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores)))
