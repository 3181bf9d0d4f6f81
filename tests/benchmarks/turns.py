"""Who is faster? Each way has a process of its own, and they work in turn, never together.

The speed of a shared machine drifts, so rounds are interleaved (A B C, B C A, ...) and ratios are
taken within a round. The first round of each way warms up and is not counted, nor is what a way
does before it, such as filling a cache.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pandas as pd


class Turn:
    """Lets a way work when the others rest, and tells how long it took.

    ``for _ in turn:`` runs its body once a round.
    """

    def __init__(self, pipe: Connection, rounds: int) -> None:
        self.pipe, self.rounds, self.since = pipe, rounds, 0.0

    def __iter__(self) -> Iterator[None]:
        for _ in range(self.rounds):
            self.begin()
            yield
            self.end()

    def begin(self) -> None:
        """Say that all is ready, wait, start the clock."""
        self.pipe.send("ready")
        self.pipe.recv()
        self.since = time.perf_counter()

    def end(self) -> None:
        """Stop the clock; tell the seconds, and the most memory that was ever used, MB."""
        seconds = time.perf_counter() - self.since
        self.pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


Way = Callable[[Any, Turn], None]


def _work(way: Way, job: Any, pipe: Connection, rounds: int) -> None:
    warnings.simplefilter("ignore")  # hints about workers and loggers
    way(job, Turn(pipe, rounds))


def measure(ways: dict[str, Way], job: Any, rounds: int) -> tuple[pd.DataFrame, pd.Series]:
    """Let the ways do a job in turn.

    Parameters
    ----------
    ways
        Name -> function of the job and a :class:`Turn`; importable, since each gets a process.
    job
        What all of them are given; pickled.
    rounds
        Counted repetitions.

    Returns
    -------
    seconds, memory
        ``(rounds, ways)`` seconds; most memory of each way's main process, MB.
    """
    spawn, pipes, workers = multiprocessing.get_context("spawn"), {}, []
    for name, way in ways.items():
        pipes[name], theirs = spawn.Pipe()
        worker = spawn.Process(target=_work, args=(way, job, theirs, rounds + 1), daemon=False)
        worker.start()
        theirs.close()  # so that a way that fails is noticed
        workers.append(worker)
    seconds, memory, names = [], {}, list(ways)
    try:
        for number in range(rounds + 1):
            first = number % len(names)
            taken = {}
            for name in names[first:] + names[:first]:
                for pipe in pipes.values():
                    pipe.poll(None)  # until all are ready, or through with it
                taken[name], memory[name] = _one_turn(name, pipes[name])
            seconds.append(taken)
    finally:
        for pipe, worker in zip(pipes.values(), workers, strict=True):
            pipe.close()
            worker.join()
    return pd.DataFrame(seconds[1:], columns=names), pd.Series(memory)


def _one_turn(name: str, pipe: Connection) -> tuple[float, float]:
    try:
        pipe.recv()
        pipe.send("go")
        return pipe.recv()
    except EOFError:
        raise RuntimeError(f"The way '{name}' failed; its own message stands above.") from None
