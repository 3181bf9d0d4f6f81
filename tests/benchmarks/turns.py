"""Who is faster? Each way has a process of its own, and they work in turn, never together.

The speed of a shared machine drifts, so rounds are interleaved (A B C, B C A, ...) and ratios are
taken within a round. The first round of each way warms up and is not counted, nor is what a way
does before it, such as filling a cache. A way whose package is missing is left out, and said so.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from typing import Any

import pandas as pd
from torch import nn


class Turn:
    """Lets a way work when the others rest, and tells how long it took.

    ``for _ in turn:`` runs its body once a round, until it is `over`. A way that trains leaves its
    `network` here, for whoever wants to see how good it is after a round.
    """

    network: nn.Module | None = None
    over = False

    def __init__(self, pipe: Connection, rounds: int) -> None:
        self.pipe, self.rounds, self.since = pipe, rounds, 0.0

    def __iter__(self) -> Iterator[None]:
        for _ in range(self.rounds):
            self.begin()
            yield
            self.end()
            if self.over:
                return

    def begin(self) -> None:
        """Say that nothing is missing, wait, start the clock."""
        self.pipe.send(None)
        self.pipe.recv()
        self.since = time.perf_counter()

    def end(self) -> None:
        """Stop the clock; tell the seconds, and the most memory that was ever used, MB."""
        import resource  # not on Windows, where the tests are collected, too

        seconds = time.perf_counter() - self.since
        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes, or kB
        self.pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit))


def attempt(way: str, job: Any, turn: Turn) -> str | None:
    """Let a way (``module:function``) do the job; the package that it lacks, if it cannot."""
    warnings.simplefilter("ignore")  # hints about workers and loggers
    try:
        resolve_name(way)(job, turn)
    except ModuleNotFoundError as error:
        return error.name or str(error)
    return None


def leave_out(name: str, package: str) -> None:
    """Say loudly that a way is not in the table."""
    print(f"LEFT OUT: '{name}' needs {package}, which is not installed.")


def _work(way: str, job: Any, pipe: Connection, rounds: int) -> None:
    if package := attempt(way, job, Turn(pipe, rounds)):
        pipe.send(package)


def measure(ways: dict[str, str], job: Any, rounds: int) -> tuple[pd.DataFrame, pd.Series]:
    """Let the ways do a job in turn.

    Parameters
    ----------
    ways
        Name -> ``module:function`` of the job and a :class:`Turn`. Each is imported in a process
        of its own, where its packages are needed.
    job
        What all of them are given; pickled.
    rounds
        Counted repetitions.

    Returns
    -------
    seconds, memory
        ``(rounds, ways)`` seconds; most memory of each way's main process, MB. A way whose package
        is missing is in neither.
    """
    spawn, pipes, workers, rows, memory = multiprocessing.get_context("spawn"), {}, [], [], {}
    for name, way in ways.items():
        pipes[name], theirs = spawn.Pipe()
        workers.append(spawn.Process(target=_work, args=(way, job, theirs, rounds + 1)))
        workers[-1].start()
        theirs.close()  # so that a way that fails is noticed
    try:
        for number in range(rounds + 1):
            first, names, seconds = number % len(pipes), list(pipes), {}
            for name in names[first:] + names[:first]:
                for pipe in pipes.values():
                    pipe.poll(None)  # until all are ready, or through with it
                if missing := _hear(name, pipes[name]):
                    leave_out(name, missing)
                    pipes.pop(name).close()
                    continue
                pipes[name].send("go")
                seconds[name], memory[name] = _hear(name, pipes[name])
            rows.append(seconds)
    finally:
        for pipe in pipes.values():
            pipe.close()
        for worker in workers:
            worker.join()
    return pd.DataFrame(rows[1:], columns=list(pipes)), pd.Series(memory)[list(pipes)]


def _hear(name: str, pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        raise RuntimeError(f"The way '{name}' failed; its own message stands above.") from None
