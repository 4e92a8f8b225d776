"""The example of densities: its data have the densities it states; the flow is above baselines."""

import numpy as np
import pytest

FILE = "03_density_flow.py"
SHORT = {"hidden_layer_sizes": (8,), "n_steps": 2, "max_epochs": 1, "base": "normal"}


@pytest.mark.parametrize("name", ["moons", "rings", "eight"])
def test_the_stated_density_integrates_to_one_and_is_that_of_the_draws(example, name):
    draw, log_density = example.SETS[name]
    line = np.linspace(-4.2, 4.2, 121)
    cells = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    density = np.exp(log_density(cells)) * (line[1] - line[0]) ** 2
    assert density.sum() == pytest.approx(1, abs=0.002)
    rows = draw(20_000, np.random.default_rng(0))
    # By the other route: the entropy by quadrature.
    assert log_density(rows).mean() == pytest.approx(density @ log_density(cells), abs=0.03)


def test_it_prints_a_table_and_draws_the_densities(example, capsys, tmp_path):
    table = example.main(
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
def test_flows_are_above_both_baselines_on_fresh_rows_in_two_minutes(example):
    table = example.main(seeds=1)
    assert (table["flow"] > table[["kernel", "mixture"]].max(axis=1)).all()
    assert (table["CPU s"] <= 120).all()
    assert table["calls"].sum() <= 0.5 * table["calls dopri5"].sum()
    assert (table["at steps"] - table["at dopri5"]).abs().max() < 0.02
