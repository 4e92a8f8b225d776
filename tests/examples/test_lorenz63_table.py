"""The table of long free runs on Lorenz-63: its sets, its floors, its rows."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("lorenz63_table")


@pytest.fixture
def quick(module, monkeypatch):
    """Shorten the transient: what is asked of these sets is not their statistics."""
    monkeypatch.setattr(module, "N_TRANSIENT", 300)
    return module


def test_our_sets_are_standardised_by_the_test_set_and_noisy_in_training_alone(quick):
    train, test = quick.make_sets(n_rows=2000)
    np.testing.assert_allclose(test.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(test.std(axis=0), 1, atol=1e-12)
    rough = [np.diff(part, n=3, axis=0).std() for part in (train, test)]
    # Third differences of white noise have 20 times its variance.
    assert rough[0] == pytest.approx(quick.NOISE * np.sqrt(20), rel=0.05)
    assert rough[1] < 0.05 * rough[0]


def test_the_flow_in_units_of_training_is_that_of_the_training_set(quick):
    train, _ = quick.make_sets(n_rows=1000, noise=0.0)
    flow = quick.flow_in_units_of_training(train)
    np.testing.assert_allclose(flow(train[:-1]), train[1:], atol=1e-4)
    # Another mean and spread is told from the set alone.
    moved = quick.flow_in_units_of_training(1.1 * train + 0.2)
    np.testing.assert_allclose(moved(1.1 * train[:-1] + 0.2), 1.1 * train[1:] + 0.2, atol=1e-4)


def test_quadratic_least_squares_finds_the_law_of_clean_data(quick):
    train, test = quick.make_sets(n_rows=2000, noise=0.0)
    law = quick.quadratic_law(train)
    np.testing.assert_allclose(law(test[:-1]), test[1:], atol=2e-3)


@pytest.mark.slow
def test_the_table_orders_floor_law_and_persistence(module, capsys, tmp_path):
    path = tmp_path / "table.csv"
    found = module.main(models=[], n_rows=2000, n_starts=2, output=path)
    rows = found.set_index("row")
    assert "D_stsp, worst" in capsys.readouterr().out
    assert rows.loc["true flow", "PE20"] < 1e-8
    assert rows.loc["quadratic least squares", "PE20"] < 1e-3 < rows.loc["persistence", "PE20"]
    assert rows.loc["quadratic least squares", "D_H"] < 0.2 < rows.loc["persistence", "D_H"]
    assert len(pd.read_csv(path)) == len(found) == 5


def test_a_table_that_stops_leaves_the_rows_it_has(quick, tmp_path, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(quick, "quadratic_law", stop)
    monkeypatch.setattr(quick, "flow_in_units_of_training", lambda _: lambda states: states)
    path = tmp_path / "table.csv"
    with pytest.raises(KeyboardInterrupt):
        quick.main(models=[], n_rows=1000, n_starts=1, output=path)
    assert pd.read_csv(path)["row"].iloc[[0, -1]].tolist() == ["true flow", "persistence"]


def test_half_a_pair_of_files_is_refused(module):
    with pytest.raises(ValueError, match=r"both files or none.*train='a.npy'.*Name both"):
        module.main(train="a.npy")


@pytest.mark.slow
def test_a_default_fit_of_few_rows_is_near_the_law(module):
    found = module.main(models=["NeuralODERegressor"], seeds=1, n_rows=3000, n_starts=2)
    table = module.summarise(found)
    assert table.loc["NeuralODERegressor", "trainings"] == 1
    # 30 time units of two orbits gave 1.1e-4 and 6.8e-4; persistence has 1.3.
    assert table.loc["NeuralODERegressor", "PE20, worst"] < 2e-3
    assert table.loc["NeuralODERegressor", "D_H, worst"] < 0.15
