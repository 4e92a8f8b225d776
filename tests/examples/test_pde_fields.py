"""The example of field equations, in short, and whole with its figures."""

import numpy as np
import pytest

FILE = "08_pde_fields.py"


def test_dmd_is_exact_for_linear_maps(example):
    random = np.random.default_rng(0)
    turn, _ = np.linalg.qr(random.normal(size=(4, 4)))
    rows = [random.normal(size=4)]
    for _ in range(9):
        rows.append(0.9 * turn @ rows[-1])
    model = example.Dmd().fit([np.array(rows)], rank=4)
    np.testing.assert_allclose(model.run(rows[0], 9), rows[1:], atol=1e-9)


def test_the_example_runs_short(example, capsys, tmp_path):
    picture = tmp_path / "fields.png"
    chaos = ("Kuramoto-Sivashinsky",)
    table, heat = example.main(2, 1, n_rows=14, n_heat=14, systems=chaos, seeds=(0,), plot=picture)
    assert "diffusivity" in capsys.readouterr().out
    assert list(table.index) == [("Kuramoto-Sivashinsky", 0)]
    assert np.isfinite(heat.to_numpy()).all()
    assert picture.stat().st_size > 1e4


@pytest.mark.slow
def test_laws_hold_twice_as_long_as_dmd_and_on_finer_grids(example):
    table, heat = example.main()
    assert (table["valid"] >= 2 * table["valid of DMD"]).all()
    assert (table["valid of DMD"] > 0).all()
    assert (table["error on 128 points"] <= 2 * table["error"]).all()
    assert (table["error"] < 0.05).all()
    assert (np.abs(heat["diffusivity"] - 0.1) < 0.002).all()
    assert (np.abs(heat["diffusivity"] - 0.1) < 4 * heat["standard error"]).all()
