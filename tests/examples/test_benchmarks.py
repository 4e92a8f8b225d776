"""The benchmarks run, and the figures they print hold."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_small_systems_are_learned_to_the_stated_errors(capsys):
    errors = load("small_systems").main(seeds=2)
    assert "van der Pol" in capsys.readouterr().out
    assert max(errors["van der Pol, regular, clean", seed] for seed in (0, 1)) <= 1e-5
    assert max(errors["van der Pol, irregular, 5 % noise", seed] for seed in (0, 1)) <= 1e-3


@pytest.mark.slow
def test_the_weather_is_forecast_better_than_by_every_baseline(capsys):
    errors = load("nyc_weather").main()["observed entries"]
    assert "neural ODE" in capsys.readouterr().out
    # 0.459 against 0.489 where it was measured; the rest is room for another BLAS.
    assert errors["neural ODE"] < 0.465
    assert errors["neural ODE"] < 0.96 * errors.drop("neural ODE").min()


def test_gradients_agree_and_only_backprop_keeps_its_steps(capsys):
    tables = load("gradient_methods").main(widths=(4,), states=(2,), substeps=(1, 4))
    assert "against n_substeps" in capsys.readouterr().out
    steps = tables["n_substeps"].set_index(["gradient", "n_substeps"])
    assert (steps["off backprop"] < 1e-3).all()
    kept = steps["kept (kB)"].unstack()
    grows = kept[4] > 2 * kept[1]
    assert grows.to_dict() == {g: g == "backprop" for g in kept.index}
