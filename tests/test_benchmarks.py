"""What the benchmarks rest on: ways that work in turn, and ratios within a round. No times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.turns import Turn, measure

HERE = "tests.test_benchmarks:"


def first(job: Path, turn: Turn) -> None:
    write(job, turn, "first")


def second(job: Path, turn: Turn) -> None:
    write(job, turn, "second")


def broken(job: Path, turn: Turn) -> None:
    raise SystemExit(1)


def lacking(job: Path, turn: Turn) -> None:
    raise ModuleNotFoundError(name="no_such_package")


def write(job: Path, turn: Turn, name: str) -> None:
    for _ in turn:
        for word in ("begins", "ends"):
            with job.open("a") as log:
                log.write(f"{name} {word}\n")


def test_ways_alternate_and_never_work_together(tmp_path: Path) -> None:
    log = tmp_path / "log"
    seconds, memory = measure({"a": HERE + "first", "b": HERE + "second"}, log, rounds=2)
    assert seconds.shape == (2, 2) and list(seconds) == list(memory.index) == ["a", "b"]
    assert (seconds > 0).all(axis=None) and (memory > 1).all()
    order = ["first", "second", "second", "first", "first", "second"]  # the first round warms up
    wanted = [f"{name} {word}" for name in order for word in ("begins", "ends")]
    assert log.read_text().splitlines() == wanted


def test_a_way_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="The way 'b' failed"):
        measure({"a": HERE + "first", "b": HERE + "broken"}, tmp_path / "log", rounds=1)


def test_a_way_whose_package_is_missing_is_left_out_loudly(tmp_path: Path, capsys) -> None:
    ways = {"a": HERE + "first", "b": HERE + "lacking", "c": HERE + "second"}
    seconds, memory = measure(ways, tmp_path / "log", rounds=2)
    assert list(seconds) == list(memory.index) == ["a", "c"] and not seconds.isna().any(axis=None)
    assert capsys.readouterr().out == (
        "LEFT OUT: 'b' needs no_such_package, which is not installed.\n"
    )


def test_ratios_are_taken_round_by_round() -> None:
    from seglib.figures.tables import as_markdown
    from tests.benchmarks.side_by_side import columns  # slow, and not for every process

    seconds = pd.DataFrame({"student": [4.0, 8.0, 2.0], "other": [2.0, 4.0, 1.0]})
    table = columns("training", "images/s", seconds, images=8)
    assert table.loc["student"].tolist() == ["2.0", "1.00 (1.00 to 1.00)"]
    assert table.loc["other"].tolist() == ["4.0", "2.00 (2.00 to 2.00)"]
    assert columns("alone", "ms", seconds, images=10).loc["other", "alone, ms"] == "200.0"
    assert list(columns("alone", "ms", seconds, 10, usual="gone")) == ["alone, ms"]
    assert as_markdown(table[:1]).splitlines()[2] == "| student | 2.0 | 1.00 (1.00 to 1.00) |"


def test_a_stopwatch_ends_at_its_aim_or_its_limit() -> None:
    from tests.benchmarks.time_to_dice import Stopwatch

    found = iter([0.3, 0.76, 0.81, 0.9, 0.2])
    for _ in (watch := Stopwatch(9, minutes=1, aim=0.8, score=lambda network: next(found))):
        pass
    assert [(row["epoch"], row["dice"]) for row in watch.rows] == [(1, 0.3), (2, 0.76), (3, 0.81)]
    assert 0 < watch.rows[0]["seconds"] < watch.rows[2]["seconds"] < 1
    for _ in (late := Stopwatch(9, minutes=0, aim=0.8, score=lambda network: next(found))):
        pass
    assert [row["dice"] for row in late.rows] == [0.9]


def test_minutes_to_an_aim_by_hand() -> None:
    from tests.benchmarks.time_to_dice import reached

    rows = pd.DataFrame({"seconds": [60, 120, 180, 240], "dice": [0.3, 0.76, 0.74, 0.81]})
    ends = {"best Dice": "0.810", "epochs": "4", "s an epoch": "60.0"}
    assert reached(rows) == {"min to 0.75": "2.0", "min to 0.80": "4.0"} | ends
    assert reached(rows[:2])["min to 0.80"] == "> 2"


def test_machines_together_by_hand() -> None:
    from tests.benchmarks.scale import duration, together

    assert together(10, 1, batch=8, exchanged=1e8, bandwidth=1) == pytest.approx(10)
    assert together(10, 64, batch=8, exchanged=1e8, bandwidth=np.inf) == pytest.approx(640)
    # Two machines each send the gradients once: 8 s beside a step of 8 s.
    assert together(1, 2, batch=8, exchanged=16, bandwidth=2) == pytest.approx(1)
    words = [duration(seconds) for seconds in (0.02, 59.94, 60, 5400, 86400 * 100)]
    assert words == ["20 ms", "59.9 s", "1.0 min", "1.5 h", "100.0 days"]


def test_floors_count_what_a_step_cannot_save(monkeypatch) -> None:
    from tests.benchmarks import floors

    for name, value in {"SIDE": 64, "LENGTH": 2**12, "REPEATS": 1}.items():
        monkeypatch.setattr(floors, name, value)
    table, rates = floors.floors(size=32, batch=2)
    assert list(table.index) == ["forward", "backward", "optimiser"]
    assert (table["measured"] > 0).all()
    assert table.loc["backward", "arithmetic"] == 2 * table.loc["forward", "arithmetic"] > 0
    weights = 24_436_369  # of this network
    moved = table.loc["optimiser", "memory"] / 1000 * 2 * rates["memory"]
    assert moved == pytest.approx(28 * weights)


def test_every_image_comes_out_of_the_shards_once(tmp_path: Path) -> None:
    pytest.importorskip("webdataset", reason="install seglib[audit]")
    from tests.benchmarks.scale import SHARD, stream, write_shards

    n, side = 2 * SHARD + 5, 16
    grey = np.arange(n, dtype=np.uint8)[:, None, None]
    images = np.broadcast_to(grey[..., None], (n, side, side, 3))
    masks = np.broadcast_to(grey, (n, side, side))
    shards = write_shards(images, masks, tmp_path)
    assert len(shards) == 3
    found = [(image, mask) for image, mask in stream(shards, seed=1)]
    order = [int(mask[0, 0]) for _, mask in found]
    assert sorted(order) == list(range(n)) and order != sorted(order)
    assert all(
        image.shape == (side, side, 3) and mask.shape == (side, side) for image, mask in found
    )
    assert max(abs(int(image.mean()) - int(mask[0, 0])) for image, mask in found) <= 1  # JPEG
