"""Every public forecaster keeps scikit-learn's contract and our own."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import tsnode
from tsnode.estimators._base import BaseForecaster
from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.preprocessing import CalendarFeatures

ESTIMATORS = [
    one
    for name, room in tsnode._NAMES.items()
    if room == "tsnode.estimators" and isinstance(one := getattr(tsnode, name), type)
]
FORECASTERS = [cls for cls in ESTIMATORS if issubclass(cls, BaseForecaster)]
NEURAL = [cls for cls in FORECASTERS if hasattr(cls, "_fit_path")]
forecasters = pytest.mark.parametrize("cls", FORECASTERS)
neural = pytest.mark.parametrize("cls", NEURAL)


# What the claims below are checked with, beside the defaults of the others: fits that share their
# machinery, or have no closed form to choose; default instances pass scikit-learn's checks in the
# slow run.
QUICK = {
    "UniversalODERegressor": {"training": "match", "hidden_layer_sizes": (8,)},
    "LatentODERegressor": {
        "encoder": "gru", "hidden_layer_sizes": (8,), "encoder_units": 8, "lookback": 8,
        "training_horizon": 2, "max_epochs": 1,
    },
    "NeuralCDERegressor": {
        "hidden_layer_sizes": (8,), "latent_dim": 4, "lookback": 8, "training_horizon": 2,
        "method": "midpoint", "max_epochs": 1,
    },
    "NeuralSDERegressor": {"hidden_layer_sizes": (8,), "max_epochs": 1},
    "NeuralPDERegressor": {"hidden_layer_sizes": (4,), "max_epochs": 20, "random_state": 0},
}  # fmt: skip


def seeded(cls, **params):
    quick = {"random_state": 0} if cls in NEURAL else {}
    return cls(**(quick | QUICK.get(cls.__name__, {}) | params))


def waves(n=60, freq="h", tz=None, n_channels=2):
    index = pd.date_range("2013-01-01", periods=n, freq=freq, tz=tz, name="time")
    phase = 2 * np.pi * np.arange(n) / 24
    columns = {f"c{k}": 3 + (k + 1) * np.sin(phase + k) for k in range(n_channels)}
    return pd.DataFrame(columns, index=index)


def panel(n=60, keys=("a", "b")):
    return pd.concat({key: (k + 1) * waves(n) for k, key in enumerate(keys)}, names=["station"])


def test_all_public_forecasters_are_found():
    assert len(FORECASTERS) >= 6
    assert len(NEURAL) >= 3


# ---------------------------------------------------------------- scikit-learn's contract


# The default instance passes with all that it takes its time for; step maps with it.
LATER = {*QUICK, "NNStepRegressor", "ResNetStepRegressor"}
CHECKED = [
    pytest.param(
        cls, params, id=f"{name}-{cls.__name__}",
        marks=[pytest.mark.slow] if cls in NEURAL and not params or cls.__name__ in LATER else [],
    )
    for cls in FORECASTERS
    for name, params in (("time=0", {"time": 0}), ("default", {}))
]  # fmt: skip


@pytest.mark.parametrize(("cls", "params"), CHECKED)
def test_every_check_of_scikit_learn_passes(cls, params):
    if "max_epochs" in QUICK.get(cls.__name__, {}):  # thousands of steps for every check
        params = params | QUICK[cls.__name__]
    elif params and cls in NEURAL:
        is_ode = "latent_dim" in cls().get_params()
        cheap = {"lookback": 4, "training": "linear"} if is_ode else {"training": "match"}
        params = params | cheap | {"hidden_layer_sizes": (16,)}
    with warnings.catch_warnings():
        if "time" not in params:
            warnings.filterwarnings("ignore", message="Time is read from column 0")
        results = check_estimator(cls(**params), on_skip=None, on_fail=None)
    failed = [result["check_name"] for result in results if result["status"] != "passed"]
    # This one check asks for an environment variable before SciPy's import.
    assert [name for name in failed if name != "check_array_api_input"] == []
    assert len(results) >= 59


@forecasters
def test_clone_keeps_every_parameter(cls):
    params = {"module__x": 1} if cls in NEURAL else {"score_horizon": 3}
    copy = clone(cls(**params))
    assert copy.get_params() == cls(**params).get_params()
    assert set(params) <= set(copy.get_params())


@neural
def test_set_params_reaches_the_net(cls):
    model = cls().set_params(optimizer__weight_decay=0.1)
    assert clone(model).get_params()["optimizer__weight_decay"] == 0.1


@neural
def test_a_misspelt_parameter_is_refused_in_fit(cls):
    with pytest.raises(TypeError, match="hidden_layers"):
        cls(hidden_layers=3).fit(waves())


@forecasters
def test_a_pickled_model_forecasts_the_same(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame)
    copy = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(copy.forecast(5), model.forecast(5))


@forecasters
def test_refit_forgets_the_first_fit(cls):
    first, second = waves(70), 5 * waves(50, n_channels=1)
    again = seeded(cls).fit(first.index, first).fit(second.index, second).forecast(3)
    pd.testing.assert_frame_equal(again, seeded(cls).fit(second.index, second).forecast(3))


@neural
def test_the_same_seed_gives_the_same_forecast(cls):
    frame = waves()
    one, two = (seeded(cls).fit(frame.index, frame).forecast(5) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


# ---------------------------------------------------------------- containers and stamps


@forecasters
def test_forecasts_come_back_as_the_asked_stamps_and_fitted_columns(cls):
    frame = waves()
    ahead = frame.index[-1] + pd.to_timedelta(["3h", "90min"])
    forecast = seeded(cls).fit(frame.index, frame).predict(ahead)
    assert forecast.index.equals(ahead)
    assert list(forecast.columns) == list(frame.columns)


@forecasters
def test_a_series_comes_back_as_a_series(cls):
    series = waves()["c1"]
    forecast = seeded(cls).fit(series.index, series).forecast(2)
    assert isinstance(forecast, pd.Series)
    assert forecast.name == "c1"


@forecasters
def test_an_array_comes_back_as_an_array(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame["c0"].to_numpy())
    assert model.predict(frame.index).shape == (len(frame),)
    assert isinstance(model.predict(frame.index), np.ndarray)


@forecasters
@pytest.mark.parametrize("kind", ["timedelta", "period", "float"])
def test_every_kind_of_time_index_gives_the_same_forecast(cls, kind):
    frame = waves()
    indexes = {
        "timedelta": frame.index - frame.index[0],
        "period": frame.index.to_period("h"),
        "float": pd.Index(np.arange(60.0)),
    }
    params = {"period": 24.0 if kind == "float" else "24h"} if "period" in vars(cls()) else {}
    base = seeded(cls, **params | ({"period": "24h"} if params else {}))
    expected = base.fit(frame.index, frame).predict(frame.index)
    other = frame.set_axis(indexes[kind])
    found = seeded(cls, **params).fit(other.index, other).predict(other.index)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@forecasters
def test_converting_the_time_zone_changes_nothing(cls):
    frame = waves(tz="UTC")
    moved = frame.tz_convert("America/New_York")
    expected = seeded(cls).fit(frame.index, frame).forecast(6)
    found = seeded(cls).fit(moved.index, moved).forecast(6)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert (found.index == expected.index).all()


@forecasters
def test_permuting_rows_changes_nothing(cls):
    frame = waves()
    mixed = frame.sample(frac=1, random_state=0)
    expected = seeded(cls).fit(frame.index, frame).predict(frame.index)
    found = seeded(cls).fit(mixed.index, mixed).predict(mixed.index)
    pd.testing.assert_frame_equal(found.sort_index(), expected, check_freq=False, atol=1e-9)


@forecasters
def test_permuting_series_permutes_forecasts(cls):
    data = panel()
    swapped = pd.concat([data.loc[["b"]], data.loc[["a"]]])
    expected = seeded(cls).fit(data.index, data).forecast(3)
    found = seeded(cls).fit(swapped.index, swapped).forecast(3)
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), atol=1e-9)


@forecasters
def test_one_row_asked_alone_equals_the_same_row_among_many(cls):
    frame = waves(80)
    model = seeded(cls).fit(frame.index, frame)
    later = frame.index[-1] + pd.to_timedelta(["30min", "7h", "40h"])
    asked = frame.index[20:].append(later)
    together = model.predict(asked)
    alone = pd.concat([model.predict(asked[[k]]) for k in (0, 17, 59, 60, 62)])
    np.testing.assert_allclose(alone, together.iloc[[0, 17, 59, 60, 62]], atol=1e-7)


@forecasters
def test_a_history_with_the_training_rows_changes_nothing(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame)
    with_history = model.predict(frame.index, history=frame, horizon=1)
    pd.testing.assert_frame_equal(with_history, model.predict(frame.index))


@forecasters
def test_a_forecast_knows_nothing_newer_than_its_horizon(cls):
    frame = waves(70)
    model = seeded(cls).fit(frame.index[:60], frame[:60])
    spiked = frame.copy()
    spiked.iloc[61:] += 100.0
    asked = frame.index[61:67]
    before = model.predict(asked, history=frame, horizon="7h")
    after = model.predict(asked, history=spiked, horizon="7h")
    pd.testing.assert_frame_equal(before, after)
    later = asked + pd.Timedelta("24h")  # a day later, for the seasonal forecast
    changed = model.predict(later, history=spiked) != model.predict(later, history=frame)
    assert changed.to_numpy().all()


@forecasters
def test_one_horizon_per_row_equals_separate_calls(cls):
    frame = waves(80)
    model = seeded(cls).fit(frame.index[:60], frame[:60])
    asked = frame.index[70:72]
    together = model.predict(asked, history=frame, horizon=pd.to_timedelta(["3h", "6h"]))
    three = model.predict(asked[:1], history=frame, horizon="3h")
    six = model.predict(asked[1:], history=frame, horizon="6h")
    np.testing.assert_allclose(together, pd.concat([three, six]), atol=1e-9)


@forecasters
def test_missing_entries_are_forecast_too(cls):
    frame = waves(80)
    holed = frame.mask(np.random.default_rng(0).random(frame.shape) < 0.2)
    forecast = seeded(cls).fit(holed.index, holed).predict(frame.index)
    assert np.isfinite(forecast.to_numpy()).all()


@forecasters
def test_fit_of_a_frame_takes_its_numeric_columns_as_states(cls):
    frame = waves()
    named = frame.assign(note="sunny")
    expected = seeded(cls).fit(frame.index, frame)
    found = seeded(cls).fit(named)
    pd.testing.assert_frame_equal(found.predict(named), expected.predict(frame.index))
    assert found.score(named) == pytest.approx(expected.score(frame.index, frame))


@forecasters
def test_partial_fit_moves_the_start_of_the_forecast(cls):
    frame = waves(80)
    model = seeded(cls).fit(frame.index[:60], frame[:60])
    model.partial_fit(frame.index[60:], frame[60:])
    assert model.forecast(1).index[0] == frame.index[-1] + pd.Timedelta("1h")


@forecasters
def test_weight_zero_drops_and_weight_two_repeats_a_row(cls):
    frame = waves()
    weights = np.tile([1.0, 2.0, 0.0, 1.0], 15)
    repeated = frame.loc[np.repeat(frame.index, weights.astype(int))]
    model = seeded(cls).fit(frame.index, frame, sample_weight=weights)
    with pytest.warns(UserWarning, match="repeat a stamp"):
        expected = seeded(cls).fit(repeated.index, repeated)
    np.testing.assert_allclose(model.forecast(3), expected.forecast(3), atol=1e-6)


# ---------------------------------------------------------------- panels


@forecasters
def test_an_unseen_series_is_forecast_from_its_history(cls):
    data = panel()
    model = seeded(cls).fit(data.index, data)
    new = panel(keys=("z",))
    ahead = pd.MultiIndex.from_product([["z"], new.index.levels[1][-3:]], names=new.index.names)
    forecast = model.predict(ahead, history=new, horizon=2)
    assert np.isfinite(forecast.to_numpy()).all()


@forecasters
def test_an_unseen_series_without_history_is_refused(cls):
    data = panel()
    model = seeded(cls).fit(data.index, data)
    with pytest.raises(HorizonError, match="Pass their observed rows as history"):
        model.predict(panel(keys=("z",)).index)


@forecasters
def test_series_of_different_lengths_fit_together(cls):
    data = pd.concat([panel(80).loc[["a"]], panel(30).loc[["b"]]])
    forecast = seeded(cls).fit(data.index, data).forecast(2)
    ends = forecast.groupby("station").apply(lambda part: part.index[0][1])
    assert ends["a"] - ends["b"] == pd.Timedelta("50h")


# ---------------------------------------------------------------- scikit-learn's tools


@forecasters
def test_cross_validate_on_a_bare_index_gives_finite_scores(cls):
    frame = waves(90)
    found = cross_validate(seeded(cls), frame.index, frame, cv=TimeSeriesSplit(2))
    assert np.isfinite(found["test_score"]).all()


def test_grid_search_with_calendar_features_on_a_bare_index():
    frame = waves(90)
    model = tsnode.NeuralODERegressor(features=CalendarFeatures(), lookback=None, random_state=0)
    grid = {"features__n_harmonics": [1, 2]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(2), error_score="raise")
    search.fit(frame.index, frame)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_grid_search_over_a_pipeline_with_a_transformer_of_covariates():
    frame = waves(90)
    known = pd.DataFrame({"sun": np.sin(np.arange(90.0))}, index=frame.index)
    steps = tsnode.make_pipeline(StandardScaler(), tsnode.ResNetStepRegressor(random_state=0))
    grid = {"standardscaler__with_mean": [True, False]}
    search = GridSearchCV(steps, grid, cv=TimeSeriesSplit(2), n_jobs=2, error_score="raise")
    assert np.isfinite(search.fit(known, frame).cv_results_["mean_test_score"]).all()


def test_randomized_search_runs():
    frame = waves(90)
    grid = {"alpha": [0.01, 1.0, 100.0]}
    search = RandomizedSearchCV(
        tsnode.NNStepRegressor(random_state=0), grid, n_iter=2, cv=TimeSeriesSplit(2),
        random_state=0, error_score="raise",
    )  # fmt: skip
    assert np.isfinite(search.fit(frame.index, frame).best_score_)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*n_candidates")
def test_halving_over_epochs_runs_and_trains_longer():
    frame = waves(90)
    model = tsnode.NeuralODERegressor(lookback=None, random_state=0)
    search = HalvingGridSearchCV(
        model, {"lr": [1e-4, 1e-2]}, resource="max_epochs", min_resources=1, max_resources=2,
        factor=2, cv=TimeSeriesSplit(2), error_score="raise", random_state=0,
    )  # fmt: skip
    search.fit(frame.index, frame)
    assert search.best_params_["max_epochs"] == 2
    assert search.best_estimator_.fit_report_["shooting"]["n_epochs"] <= 2


# ---------------------------------------------------------------- bad input


@forecasters
def test_a_bare_int_index_is_refused_with_the_cure(cls):
    with pytest.raises(TimeIndexError, match="time='index'"):
        cls().fit(pd.RangeIndex(5), np.arange(5.0))


@forecasters
def test_strings_as_time_are_refused_with_the_cure(cls):
    frame = waves(5)
    with pytest.raises(TimeIndexError, match="to_datetime"):
        cls().fit(frame.set_axis(frame.index.astype(str)))


@forecasters
def test_a_lost_time_index_is_refused_with_the_hint(cls):
    frame = waves()
    with pytest.raises(TimeIndexError, match="set_output"):
        cls().fit(np.zeros((60, 1)), frame)
    with pytest.raises(TimeIndexError, match="set_output"):
        seeded(cls).fit(frame.index, frame).predict(np.zeros((3, 1)))


@forecasters
def test_a_timestamp_column_elsewhere_is_refused_with_its_name(cls):
    frame = waves().reset_index()[["c0", "time"]]
    with pytest.raises(TimeIndexError, match="time='time'"):
        cls().fit(frame, frame["c0"])


@forecasters
def test_a_naive_and_aware_mix_is_refused(cls):
    frame = waves(tz="UTC")
    model = seeded(cls).fit(frame.index, frame)
    with pytest.raises(TimeIndexError, match="tz_localize"):
        model.predict(frame.index.tz_localize(None))


@forecasters
def test_nat_is_refused(cls):
    index = pd.DatetimeIndex(["2013-01-01", pd.NaT, "2013-01-03"])
    with pytest.raises(TimeIndexError, match="NaT"):
        cls().fit(index, [1.0, 2.0, 3.0])


@forecasters
def test_infinite_states_are_refused(cls):
    frame = waves()
    frame.iloc[3, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        cls().fit(frame.index, frame)


@forecasters
def test_an_empty_channel_is_refused_by_name(cls):
    frame = waves().assign(gust=np.nan)
    with pytest.raises(ValueError, match="gust"):
        cls().fit(frame.index, frame)


@forecasters
@pytest.mark.parametrize("n_rows", [0, 1])
def test_too_few_rows_are_refused(cls, n_rows):
    frame = waves()[:n_rows]
    with pytest.raises(ValueError, match="at least 2 rows"):
        cls().fit(frame.index, frame)


@forecasters
def test_shifted_targets_are_refused(cls):
    frame = waves()
    with pytest.raises(TimeIndexError, match="Align"):
        cls().fit(frame.index, frame.shift(1, freq="h"))


@forecasters
def test_a_horizon_that_is_no_duration_is_refused(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame)
    with pytest.raises(HorizonError, match="'tomorrow'"):
        model.predict(frame.index, horizon="tomorrow")


@forecasters
def test_a_missing_column_is_refused_by_name(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame)
    with pytest.raises(ValueError, match="missing: \\['c1'\\]"):
        model.predict(frame.index, history=frame[["c0"]])


@pytest.mark.parametrize(
    "cls", [cls for cls in FORECASTERS if not issubclass(cls, tsnode.NeuralODERegressor)]
)
def test_stamps_before_the_first_row_are_refused(cls):
    frame = waves()
    model = seeded(cls).fit(frame.index, frame)
    with pytest.raises(HorizonError, match="first observed row"):
        model.predict(frame.index - pd.Timedelta("3h"))
