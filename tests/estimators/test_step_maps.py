"""Step maps on fixed and calendar grids: cells, gaps, stamps between steps."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NNStepRegressor, ResNetStepRegressor
from tsnode.exceptions import GridError, HorizonError

TURN = 2 * np.pi / 24


def circle(n):
    phase = TURN * np.arange(n)
    return np.column_stack([np.cos(phase), np.sin(phase)])


def frame_on(index):
    return pd.DataFrame(circle(len(index)), index=index, columns=["c", "s"])


def small(cls=ResNetStepRegressor, **params):
    return cls((16,), **({"random_state": 0} | params))


both = pytest.mark.parametrize("cls", [ResNetStepRegressor, NNStepRegressor])
HOURS = pd.date_range("2013-01-01", periods=96, freq="h")


@pytest.fixture(scope="module")
def model():
    frame = frame_on(HOURS)
    return small().fit(frame.index, frame)


@both
def test_iterating_the_map_goes_round_the_circle(cls):
    frame = frame_on(HOURS)
    ahead = small(cls).fit(frame.index, frame).forecast(24)
    np.testing.assert_allclose(ahead, circle(96 + 24)[96:], atol=0.03)


@both
def test_a_logistic_map_is_learned_from_one_step_pairs(cls):
    x = [0.3]
    for _ in range(300):
        x.append(3.7 * x[-1] * (1 - x[-1]))
    x = np.array(x)
    t = np.arange(301.0)[:, None]
    model = small(cls).fit(t[:250], x[:250])
    found = model.predict(t[250:], history=x[250:])
    assert np.abs(found - x[250:]).max() < 0.02
    assert np.abs(np.diff(x[250:])).max() > 0.5


def test_stamps_between_steps_are_linear_between_their_neighbours(model):
    one, two = model.forecast(2).to_numpy()
    asked = HOURS[-1] + pd.to_timedelta(["15min", "60min", "105min"])
    last = model.predict(HOURS[-1:] + pd.Timedelta("1us")).to_numpy()[0]
    found = model.predict(asked).to_numpy()
    assert found == pytest.approx(
        np.stack([0.75 * last + 0.25 * one, one, 0.25 * one + 0.75 * two]), abs=1e-6
    )


def test_empty_cells_are_bridged_by_iterating_the_map():
    frame = frame_on(HOURS)
    holed = frame.drop(frame.index[40:46])
    gappy = small().fit(holed.index, holed)
    assert gappy.grid_.step == 1.0
    found = gappy.predict(frame.index[46:47]).to_numpy()[0]
    assert found == pytest.approx(circle(96)[46], abs=0.03)
    assert np.abs(circle(96)[46] - circle(96)[39]).max() > 0.9
    # Seven steps from row 39 are seven steps, in the gap or not.
    seven = gappy.predict(frame.index[46:47], history=frame, horizon="7h").to_numpy()[0]
    assert found == pytest.approx(seven, abs=1e-3)


@pytest.mark.parametrize("freq", ["MS", "ME", "QS-JAN"])
def test_months_of_different_length_are_one_step_each(freq):
    index = pd.date_range("2001-01-01", periods=96, freq=freq)
    frame = frame_on(index)
    model = small().fit(index[:84], frame[:84])
    assert model.grid_.offset == freq
    ahead = model.forecast(12)
    assert (ahead.index == index[84:]).all()
    np.testing.assert_allclose(ahead, frame[84:], atol=0.05)


def test_days_are_steps_of_the_zone_across_a_change_of_the_clocks():
    index = pd.date_range("2013-02-01", periods=60, freq="D", tz="America/New_York")
    frame = frame_on(index)
    model = small().fit(index[:50], frame[:50])
    assert model.grid_.offset == "D"
    steps = model.grid_.to_steps(model.clock_.to_model(index))
    assert steps == pytest.approx(np.arange(60), abs=1e-9)
    np.testing.assert_allclose(model.predict(index[50:]), frame[50:], atol=0.05)


def test_monthly_periods_are_steps_too():
    index = pd.period_range("2001-01", periods=96, freq="M")
    frame = frame_on(index)
    ahead = small().fit(index[:84], frame[:84]).forecast(12)
    assert (ahead.index == index[84:]).all()
    np.testing.assert_allclose(ahead, frame[84:], atol=0.05)


@pytest.mark.parametrize("freq", ["h", "1h", "60min", pd.Timedelta("1h"), pd.offsets.Hour()])
def test_the_grid_can_be_named_in_the_words_of_pandas(freq, model):
    frame = frame_on(HOURS)
    pd.testing.assert_frame_equal(
        small(freq=freq).fit(frame.index, frame).forecast(3), model.forecast(3)
    )


def test_rows_off_the_grid_are_warned_of_with_share_shift_and_both_remedies():
    shift = np.zeros(96)
    shift[[10, 40, 70]] = [12, 18, -24]  # minutes
    index = HOURS + pd.to_timedelta(shift, unit="min")
    words = r"3% of the rows move .*at most by 40% of a step.*freq=.*NeuralODERegressor"
    with pytest.warns(UserWarning, match=f"(?s){words}"):
        model = small().fit(index, frame_on(index))
    assert np.isfinite(model.forecast(3)).all(axis=None)


def test_rows_a_little_off_or_in_a_column_are_no_reason_to_warn():
    jitter = np.random.default_rng(0).uniform(-4, 4, 96)
    index = HOURS + pd.to_timedelta(jitter, unit="min")
    small().fit(index, frame_on(index))
    scattered = np.sort(np.random.default_rng(0).uniform(0, 96, 96))[:, None]
    assert np.isfinite(small().fit(scattered, circle(96)).predict([[97.0]])).all()


def test_rows_of_one_cell_are_merged():
    double = HOURS.append(HOURS + pd.Timedelta("2min"))
    values = np.r_[circle(96) + 0.01, circle(96) - 0.01]
    asked = HOURS[-1:] + pd.Timedelta("5h")
    merged = small(freq="1h").fit(double, values).predict(asked)
    plain = small(freq="1h").fit(HOURS, circle(96)).predict(asked)
    assert merged == pytest.approx(plain, abs=0.03)
    assert np.abs(plain - circle(96)[-1:]).max() > 0.5


def test_over_ten_thousand_steps_between_rows_are_refused_with_both_cures():
    times = np.r_[np.arange(30.0), 10_031.0][:, None]
    with pytest.raises(GridError, match=r"10,000 steps.*got 10,002.*freq=.*NeuralODERegressor"):
        small().fit(times, np.arange(31.0))
    times[-1] = 10_029.0
    small().fit(times, np.sin(np.arange(31.0)))


def test_a_grid_finer_than_the_rows_says_that_it_learns_nothing():
    with pytest.warns(UserWarning, match="No two neighbouring rows lie one step apart"):
        model = small(freq="20min").fit(HOURS, frame_on(HOURS))
    assert np.isfinite(model.forecast(3)).all(axis=None)


@pytest.mark.parametrize("freq", ["soon", 3600.0])
def test_a_freq_that_is_no_duration_is_refused(freq):
    with pytest.raises(HorizonError, match="freq must be a duration"):
        small(freq=freq).fit(HOURS, frame_on(HOURS))


@pytest.mark.slow
def test_a_known_force_drives_the_map():
    rng = np.random.default_rng(0)
    u = rng.normal(size=220)
    x = np.zeros(220)
    for k in range(219):
        x[k + 1] = 0.7 * x[k] + 0.5 * u[k]
    known = pd.DataFrame({"u": u}, index=pd.date_range("2013", periods=220, freq="h"))
    model = small().fit(known[:180], x[:180])
    found = model.predict(known[180:])
    assert np.abs(found - x[180:]).max() < 0.1 * x[180:].std()


@pytest.mark.parametrize("training", ["collocation", "linear"])
def test_tools_for_fields_are_refused(training):
    with pytest.raises(ValueError, match="training must be one of 'auto', 'match', 'shooting'"):
        small(training=training).fit(HOURS, frame_on(HOURS))


def test_a_parameter_of_the_loop_beside_match_is_refused():
    with pytest.raises(ValueError, match=r"training='match'.*\['max_epochs'\]"):
        small(training="match", max_epochs=2).fit(HOURS, frame_on(HOURS))


def test_a_long_training_horizon_shoots_and_forecasts_no_worse():
    frame = frame_on(HOURS)
    model = small(training_horizon=8, max_epochs=3).fit(frame.index, frame)
    assert "shooting" in model.fit_report_["tool"]
    np.testing.assert_allclose(model.forecast(12), circle(108)[96:], atol=0.05)


def test_a_map_is_forced_and_weighed_by_lead():
    t = np.arange(120.0)
    y = np.column_stack([np.cos(t / 5), np.sin(t / 5)])
    params = {"forcing": "linear", "lead_weights": "inverse", "optimizer": "sgd", "max_epochs": 2}
    net = ResNetStepRegressor((8,), random_state=0, early_stopping=False, **params).fit(
        t[:, None], y
    ).net_  # fmt: skip
    assert net.forcing == "linear"
    assert net.criterion_.lead_weights[:2].tolist() == [1.0, 0.5]


# ---------------------------------------------------------------- free runs


@both
def test_a_free_run_equals_the_forecast_from_the_same_state(cls):
    frame = frame_on(HOURS)
    model = small(cls).fit(frame.index, frame)
    ahead = model.forecast(30).to_numpy()
    path = model.simulate(ahead[0], 29)
    assert path == pytest.approx(ahead, abs=1e-9)


def test_many_free_runs_together_equal_each_alone(model, monkeypatch):
    starts = circle(3) * [[1.0], [0.9], [1.1]]
    alone = np.stack([model.simulate(start, 20) for start in starts])
    monkeypatch.setattr("tsnode.solvers._free_run.N_STEPS_AT_ONCE", 7)
    assert model.simulate(starts, 20) == pytest.approx(alone, abs=1e-12)
    assert np.abs(alone[0] - alone[1]).max() > 0.05


def test_a_map_with_covariates_runs_by_predict_alone():
    frame = frame_on(HOURS)
    model = small().fit(pd.DataFrame({"u": 0.0}, index=HOURS), frame)
    with pytest.raises(ValueError, match="law without covariates.*Use predict"):
        model.simulate([1.0, 0.0], 3)
