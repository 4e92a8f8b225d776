"""Every public forecaster keeps our own contract: stamps, containers, panels, bad input."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.exceptions import HorizonError, TimeIndexError

from .forecasters import (
    FORECASTERS,
    NEURAL,
    fitted,
    fitted_panel,
    forecasters,
    panel,
    seeded,
    waves,
)


def test_all_public_forecasters_are_found():
    assert len(FORECASTERS) >= 6
    assert len(NEURAL) >= 3


# ---------------------------------------------------------------- containers and stamps


@forecasters
def test_forecasts_come_back_as_the_asked_stamps_and_fitted_columns(cls):
    frame = waves()
    ahead = frame.index[-1] + pd.to_timedelta(["3h", "90min"])
    forecast = fitted(cls).predict(ahead)
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
    expected = fitted(cls).predict(frame.index)
    found = seeded(cls).fit(mixed.index, mixed).predict(mixed.index)
    pd.testing.assert_frame_equal(found.sort_index(), expected, check_freq=False, atol=1e-9)


@forecasters
def test_permuting_series_permutes_forecasts(cls):
    data = panel()
    swapped = pd.concat([data.loc[["b"]], data.loc[["a"]]])
    expected = fitted_panel(cls).forecast(3)
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
    model = fitted(cls)
    with_history = model.predict(frame.index, history=frame, horizon=1)
    pd.testing.assert_frame_equal(with_history, model.predict(frame.index))


@forecasters
def test_a_forecast_knows_nothing_newer_than_its_horizon(cls):
    frame = waves(70)
    model = fitted(cls)  # to the first 60
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
    model = fitted(cls)  # to the first 60
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
    expected = fitted(cls)
    found = seeded(cls).fit(named)
    pd.testing.assert_frame_equal(found.predict(named), expected.predict(frame.index))
    assert found.score(named) == pytest.approx(expected.score(frame.index, frame))


@forecasters
def test_partial_fit_moves_the_start_of_the_forecast(cls):
    frame = waves(80)
    model = deepcopy(fitted(cls))  # to the first 60
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
    model = fitted_panel(cls)
    new = panel(keys=("z",))
    ahead = pd.MultiIndex.from_product([["z"], new.index.levels[1][-3:]], names=new.index.names)
    forecast = model.predict(ahead, history=new, horizon=2)
    assert np.isfinite(forecast.to_numpy()).all()


@forecasters
def test_an_unseen_series_without_history_is_refused(cls):
    model = fitted_panel(cls)
    with pytest.raises(HorizonError, match="Pass their observed rows as history"):
        model.predict(panel(keys=("z",)).index)


@forecasters
def test_series_of_different_lengths_fit_together(cls):
    data = pd.concat([panel(80).loc[["a"]], panel(30).loc[["b"]]])
    forecast = seeded(cls).fit(data.index, data).forecast(2)
    ends = forecast.groupby("station").apply(lambda part: part.index[0][1])
    assert ends["a"] - ends["b"] == pd.Timedelta("50h")


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
        fitted(cls).predict(np.zeros((3, 1)))


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
def test_complex_numbers_and_text_are_refused_in_a_sentence_without_the_data(cls):
    frame = waves()
    with pytest.raises(ValueError, match="not supported: expected real numbers in y. Pass[^\n]*$"):
        cls().fit(frame.index, frame + 1j)
    frame = frame.astype(object)
    frame.iloc[3, 0] = "calm"
    with pytest.raises(ValueError, match="'calm': expected numbers in y. Encode[^\n]*$"):
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
    model = fitted(cls)
    with pytest.raises(HorizonError, match="'tomorrow'"):
        model.predict(frame.index, horizon="tomorrow")


@forecasters
def test_a_missing_column_is_refused_by_name(cls):
    frame = waves()
    model = fitted(cls)
    with pytest.raises(ValueError, match="missing: \\['c1'\\]"):
        model.predict(frame.index, history=frame[["c0"]])


@pytest.mark.parametrize(
    "cls", [cls for cls in FORECASTERS if not issubclass(cls, tsnode.NeuralODERegressor)]
)
def test_stamps_before_the_first_row_are_refused(cls):
    frame, model = waves(), fitted(cls)
    with pytest.raises(HorizonError, match="first observed row"):
        model.predict(frame.index - pd.Timedelta("3h"))
