"""How does nnU-Net run without touching this process?

It takes its folders from environment variables and starts processes of its own. Both belong to a
child process; nothing of it is left in a notebook's kernel.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import deque
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import torch
from tqdm.auto import tqdm

from seglib.hardware import cores

# "96/800 [" of a progress bar, or "Epoch 3" of nnU-Net's own log.
PROGRESS = re.compile(r"(?:\b(?P<done>\d+)/(?P<total>\d+) \[|: Epoch (?P<epoch>\d+)\s*$)")
WORKER = (sys.executable, "-m", "seglib.nnunet.worker")
FULL_DISK = "No space left on device"


def require_nnunet() -> None:
    """Raise ``ModuleNotFoundError`` with what to do unless nnU-Net is installed."""
    if find_spec("nnunetv2") is None:
        raise ModuleNotFoundError(
            "nnU-Net is not installed: it is an extra of this course. Add it with "
            "python -m pip install 'seglib[nnunet]', in the course folder "
            "python -m pip install -c constraints.txt -e '.[nnunet]'."
        )


def surroundings(shared: Path, results: Path) -> dict[str, str]:
    """Environment of the child: nnU-Net's three folders, and processes for this machine.

    Parameters
    ----------
    shared
        Holds ``raw`` and ``preprocessed``, which all runs on the same cases use.
    results
        Of one run.
    """
    processes = str(min(8, cores()))
    wanted = {
        "nnUNet_raw": str(shared / "raw"),
        "nnUNet_preprocessed": str(shared / "preprocessed"),
        "nnUNet_results": str(results),
        "nnUNet_def_n_proc": processes,
        "PYTHONUNBUFFERED": "1",
    }
    if not torch.cuda.is_available():
        wanted["nnUNet_n_proc_DA"] = "1"  # the cores are better spent on the network
    return dict(os.environ) | wanted


def run_child(job: str, task: dict, environment: dict[str, str], log: Path, title: str) -> None:
    """Run one job of :mod:`seglib.nnunet.worker` to its end, with a progress bar.

    Parameters
    ----------
    job
        ``plan``, ``train`` or ``predict``.
    task
        Arguments of the job, ready for JSON; ``epochs`` of ``train`` is the length of the bar.
    environment
        See :func:`surroundings`.
    log
        File to which all that nnU-Net says is added.
    title
        What stands before the bar, and in errors.

    Raises
    ------
    ModuleNotFoundError
        If nnU-Net is not installed.
    ChildProcessError
        If it stops early; says where its log is, and what to do where that is known.
    """
    require_nnunet()
    log.parent.mkdir(parents=True, exist_ok=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    words = {"text": True, "encoding": "utf-8", "errors": "replace"}
    with subprocess.Popen([*WORKER, job], env=environment, **pipes, **words) as process:
        try:
            with suppress(BrokenPipeError):  # it died at once: its words say why
                process.stdin.write(json.dumps(task))
                process.stdin.close()
            # A total from the start: what it really is, the child says later.
            bar = tqdm(total=task.get("epochs", 1), desc=title, leave=False)
            last = _follow(process, log, bar)
        except BaseException:  # interrupted: the child must not go on alone
            process.terminate()
            raise
    if process.returncode:
        raise ChildProcessError(_why(title, process.returncode, last, log))


def _follow(process: subprocess.Popen, log: Path, bar: tqdm) -> list[str]:
    """Copy what the child says to the log, move the bar; return its last lines."""
    last: deque[str] = deque(maxlen=40)
    with bar, log.open("a", 1, encoding="utf-8") as file:
        for line in process.stdout:
            file.write(line)
            if line.strip():
                last.append(line.strip())
            if found := PROGRESS.search(line):
                total = int(found["total"] or bar.total)
                if total != bar.total:
                    bar.reset(total)
                bar.update(int(found["done"] or found["epoch"]) - bar.n)
    return list(last)


def _why(title: str, code: int, last: list[str], log: Path) -> str:
    """Why a child stopped, in a sentence."""
    if any(FULL_DISK in line for line in last):
        return f"{title}: the disk is full; make room, then give the same command. Log: {log}"
    if code < 0 or code == 137:
        return (
            f"{title}: its process was killed (signal {-code if code < 0 else 9}), most often for "
            "want of memory; close other programs and give the same command, which goes on after "
            f"the last whole epoch. Log: {log}"
        )
    return f"{title}: it stopped with '{last[-1] if last else f'code {code}'}'. Log: {log}"
