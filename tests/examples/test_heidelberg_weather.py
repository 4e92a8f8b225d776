"""The talk's experiment: its window, its own loop, and the table of its three nets."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tsnode.datasets import load_nyc_weather

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def load(monkeypatch):
    """Import an example by name; like a script it sees its neighbours."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_the_window_has_the_talks_shape(load):
    window = load("heidelberg_window").load_window()
    assert window.train.shape == (24, 9)
    assert window.future.shape == (16, 9)
    gap = pd.Timedelta("3h")
    assert (np.diff(window.train.index) == gap).all()
    assert window.future.index[0] - window.train.index[-1] == gap
    assert window.hourly_train.min().abs().max() < 1e-12
    assert (window.hourly_train.max() - 1).abs().max() < 1e-12


def test_nothing_of_the_future_is_in_the_points_to_learn_from(load):
    module = load("heidelberg_window")
    hourly = load_nyc_weather("JFK").loc["2013-07-26":"2013-07-30", module.STANDING_IN]
    changed = hourly.interpolate(limit_direction="both")
    whole = module.prepare(changed, "")
    changed.iloc[72:] += 100.0
    pd.testing.assert_frame_equal(module.prepare(changed, "").train, whole.train)


def test_a_file_takes_the_place_of_the_shipped_days(load, tmp_path):
    module = load("heidelberg_window")
    hourly = load_nyc_weather("LGA").loc["2013-07-26":"2013-07-30", module.STANDING_IN]
    hourly.to_csv(tmp_path / "five_days.csv")
    found = module.load_window(tmp_path / "five_days.csv").train
    np.testing.assert_allclose(found, module.load_window().train, atol=1e-12)


def test_rows_between_the_points_run_through_them(load):
    module = load("heidelberg_window")
    window = module.load_window()
    rows = module.joined(window.train)
    assert len(rows) == 70
    pd.testing.assert_frame_equal(rows.loc[window.train.index], window.train, check_freq=False)
    hidden = window.hourly_train.loc[rows.index]
    spread = (hidden - hidden.mean()).abs().mean().mean()
    assert (rows - hidden).abs().mean().mean() < 0.05 * spread


def test_the_loop_of_the_talk_has_its_network_and_its_windows(load):
    module = load("heidelberg_notebook")
    field = module.Field(9)
    assert sum(weights.numel() for weights in field.parameters()) == 202_249
    lengths = [module.window_length(epoch, 450) for epoch in range(1200)]
    assert (lengths[0], lengths[449], lengths[-1]) == (2, 9, 9)
    assert lengths == sorted(lengths)
    assert set(lengths) == set(range(2, 10))


@pytest.mark.slow
def test_the_loop_of_the_talk_learns(load, monkeypatch):
    module = load("heidelberg_notebook")
    monkeypatch.setattr(module, "WIDTHS", (16,))
    monkeypatch.setattr(module, "LR", 3e-2)
    turns = np.pi / 4 * np.arange(24)
    points = np.stack([np.sin(turns), np.cos(turns)], axis=1)
    (before, _), (after, _) = (
        module.train_notebook(points, 0.125, epochs=epochs) for epochs in ((0, 0), (40, 0))
    )
    gaps = 0.125 * np.arange(1, 4)
    errors = [
        np.abs(module.free_run(field, points[:1], gaps)[:, 0] - points[1:4]).mean()
        for field in (before, after)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_the_scores_of_a_run_that_knows_the_truth_are_zero(load):
    module = load("heidelberg_weather")
    window = load("heidelberg_window").load_window()
    known = np.concatenate([window.hourly_train, window.hourly_future])

    def oracle(rows, n_points):
        return np.stack([known[3 * row : 3 * (row + n_points) + 1] for row in rows])

    errors = module.scores(oracle, window)
    assert set(errors) == {"windows of 9", "24 points", "between", "next 48 h"}
    assert max(errors.values()) < 1e-12


def test_the_field_is_run_back_the_way_it_came(load):
    module = load("heidelberg_weather")

    class Spiral(module.tsnode.NeuralODERegressor):
        time_unit_ = "h"

        def vector_field(self, states):
            return states @ np.array([[-0.1, 0.5], [-0.5, -0.1]]).T

    stamps = pd.date_range("2021-07-26", periods=3, freq="3h")
    points = pd.DataFrame({"a": [0.0, 0.0, 1.0], "b": 0.0}, stamps)
    window = load("heidelberg_window").Window("", points.resample("h").ffill(), points)
    back = module.backward_runs(Spiral(), window, [2], 2)[0]
    turn = torch.matrix_exp(-6 * torch.tensor([[-0.1, 0.5], [-0.5, -0.1]], dtype=torch.float64))
    np.testing.assert_allclose(back[-1], turn[:, 0], rtol=1e-4)
    assert back.shape == (3, 2)


@pytest.mark.slow
def test_the_table_has_every_net_and_a_picture_only_when_asked(load, capsys, tmp_path):
    main = load("heidelberg_weather").main
    found = main(epochs=2, widths=(16,), notebook=(1, 1), picture=tmp_path / "nets.png")
    assert "next 48 h" in capsys.readouterr().out
    assert list(found.index)[:3] == ["plain net", "residual net", "neural ODE"]
    assert len(found) == 9
    nets = found.drop(["persistence", "same hour yesterday"])
    assert np.isfinite(nets["windows of 9"]).all()
    assert nets["12 h back"].notna().tolist() == [False, False, True, False, False, False, True]
    assert (tmp_path / "nets.png").stat().st_size > 10_000
