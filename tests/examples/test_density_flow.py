"""The example of densities: its data have the densities it states; the flow is above baselines."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "examples" / "03_density_flow.py"
SHORT = {"hidden_layer_sizes": (8,), "n_steps": 2, "max_epochs": 1, "base": "normal"}


@pytest.fixture(scope="module")
def module():
    spec = importlib.util.spec_from_file_location("density_flow", FILE)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize("name", ["moons", "rings", "eight"])
def test_the_stated_density_integrates_to_one_and_is_that_of_the_draws(module, name):
    draw, log_density = module.SETS[name]
    line = np.linspace(-4.2, 4.2, 121)
    cells = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    density = np.exp(log_density(cells)) * (line[1] - line[0]) ** 2
    assert density.sum() == pytest.approx(1, abs=0.002)
    rows = draw(20_000, np.random.default_rng(0))
    # By the other route: the entropy by quadrature.
    assert log_density(rows).mean() == pytest.approx(density @ log_density(cells), abs=0.03)


def test_it_prints_a_table_and_draws_the_densities(module, capsys, tmp_path):
    table = module.main(
        ("moons",),
        seeds=1,
        n_rows=120,
        n_test=50,
        most=2,
        plot=tmp_path / "p.png",
        n_grid=20,
        **SHORT,
    )
    assert (tmp_path / "p.png").stat().st_size > 10_000
    assert "least gain" in capsys.readouterr().out
    assert np.isfinite(table[["kernel", "mixture", "flow"]]).all(axis=None)
    assert table["mixture"].item() < table["truth"].item()


@pytest.mark.slow
def test_flows_are_above_both_baselines_on_fresh_rows_in_two_minutes(module):
    table = module.main(seeds=1)
    assert (table["flow"] > table[["kernel", "mixture"]].max(axis=1)).all()
    assert (table["CPU s"] <= 120).all()
    assert table["calls"].sum() <= 0.5 * table["calls dopri5"].sum()
    assert (table["at steps"] - table["at dopri5"]).abs().max() < 0.02
