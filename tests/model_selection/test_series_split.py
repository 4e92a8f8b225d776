"""SeriesSplit leaves whole series out, whatever the order of the rows."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.model_selection import GroupKFold, cross_validate

from tsnode import PersistenceRegressor
from tsnode.exceptions import TimeIndexError
from tsnode.model_selection import SeriesSplit

HOURS = pd.date_range("2024-01-01", periods=20, freq="h")
KEYS = ["d", "a", "c", "b"]
PANEL = pd.MultiIndex.from_product([KEYS, HOURS], names=["station", "time"])


def series_tested_by(split, panel, **groups):
    names = panel.get_level_values("station")
    return [sorted(set(names[test])) for _, test in split.split(panel, **groups)]


@pytest.mark.parametrize("n_splits", [2, 3, 4])
@pytest.mark.parametrize("seed", [None, 0])
def test_every_series_is_tested_once_and_never_trained_on_then(n_splits, seed):
    mixed = PANEL[np.random.default_rng(0).permutation(len(PANEL))]
    split = SeriesSplit(n_splits, shuffle=seed is not None, random_state=seed)
    names = mixed.get_level_values("station")
    parts = [(set(names[train]), set(names[test])) for train, test in split.split(mixed)]
    assert sorted(sum((list(test) for _, test in parts), [])) == sorted(KEYS)
    assert [train & test for train, test in parts] == [set()] * n_splits
    assert [train | test for train, test in parts] == [set(KEYS)] * n_splits


def test_it_cuts_as_group_k_fold_on_the_series():
    names = PANEL.get_level_values("station")
    expected = [test.tolist() for _, test in GroupKFold(2).split(PANEL, groups=names.tolist())]
    found = [test.tolist() for _, test in SeriesSplit(2).split(PANEL)]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("seed", [None, 0])
def test_the_order_of_the_rows_is_irrelevant(seed):
    split = SeriesSplit(3, shuffle=seed is not None, random_state=seed)
    expected = series_tested_by(split, PANEL)
    assert series_tested_by(split, PANEL[::-1]) == expected


def test_a_seed_deals_the_series_alike_and_another_one_otherwise():
    deals = [
        series_tested_by(SeriesSplit(2, shuffle=True, random_state=seed), PANEL)
        for seed in range(6)
    ]
    assert series_tested_by(SeriesSplit(2, shuffle=True, random_state=0), PANEL) == deals[0]
    assert len({str(deal) for deal in deals}) > 1


def test_pairs_of_levels_name_the_series():
    panel = pd.MultiIndex.from_product([["x", "y"], [1, 2], HOURS])
    found = [len(set(panel[test].droplevel(2))) for _, test in SeriesSplit(4).split(panel)]
    assert found == [1, 1, 1, 1]


def test_groups_name_the_series_of_arrays():
    rows = np.arange(12.0)[:, None]
    groups = np.repeat(["a", "b", "c"], 4)
    found = [set(groups[test]) for _, test in SeriesSplit(3).split(rows, groups=groups)]
    assert sorted(map(sorted, found)) == [["a"], ["b"], ["c"]]


def test_groups_reach_it_by_metadata_routing():
    rows, groups = np.arange(12.0)[:, None], np.repeat(["a", "b", "c"], 4)
    with sklearn.config_context(enable_metadata_routing=True):
        found = cross_validate(
            PersistenceRegressor(), rows, rows[:, 0], cv=SeriesSplit(3), params={"groups": groups}
        )
    assert np.isfinite(found["test_score"]).sum() == 3


@pytest.mark.parametrize(
    ("n_splits", "panel", "word"),
    [
        (5, PANEL, "at least n_splits=5 series; got 4"),
        (1, PANEL, "n_splits must be a whole number at least 2"),
    ],
)
def test_bad_counts_are_refused(n_splits, panel, word):
    with pytest.raises(ValueError, match=word):
        next(SeriesSplit(n_splits).split(panel))


def test_a_single_series_is_refused():
    with pytest.raises(TimeIndexError, match="Expected a panel.*TimeSplit"):
        next(SeriesSplit(2).split(HOURS))
