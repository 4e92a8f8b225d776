"""Metrics of a backtest frame are those of its arrays, labelled by lead and channel."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import (
    crps,
    interval_coverage,
    n_step_error,
    pinball_loss,
    skill_score,
    valid_prediction_time,
)

LEADS = pd.TimedeltaIndex(["1h", "2h", "6h"], name="lead")
CHANNELS = pd.Index(["wind", "air"], name="channel")
NAMES = ("truth", "forecast", "lower", "upper", "persistence", "spread")


def arrays():
    """Two series, of 3 and 2 origins: five origins in all."""
    rng = np.random.default_rng(0)
    truth, forecast, persistence = rng.normal(size=(3, 5, 3, 2))
    truth[rng.random(truth.shape) < 0.2] = np.nan
    found = (truth, forecast, forecast - 1.0, forecast + 1.0, persistence, np.full((5, 3, 2), 0.6))
    return dict(zip(NAMES, found, strict=True))


def long_frame(values):
    """Write the frame row by row, as one writes it by hand."""
    first = pd.Timestamp("2024-01-01", tz="UTC")
    keys = [("b", 0), ("b", 3), ("b", 6), ("a", 0), ("a", 5)]
    rows = [
        {
            "series": series,
            "origin": first + pd.Timedelta(hours=hours),
            "lead": lead,
            "stamp": first + pd.Timedelta(hours=hours) + lead,
            "channel": channel,
        }
        | {name: array[o, i, c] for name, array in values.items()}
        for o, (series, hours) in enumerate(keys)
        for i, lead in enumerate(LEADS)
        for c, channel in enumerate(CHANNELS)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def values():
    return arrays()


@pytest.fixture
def frame(values):
    return long_frame(values)


def test_the_curve_is_that_of_the_arrays_labelled_by_lead(frame, values):
    curve = n_step_error(frame)
    assert curve.index.equals(LEADS)
    np.testing.assert_allclose(curve, n_step_error(values["truth"], values["forecast"]))


def test_channels_become_columns_in_order_of_appearance(frame, values):
    table = n_step_error(frame, per_channel=True)
    assert table.columns.equals(CHANNELS)
    expected = n_step_error(values["truth"], values["forecast"], per_channel=True)
    np.testing.assert_allclose(table, expected)


@pytest.mark.parametrize("n", ["6h", pd.Timedelta("6h"), 3])
def test_a_lead_is_asked_by_its_duration_or_its_number(frame, values, n):
    expected = n_step_error(values["truth"], values["forecast"], 3)
    assert n_step_error(frame, n=n) == pytest.approx(expected)
    by_channel = n_step_error(frame, n=n, per_channel=True)
    assert by_channel.index.equals(CHANNELS)


def test_leads_counted_in_steps_are_asked_by_their_count(values):
    frame = long_frame(values)
    frame["lead"] = frame["lead"].dt.total_seconds().astype(int) // 3600
    assert n_step_error(frame, n=6) == n_step_error(values["truth"], values["forecast"], 3)


def test_leads_that_are_numbers_are_asked_up_to_rounding(values):
    frame = long_frame(values)
    frame["lead"] = frame["lead"].map(dict(zip(LEADS, 0.1 * np.arange(1, 4), strict=True)))
    assert n_step_error(frame, n=0.3) == n_step_error(values["truth"], values["forecast"], 3)


def test_other_columns_are_forecasts_by_their_name(frame, values):
    expected = n_step_error(values["truth"], values["persistence"])
    np.testing.assert_allclose(n_step_error(frame, "persistence"), expected)


def test_skill_is_measured_against_the_column_of_persistence(frame, values):
    expected = skill_score(values["truth"], values["forecast"], values["persistence"])
    np.testing.assert_allclose(skill_score(frame), expected)
    np.testing.assert_allclose(skill_score(frame, baseline="persistence"), expected)


def test_scale_is_read_by_the_name_of_the_channel(frame, values):
    scale = pd.Series({"air": 2.0, "wind": 5.0})
    expected = n_step_error(values["truth"], values["forecast"], scale=[5.0, 2.0])
    np.testing.assert_allclose(n_step_error(frame, scale=scale), expected)


def test_intervals_quantiles_and_distributions_are_read_from_their_columns(frame, values):
    truth, forecast, lower, upper = (values[name] for name in NAMES[:4])
    assert interval_coverage(frame) == interval_coverage(truth, lower, upper)
    expected = pinball_loss(truth, lower, level=0.1)
    assert pinball_loss(frame, "lower", level=0.1) == pytest.approx(expected)
    expected = crps(truth, forecast, spread=values["spread"])
    assert crps(frame, spread="spread") == pytest.approx(expected)
    # 0.9 = 2 ndtr(1.6449) - 1
    expected = crps(truth, forecast, spread=np.full(truth.shape, 1 / 1.6448536269514722))
    assert crps(frame, coverage=0.9) == pytest.approx(expected)


def test_curves_over_leads_carry_them_as_labels(frame):
    assert interval_coverage(frame, by_lead=True).index.equals(LEADS)
    assert interval_coverage(frame, per_channel=True).index.equals(CHANNELS)


def test_valid_time_is_a_duration_or_in_lyapunov_times(frame, values):
    truth, forecast = values["truth"], values["forecast"]
    hours = valid_prediction_time(truth, forecast, threshold=130, leads=[1.0, 2.0, 6.0])
    found = valid_prediction_time(frame, threshold=130)
    assert found.total_seconds() / 3600 == pytest.approx(hours)
    in_days = valid_prediction_time(frame, threshold=130, lyapunov_time="1D")
    assert in_days == pytest.approx(hours / 24)
    assert 0 < hours < 6


def test_order_of_rows_does_not_matter(frame):
    shuffled = frame.sample(frac=1.0, random_state=0)
    assert n_step_error(shuffled, n=1) == pytest.approx(n_step_error(frame, n=1))


def test_a_row_that_is_not_there_was_not_observed(frame, values):
    _, counts = n_step_error(frame.dropna(), return_counts=True)
    n_observed = int(np.isfinite(values["truth"]).sum())
    assert (counts.used, counts.dropped) == (n_observed, 30 - n_observed)
    np.testing.assert_allclose(n_step_error(frame.dropna()), n_step_error(frame))


def test_a_frame_of_categories_is_read_as_one_of_words(frame):
    small = frame.astype({"series": "category", "channel": "category"})
    np.testing.assert_allclose(n_step_error(small), n_step_error(frame))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda frame: n_step_error(frame, n="3h"), "one of the 3 leads from 0 days 01:00:00"),
        (lambda frame: n_step_error(frame, n="soon"), "a duration such as '6h'"),
        (lambda frame: n_step_error(frame, n=4), "from 1 to 3"),
        (lambda frame: n_step_error(frame, "ridge"), "Expected a column 'ridge'"),
        (lambda frame: interval_coverage(frame.drop(columns="lower")), "a column 'lower'"),
        (lambda frame: skill_score(frame.drop(columns="persistence")), "a column 'persistence'"),
        (lambda frame: crps(frame), "needs spread= .* or coverage="),
        (lambda frame: n_step_error(frame[:0]), "got no row"),
        (lambda frame: n_step_error(pd.concat([frame, frame[:2]])), "got 2 of them again"),
        (lambda frame: n_step_error(frame.assign(truth=np.nan)), "all entries are NaN"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(frame, call, words):
    with pytest.raises(ValueError, match=words):
        call(frame)


def test_arrays_beside_a_frame_are_refused(frame):
    with pytest.raises(TypeError, match="Add them to the frame"):
        n_step_error(frame, frame["forecast"].to_numpy())


def test_leads_of_every_origin_for_itself_are_refused_before_they_fill_the_memory():
    n_rows = 4000
    frame = pd.DataFrame({"origin": np.arange(n_rows), "lead": np.linspace(1, 2, n_rows)})
    frame = frame.assign(channel="x", truth=0.0, forecast=0.0)
    with pytest.raises(ValueError, match="4000 leads for 4000 origins"):
        n_step_error(frame)
