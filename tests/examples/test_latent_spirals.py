"""The half-observed spirals: what is hidden of them, and the example in short and whole."""

import numpy as np
import pytest

FILE = "06_latent_spirals.py"


def test_half_of_the_first_rows_is_hidden_and_all_of_the_last(example):
    clean, seen = example.make_spirals(20, seed=0, n_seen=example.N_SEEN)
    hidden = seen.isna().to_numpy().reshape(20, example.N_STAMPS, 2)
    assert hidden[:, : example.N_SEEN].mean() == pytest.approx(0.5, abs=0.03)
    assert hidden[:, example.N_SEEN :].all()
    miss = (seen - clean).to_numpy()
    assert np.nanstd(miss) == pytest.approx(example.NOISE, rel=0.05)


def test_errors_are_those_of_hidden_rows_alone(example):
    clean, seen = example.make_spirals(4, seed=0, n_seen=example.N_SEEN)
    perfect = clean.where(seen.isna(), 99.0)
    assert example.errors(perfect, clean, seen) == {"interpolation": 0.0, "extrapolation": 0.0}


def test_the_example_runs_short(example, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(example, "N_STAMPS", 30)
    monkeypatch.setattr(example, "N_SEEN", 18)
    picture = tmp_path / "spirals.png"
    table = example.main(6, 6, max_epochs=1, gru_epochs=1, plot=picture)
    assert "latent ODE" in capsys.readouterr().out
    assert np.isfinite(table.to_numpy()).all()
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_gaps_are_filled_and_spirals_foretold_at_half_the_error_of_others(example):
    # Half of the spirals and of the training of both; the README has what all of it comes to.
    table = example.main(500, max_epochs=45)
    ours = table.loc["latent ODE", ["interpolation", "extrapolation"]]
    others = table.drop("latent ODE")[ours.index]
    assert (2 * ours < others).all(axis=None)
