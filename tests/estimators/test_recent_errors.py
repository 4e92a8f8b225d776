"""Intervals follow how forecasts behind the training rows have fared, and know no later rows."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, PersistenceRegressor
from tsnode.estimators.intervals._recent_errors import EDGES, PRIOR, WINDOW, RecentErrors

N, N_FIT = 3000, 1500
HOURS = pd.date_range("2013-01-01", periods=N, freq="h", tz="UTC")


def walk(growth):
    """Make a random walk whose steps grow by a factor behind the training rows."""
    steps = np.random.default_rng(0).normal(size=N)
    return pd.Series(np.cumsum(np.where(np.arange(N) < N_FIT, steps, growth * steps)), HOURS)


def fitted(y):
    return PersistenceRegressor().fit(HOURS[:N_FIT], y[:N_FIT])


def share_inside(y, rows, **how):
    lower, upper = fitted(y).predict_interval(HOURS[rows], history=y, horizon="3h", **how)
    return ((lower <= y[rows]) & (y[rows] <= upper)).mean()


LATER = slice(2200, N)


@pytest.mark.parametrize(("growth", "blind"), [(1.4, (0.6, 0.8)), (0.5, (0.99, 1.01))])
def test_intervals_widen_where_errors_grow_and_narrow_where_they_shrink(growth, blind):
    y = walk(growth)
    assert blind[0] < share_inside(y, LATER, adaptive=False) < blind[1]
    assert 0.86 < share_inside(y, LATER) < 0.95


def test_where_nothing_changes_intervals_hardly_do():
    y = walk(1.0)
    plain, adapted = (fitted(y).predict_interval(HOURS[LATER], history=y, horizon="3h", adaptive=a)
                      for a in (False, True))  # fmt: skip
    ratio = (adapted.upper - adapted.lower) / (plain.upper - plain.lower)
    assert ratio.between(0.85, 1.15).all()
    assert ratio.std() > 0


def test_rows_behind_the_start_of_a_forecast_change_nothing():
    y = walk(1.0)
    spoiled = y.copy()
    spoiled[2500:] += 50 * np.random.default_rng(1).normal(size=N - 2500)
    model, asked = fitted(y), HOURS[2400:2503]
    for mine, theirs in zip(
        *(model.predict_interval(asked, history=h, horizon="3h") for h in (y, spoiled)),
        strict=True,
    ):
        pd.testing.assert_series_equal(mine, theirs)
    later = (model.predict_interval(HOURS[2700:2701], history=h, horizon="3h")
             for h in (y, spoiled))  # fmt: skip
    assert len({float((one.upper - one.lower).iloc[0]) for one in later}) == 2


@pytest.mark.parametrize("row", [N_FIT + 60, N_FIT + 200, 2400])
def test_later_rows_need_not_be_there_at_all(row):
    y = walk(1.4)
    whole, cut = (fitted(y).predict_interval(HOURS[row : row + 1], history=h, horizon="3h")
                  for h in (y, y[: row - 2]))  # fmt: skip
    pd.testing.assert_series_equal(whole.lower, cut.lower)
    pd.testing.assert_series_equal(whole.upper, cut.upper)


def test_a_row_asked_alone_gets_the_interval_it_gets_among_others():
    y = walk(1.4)
    many = fitted(y).predict_interval(HOURS[LATER], history=y, horizon="3h")
    one = fitted(y).predict_interval(HOURS[2600:2601], history=y, horizon="3h")
    assert one.lower.iloc[0] == many.lower[HOURS[2600]]


def test_a_larger_coverage_lies_outside_a_smaller_one():
    y = walk(1.4)
    found = fitted(y).predict_interval(
        HOURS[LATER], history=y, horizon="3h", coverage=[0.5, 0.8, 0.9, 0.99]
    )
    widths = [(b.upper - b.lower).to_numpy() for b in found.values()]
    assert all((np.diff(pair, axis=0) >= 0).all() for pair in zip(widths, widths[1:], strict=False))


def test_a_day_of_new_rows_is_too_little_to_go_by():
    y = walk(1.4)[: N_FIT + 25]
    for mine, theirs in zip(
        *(fitted(y).predict_interval(y.index, history=y, adaptive=a) for a in (False, True)),
        strict=True,
    ):
        pd.testing.assert_series_equal(mine, theirs)


def test_the_nominal_coverage_solves_its_equation():
    y = walk(1.4)
    model = fitted(y)
    asked = model._read_asked(HOURS[LATER], y, "3h")
    errors = model.lead_errors_
    recent = RecentErrors.of(model, errors, asked.known, asked.controls)
    nominal = recent._of_lead(2, 0.9, asked.starts[-1:])[0, 0]
    begin = asked.starts[-1] - WINDOW * recent.step
    first, last = np.searchsorted(recent.times[2], [begin, asked.starts[-1]], "right")
    counts = recent.counts[2][last, 0] - recent.counts[2][first, 0]
    apart = min(counts.sum(), WINDOW * recent.step / errors.leads[2])
    weight = apart / (apart + PRIOR)
    held = np.interp(nominal, EDGES, np.r_[0, np.cumsum(counts) / counts.sum()])
    assert weight * held + (1 - weight) * nominal == pytest.approx(0.9, abs=1e-9)
    assert nominal > 0.93


def test_covariates_in_x_are_not_known_at_the_new_rows():
    y = walk(1.4)[::5][:400]
    X = pd.DataFrame({"u": np.sin(np.arange(400))}, y.index)
    model = NeuralODERegressor(lookback=4, training="linear", random_state=0).fit(X[:200], y[:200])
    for mine, theirs in zip(
        *(model.predict_interval(X[200:], history=y, adaptive=a) for a in (False, True)),
        strict=True,
    ):
        pd.testing.assert_series_equal(mine, theirs)


@pytest.mark.parametrize("adaptive", [None, "no", 1])
def test_adaptive_is_a_yes_or_a_no(adaptive):
    with pytest.raises(ValueError, match="adaptive must be True or False; got"):
        fitted(walk(1.0)).predict_interval(HOURS[N_FIT : N_FIT + 1], adaptive=adaptive)
