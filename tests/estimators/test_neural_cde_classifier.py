"""NeuralCDEClassifier: series of any stamps and gaps, read forward in time."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode import NeuralCDEClassifier

SMALL = {"hidden_layer_sizes": (8,), "latent_dim": 6, "random_state": 0, "lr": 0.03}


def trends(n=60, n_stamps=9, seed=0):
    """Irregular samples, stamps in channel 0, whose second channel rises or falls."""
    random = np.random.default_rng(seed)
    times = np.cumsum(random.uniform(0.2, 1.8, (n, n_stamps)), axis=1)
    rises = random.integers(2, size=n)
    walk = random.normal(size=(n, n_stamps))
    trend = (2 * rises - 1)[:, None] * times / 3 + random.normal(size=(n, 1))
    X = np.stack([times, walk, trend + 0.3 * walk], axis=2)
    X[:, :, 1:][random.random((n, n_stamps, 2)) < 0.3] = np.nan
    return X, np.where(rises == 1, "up", "down")


@pytest.fixture(scope="module")
def model():
    return NeuralCDEClassifier(**SMALL, times=0, max_epochs=12).fit(*trends())


def test_a_trend_under_gaps_is_learned(model):
    assert model.score(*trends(seed=1)) > 0.9
    assert model.fit_report_["read_as"] == "series of 2 channel(s), with counts of observations"


@pytest.mark.parametrize("path", ["hermite", "rectilinear"])
def test_states_up_to_a_stamp_do_not_know_what_comes_later(path):
    X, y = trends(30)
    model = NeuralCDEClassifier(**SMALL, times=0, path=path, causal=True, max_epochs=1).fit(X, y)
    later = X.copy()
    later[:, 5:, 1:] = np.where(np.isnan(X[:, 5:, 1:]), 3.0, np.nan)
    one, other = model.hidden_states(X), model.hidden_states(later)
    assert np.array_equal(one[:, :5], other[:, :5])
    assert not np.allclose(one[:, 5:], other[:, 5:])
    staged = model.staged_predict_proba(X)
    assert np.allclose(staged[:, -1], model.predict_proba(X), rtol=1e-12)
    assert staged.shape == (30, 9, 2)


def test_a_linear_path_looks_ahead_and_says_so_where_that_matters():
    X, y = trends(30)
    model = NeuralCDEClassifier(**SMALL, times=0, path="linear", max_epochs=1).fit(X, y)
    later = X.copy()
    later[:, 6:, 1:] += 9
    assert not np.allclose(model.hidden_states(X)[:, :6], model.hidden_states(later)[:, :6])
    with pytest.raises(ValueError, match="Expected a causal path"):
        model.staged_predict_proba(X)
    with pytest.raises(ValueError, match="fills missing values by later ones"):
        model.set_params(causal=True).fit(X, y)


def test_padding_more_and_shifting_the_clock_change_nothing(model):
    X, _ = trends()
    padded = np.concatenate([X, np.full((len(X), 4, 3), np.nan)], axis=1)
    assert np.allclose(model.predict_proba(padded), model.predict_proba(X), rtol=1e-12)
    shifted = X + np.array([100.0, 0, 0])
    assert np.allclose(model.predict_proba(shifted), model.predict_proba(X), rtol=1e-9)


def test_a_series_over_the_columns_is_a_panel_of_one_channel():
    X, y = trends()
    rows = X[:, :, 2]
    made = {**SMALL, "max_epochs": 3}
    flat = NeuralCDEClassifier(**made).fit(pd.DataFrame(rows), y)
    cube = NeuralCDEClassifier(**made, times=np.arange(9.0)).fit(rows[:, :, None], y)
    assert np.array_equal(
        flat.predict_proba(pd.DataFrame(rows)), cube.predict_proba(rows[:, :, None])
    )


def test_a_frame_of_series_becomes_samples_with_their_stamps(model):
    X, _ = trends(3)
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(X[:, :, 0].ravel(), unit="h")
    index = pd.MultiIndex.from_arrays([np.repeat(["c", "a", "b"], 9), stamps])
    frame = pd.DataFrame(X[:, :, 1:].reshape(-1, 2), index, columns=["walk", "trend"])
    panel = tsnode.from_panel(frame.iloc[::-1], time_unit="h")
    assert list(panel.keys) == ["b", "a", "c"]
    assert panel.channels == ["time", "walk", "trend"]
    assert np.allclose(model.predict_proba(panel.X), model.predict_proba(X)[::-1], rtol=1e-6)


def test_long_samples_are_read_at_so_many_steps():
    X, y = trends(40, n_stamps=30)
    model = NeuralCDEClassifier(**SMALL, times=0, n_steps=7, max_epochs=1).fit(X, y)
    assert model.net_.module_.states(
        **{k: tsnode.batches.to_tensor(v) for k, v in model._inputs(X).items()}
    ).shape == (40, 8, 6)
    assert model.hidden_states(X).shape == (40, 30, 6)


def test_counts_of_observations_tell_what_values_do_not():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(80, 10)), np.arange(80) % 2
    X[random.random(X.shape) < np.where(y, 0.7, 0.2)[:, None]] = np.nan
    made = {**SMALL, "max_epochs": 12, "method": "euler"}
    told = NeuralCDEClassifier(**made).fit(X, y).score(X, y)
    assert told > 0.75
    assert NeuralCDEClassifier(**made, intensity=False).fit(X, y).score(X, y) < told


REFUSED = [
    ({"times": -1}, "times must be None, the number of the channel"),
    ({"times": [0.0, 2.0, 1.0]}, "stamps that do not increase"),
    ({"times": [0.0, 1.0]}, r"one stamp in times a column of X, 9; got 2"),
    ({"times": 3}, "Expected stamps in channel 3"),
    ({"times": 1}, r"increasing stamps up to the last value .* first is sample 0"),
    ({"path": "cubic"}, "path must be one of 'hermite'"),
    ({"method": "dopri5"}, "method must be one of"),
    ({"intensity": "auto"}, "intensity must be one of"),
]


@pytest.mark.parametrize(("params", "words"), REFUSED)
def test_a_parameter_out_of_range_is_one_sentence(params, words):
    with pytest.raises(ValueError, match=words):
        NeuralCDEClassifier(**SMALL, **params).fit(*trends(20))


def test_samples_of_which_nothing_was_observed_are_refused():
    with pytest.raises(ValueError, match="got none in 6 sample"):
        NeuralCDEClassifier().fit(np.full((6, 4), np.nan), [0, 1] * 3)


def test_other_channels_than_in_fit_and_one_class_are_refused(model):
    X, y = trends(20)
    with pytest.raises(ValueError, match=r"Expected a 3-D X of 3 channel\(s\), as in fit"):
        model.predict(X[:, :, :2])
    with pytest.raises(ValueError, match="at least two classes; got one class"):
        model.fit(X, np.zeros(20))
    with pytest.raises(ValueError, match="Turn the axes beyond into channels"):
        NeuralCDEClassifier().fit(X[..., None], y)
