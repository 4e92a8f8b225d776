"""The noisy double well: its exact density, and the example in short and whole."""

import numpy as np
import pytest

FILE = "07_double_well.py"


def test_long_paths_have_the_exact_density(example):
    found = np.histogram(example.make_path(60_000, seed=0), example.EDGES)[0] / 60_000
    truth = example.exact_density()
    assert truth.sum() == pytest.approx(1.0)
    assert np.abs(found - truth).sum() < 0.2
    assert truth[5] < 0.1 * truth.max()


def test_the_example_runs_short(example, capsys, tmp_path):
    picture = tmp_path / "well.png"
    table = example.main(400, max_epochs=2, n_runs=5, n_steps=20, leads=(1, 3), plot=picture)
    assert "neural SDE" in capsys.readouterr().out
    assert table.loc["truth", "of x^3"] == -1
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_law_density_and_intervals_are_found(example):
    table = example.main()
    row = table.loc["neural SDE"]
    assert row["KL"] <= 0.02 < table.loc["linear SDE", "KL"]
    # One path tells the drift no better to one who knows its form.
    known = table.loc["the cubic known"]
    assert row["of x"] == pytest.approx(known["of x"], abs=0.1)
    assert row["of x^3"] == pytest.approx(known["of x^3"], abs=0.1)
    assert row["sigma"] == pytest.approx(0.5, rel=0.02)
    assert row[[name for name in table if name.startswith("held")]].between(0.87, 0.93).all()
