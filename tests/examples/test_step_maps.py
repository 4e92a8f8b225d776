"""Step maps and the ODE side by side: the data, and the example in short and whole."""

import numpy as np
import pytest

FILE = "01_step_maps.py"


def test_rows_of_henon_follow_its_map(example):
    rows = example.make_rows("Henon", 50)
    x, y = rows["x"].to_numpy(), rows["y"].to_numpy()
    assert x[1:] == pytest.approx(1 - 1.4 * x[:-1] ** 2 + y[:-1])
    assert np.ptp(x) > 1.5


@pytest.mark.parametrize("system", ["van der Pol", "Henon"])
def test_irregular_rows_are_as_many_with_gaps_and_missing_entries(example, system):
    rows = example.make_rows(system, 200, irregular=True, missing=0.1)
    assert len(rows) == 200
    assert 0.05 < rows.isna().to_numpy().mean() < 0.15
    gaps = np.diff(rows.index)
    assert gaps.max() > 1.9 * gaps.min() > 0


def test_the_example_runs_short(example, capsys, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "maps.png"
    settings = {"n_rows": 60, "n_new": 40, "widths": (2,), "seeds": 1, "plot": picture}
    table = example.main(**settings, systems=("van der Pol",))
    assert table["n_weights"].nunique() == 1
    assert np.isfinite(table["error"]).all()
    assert '"For regular data use ResNets"' in capsys.readouterr().out
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_irregular_flows_are_the_odes_and_maps_are_the_maps(example):
    table = example.main(seeds=1, systems=("van der Pol", "Henon"))
    error = table["error"].unstack("model")
    flow = error.loc["van der Pol", "irregular"]
    assert flow["neural ODE"] < 0.7 * flow["residual map"] < flow["persistence"]
    regular = error.loc["van der Pol", "regular"]
    assert regular["residual map"] < 3 * regular["neural ODE"]
    # No flow goes as this map does.
    jumps = error.loc["Henon", "regular"]
    assert jumps["residual map"] < 0.2 * jumps["neural ODE"]
