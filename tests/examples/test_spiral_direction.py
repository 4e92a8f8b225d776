"""The spirals of 30 % missing: which way they turn."""

import numpy as np
import pytest

FILE = "05_spiral_direction.py"


def test_the_spirals_turn_as_they_say_and_miss_three_of_ten(example):
    X, turns_left = example.make_spirals(50, seed=0, missing=0.0, noise=0.0)
    x, y = X[:, :, 1], X[:, :, 2]
    area = (x[:, :-1] * y[:, 1:] - x[:, 1:] * y[:, :-1]).sum(axis=1)
    assert ((area > 0) == turns_left).all()
    points = example.make_spirals(200, seed=0)[0][:, :, 1:]
    assert np.isnan(points).mean() == pytest.approx(0.3, abs=0.01)


def test_the_example_runs_short(example, capsys, tmp_path):
    picture = tmp_path / "spirals.png"
    table = example.main(
        seeds=1, n_train=40, n_test=30, n_stamps=8, max_epochs=1, latent_dim=4, plot=picture
    )
    assert "boosted trees" in capsys.readouterr().out
    assert table["CDE"].between(0, 1).all()
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_99_percent_of_spirals_are_told_apart(example):
    table = example.main(seeds=3)
    assert table["CDE"].mean() >= 0.99
    assert table["CDE"].mean() > table["boosted trees"].mean()
