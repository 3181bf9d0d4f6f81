import numpy as np
import pandas as pd
import pytest

from seglib.intervals import group_bootstrap, interval, summarise


def table(n=60, per_group=1, seed=0):
    random = np.random.default_rng(seed)
    groups = pd.Series(np.arange(n) // per_group).astype(str)
    return pd.DataFrame({"dice": random.beta(8, 2, n), "hd95": random.gamma(2, 5, n)}), groups


def test_a_resample_is_what_drawing_groups_by_hand_gives():
    values, groups = table(n=12, per_group=3)
    shares = np.full(4, 1 / 4)
    drawn = np.random.default_rng(5).multinomial(4, shares, size=2000)
    samples = group_bootstrap(values, groups, seed=5)
    for resample, times in zip(samples[:20], drawn[:20], strict=True):
        rows = np.concatenate(
            [values[groups == str(g)].to_numpy() for g, n in enumerate(times) for _ in range(n)]
        )
        assert resample == pytest.approx(rows.mean(axis=0))


def test_groups_of_one_give_the_textbook_standard_error():
    values, groups = table(n=400)
    spread = group_bootstrap(values, groups).std(axis=0)
    assert spread == pytest.approx(values.std(ddof=0) / np.sqrt(400), rel=0.06)


def test_copies_of_a_case_are_no_new_evidence():
    values, groups = table(n=30)
    copies = pd.concat([values] * 10, ignore_index=True)
    once = summarise(values, groups)
    honest = summarise(copies, pd.concat([groups] * 10, ignore_index=True))
    fooled = summarise(copies, pd.Series(np.arange(300)))
    pd.testing.assert_frame_equal(once[["mean", "low", "high"]], honest[["mean", "low", "high"]])
    assert (fooled["high"] - fooled["low"] < 0.5 * (once["high"] - once["low"])).all()


def test_undefined_scores_are_left_out_and_counted():
    values, groups = table(n=10)
    values.loc[:3, "hd95"] = np.nan
    found = summarise(values, groups)
    assert found["n"].tolist() == [10, 6]
    assert found["undefined"].tolist() == [0, 4]
    assert found.loc["hd95", "mean"] == pytest.approx(values["hd95"][4:].mean())
    assert found.loc["hd95", "low"] < found.loc["hd95", "mean"] < found.loc["hd95", "high"]


@pytest.mark.parametrize("why", ["one group", "nothing defined"])
def test_where_there_is_nothing_to_say_the_interval_is_nan(why):
    values, groups = table(n=8)
    if why == "one group":
        groups = pd.Series(["a"] * 8)
    else:
        values = values * np.nan
    assert summarise(values, groups)[["low", "high"]].isna().all().all()


def test_the_seed_decides_and_the_order_of_rows_does_not():
    values, groups = table(per_group=4)
    order = np.random.default_rng(1).permutation(len(values))
    shuffled = group_bootstrap(values.iloc[order], groups.iloc[order], seed=3)
    assert shuffled == pytest.approx(group_bootstrap(values, groups, seed=3))
    assert not np.allclose(shuffled, group_bootstrap(values, groups, seed=4))


def test_the_interval_holds_the_middle_95_percent():
    assert interval(np.arange(1001.0)) == pytest.approx((25, 975))
