"""What tests and notebooks share: processes that run side by side share the cores."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Give each of pytest-xdist's workers its share; more threads than cores are slower."""
    if hasattr(config, "workerinput"):
        cores = (os.cpu_count() or 1) // config.workerinput["workercount"]
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail for what was skipped for want of an extra, where all are installed: in `make test`."""
    if "ALL_EXTRAS" not in os.environ or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    if wanting := [reason for reason in skipped if "seglib[" in reason]:
        reporter.write_line(
            f"\nEvery extra should be installed, but: {'; '.join(wanting)}", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
