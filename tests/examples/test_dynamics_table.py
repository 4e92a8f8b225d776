"""The table of fixed points and exponents: its data, its errors, its bar."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("dynamics_table")


def test_half_of_the_orbits_start_within_half_of_the_origin(module, monkeypatch):
    monkeypatch.setattr(module, "NOISE", 0.0)
    starts = module.sample_orbits(0, 2).groupby("series").first().to_numpy()
    radius = np.linalg.norm(starts, axis=1)
    assert len(starts) == 20
    assert (radius[:10] <= 0.5).all()
    assert radius[:10].max() > 0.3
    assert (radius[10:] > 0.5).sum() >= 8


def test_the_law_itself_has_no_errors(module):
    class Law:
        def vector_field(self, states):
            x, v = states.T
            return np.stack([v, (1 - x**2) * v - x], axis=1)

        def jacobian(self, states):
            x, v = states.T
            rows = [np.zeros_like(x), np.ones_like(x), -2 * x * v - 1, 1 - x**2]
            return np.stack(rows, axis=1).reshape(-1, 2, 2)

        observed_states_ = np.array([[-2.0, -2.0], [2.0, 2.0]])

    assert module.fixed_point_errors(module.fixed_points(Law())) == pytest.approx(
        (0.0, 0.0), abs=1e-12
    )


def test_the_table_keeps_every_fit_and_counts_those_within_the_bar(module, capsys, tmp_path):
    path = tmp_path / "fits.csv"
    found = module.main(seeds=2, rows=["cubic"], lorenz=[], n_rows=10, output=path)
    kept = pd.read_csv(path)
    assert kept["point"].tolist() == pytest.approx(found["point"].tolist())
    assert kept["seed"].tolist() == [0, 1]
    assert (kept["n_points"] >= 1).all()
    # The polynomials hold the law: 200 noisy rows are enough for a tenth.
    assert (found[["point", "eigenvalues"]] < 0.1).all(axis=None)
    assert "within 0.05" in capsys.readouterr().out


def test_an_exponent_is_within_the_bar_by_its_own_miss(module):
    results = pd.DataFrame(
        {"row": ["a", "a", "b"], "seconds": 1.0, "point": [0.01, 0.2, np.nan],
         "eigenvalues": [0.04, 0.01, np.nan], "exponent": [np.nan, np.nan, 0.92]}
    )  # fmt: skip
    table = module.summarise(results)
    assert table["within 0.05"].tolist() == [1, 1]
    assert table["worst miss"].tolist() == pytest.approx([0.2, 0.92 - 0.9056])


@pytest.mark.slow
def test_fitted_fields_have_the_dynamics_of_their_laws(module):
    rows = ["default, 100 rows an orbit", "activation='silu'"]
    found = module.main(seeds=3, rows=rows, lorenz=["1000 rows, clean"], n_units=20.0)
    table = module.summarise(found)
    # 0.043, 0.023 and 0.007 where it was measured.
    assert (table["worst miss"] < [0.06, 0.05, 0.05]).all()
