"""The pendulums: their law, what is hidden of them, and the example in short and whole."""

import numpy as np
import pytest

FILE = "10_controlled_forecast.py"


def test_seven_of_ten_are_observed_and_nothing_of_the_last(example):
    clean, seen = example.make_pendulums(60, seed=0, n_seen=example.N_SEEN)
    hidden = seen.isna().to_numpy().reshape(60, example.N_STAMPS, 2)
    assert hidden[:, : example.N_SEEN].mean() == pytest.approx(0.3, abs=0.02)
    assert hidden[:, example.N_SEEN :].all()
    assert np.nanstd((seen - clean).to_numpy()) == pytest.approx(example.NOISE, rel=0.05)


def test_the_stamps_lie_on_swings_of_the_pendulum(example):
    clean, _ = example.make_pendulums(5, seed=0)
    np.testing.assert_allclose((clean**2).sum(axis=1), 1.0)
    path = clean.loc[0]
    finer = example.N_FINE
    example.N_FINE = 4 * finer
    try:
        again = example.make_pendulums(5, seed=0)[0].loc[0]
    finally:
        example.N_FINE = finer
    np.testing.assert_allclose(path, again, atol=1e-3)


def test_errors_are_those_of_the_last_stamps_alone(example):
    clean, _ = example.make_pendulums(3, seed=0)
    found = clean.to_numpy().reshape(3, example.N_STAMPS, 2).copy()
    found[:, : example.N_SEEN] = 99.0
    found[:, example.N_SEEN] += 1.0
    assert example.errors(found, clean) == pytest.approx({"next 5": 0.2, "next 20": 0.05})


def test_the_example_runs_short(example, capsys, tmp_path):
    picture = tmp_path / "pendulums.png"
    table = example.main(
        8, 4, max_epochs=1, gru_epochs=1, plot=picture, latent_dim=4, hidden_layer_sizes=(8,),
        lookback=8, training_horizon=4, method="euler",
    )  # fmt: skip
    assert "neural CDE" in capsys.readouterr().out
    assert np.isfinite(table[["seconds", "next 5", "next 20"]].to_numpy()).all()
    assert table.loc["GRU with gaps", "weights"] >= table.loc["neural CDE", "weights"]
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_what_comes_is_foretold_three_times_better_than_by_ridge(example):
    table = example.main()
    error = table["next 20"]
    assert error["neural CDE"] < error["ridge on lags"] / 3
    # It does not beat the GRU, and is not far from it.
    assert error["neural CDE"] < 1.5 * error["GRU with gaps"]
