"""Laws and parameters that cannot serve are refused with the remedy, and nothing changes."""

import numpy as np
import pandas as pd
import pytest
import torch

import tsnode
from tsnode import UniversalODERegressor
from tsnode.estimators._known_law import words_of_negative
from tsnode.exceptions import FitWarning


def decay(n=40):
    index = pd.date_range("2013-01-01", periods=n, freq="h", name="time")
    return pd.DataFrame({"x": np.exp(-np.arange(n) / 10), "v": np.arange(n) / n}, index=index)


def law(t, z, u, theta):  # noqa: ARG001
    return -theta.rate * z


RATE = {"rate": (0.0, 5.0)}
REFUSED = {
    "no law": ({"parameters": RATE}, ValueError, "Expected known_dynamics beside parameters"),
    "no function": ({"known_dynamics": "decay"}, TypeError, "a function .*'decay'"),
    "nothing to learn": (
        {"known_dynamics": law, "remainder": None}, ValueError, "Expected something to learn",
    ),
    "turned bounds": (
        {"parameters": {"rate": (5, 0)}}, ValueError, r"low < high .*'rate'; got \(5.0, 0.0\)",
    ),
    "start outside": ({"parameters": {"rate": (0, 7, 5)}}, ValueError, "low < start < high"),
    "infinite": ({"parameters": {"rate": (0, np.inf)}}, ValueError, "a start beside an infinite"),
    "one bound": ({"parameters": {"rate": 3.0}}, ValueError, r"\(low, high\) or .*got 3.0"),
    "a list": ({"parameters": ["rate"]}, TypeError, "to be a dict"),
    "a bad name": ({"parameters": {"my rate": (0, 1)}}, ValueError, "read as theta.name"),
    "unknown name": (
        {"known_dynamics": lambda _t, z, _u, th: -th.rat * z, "parameters": RATE}, ValueError,
        r"no parameter 'rat'; its parameters are \['rate'\]",
    ),
    "unknown key": (
        {"known_dynamics": lambda _t, z, _u, th: -th["rat"] * z, "parameters": RATE}, ValueError,
        "no parameter 'rat'",
    ),
    "never read": (
        {"known_dynamics": law, "parameters": RATE | {"gain": (0, 1)}}, ValueError,
        r"never reads \['gain'\]",
    ),
    "shape": (
        {"known_dynamics": lambda _t, z, _u, th: th.rate * z[:, 0], "parameters": RATE}, ValueError,
        r"one slope per state, shape \(40, 2\) or 2 columns; got shape",
    ),
    "columns": (
        {"known_dynamics": lambda _t, z, _u, th: (th.rate * z[:, 0],), "parameters": RATE},
        ValueError, r"got shape \(40, 1\)",
    ),
    "rows that mix": (
        {"known_dynamics": lambda _t, z, _u, th: th.rate * (z - z.mean(0)), "parameters": RATE},
        ValueError, "every row on its own",
    ),
    "singular": (
        {"known_dynamics": lambda _t, z, _u, th: th.rate / z, "parameters": RATE}, ValueError,
        r"1 row\(s\) where it is not, the first at 2013-01-01 00:00:00 \(x = 1, v = 0\), "
        "in the slope of v",
    ),
    "energy beside a law": (
        {"known_dynamics": law, "parameters": RATE, "structure": "dissipative"}, ValueError,
        "could break it.*known_dynamics",
    ),
    "pairs alone": ({"pairs": [("x", "v")]}, ValueError, "beside pairs"),
    "strange pairs": (
        {"pairs": [("x", "w")], "structure": "hamiltonian"}, ValueError,
        r"every column of \['x', 'v'\]",
    ),
    "structure": ({"structure": "symplectic"}, ValueError, "structure must be one of"),
    "remainder": ({"remainder": "forest"}, ValueError, "remainder must be one of"),
    "slack": ({"slack": 0}, ValueError, "slack must be a number over 0"),
    "slack of an energy": (
        {"slack": 0.1, "structure": "hamiltonian"}, ValueError,
        "slack=None beside structure='hamiltonian', .*got slack=0.1. Leave one",
    ),
    "slack of shooting": (
        {"slack": 0.1, "training": "shooting"}, ValueError, "slack=None beside training='shooting'",
    ),
    "linear": ({"training": "linear"}, ValueError, "training must be one of"),
    "scales": (
        {"known_dynamics": law, "parameters": RATE, "series_scaling": True}, ValueError,
        "series_scaling=False",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_serve_is_refused_with_the_remedy(case):
    params, error, words = REFUSED[case]
    frame, model = decay(), UniversalODERegressor(**params)
    with pytest.raises(error, match=f"(?s){words}"):
        model.fit(frame.index, frame)
    assert not hasattr(model, "net_")


def test_an_odd_number_of_states_has_no_momenta():
    with pytest.raises(ValueError, match="even number of columns.*got 1"):
        UniversalODERegressor(structure="hamiltonian").fit(decay()[["x"]])


def test_energy_is_asked_of_structures_only():
    frame = decay()
    model = UniversalODERegressor(law, RATE, remainder=None, training="match")
    model.fit(frame.index, frame)
    with pytest.raises(ValueError, match="Refit with one of these"):
        model.energy([1.0, 2.0])
    # The match alone knows no errors.
    assert np.isnan(model.standard_errors_["rate"])


def test_a_law_is_no_data_and_not_saved(tmp_path):
    frame = decay()
    model = UniversalODERegressor(law, RATE, remainder=None, training="match")
    model.fit(frame.index, frame)
    with pytest.raises(TypeError, match="known_dynamics"):
        tsnode.save(model, tmp_path / "model.tsnode")


def test_a_law_may_be_a_module_that_learns_nothing():
    frame = decay()
    module = torch.nn.Linear(2, 2, dtype=torch.float64)
    before = module.weight.clone()

    def with_module(t, z, u, theta):  # noqa: ARG001
        return -theta.rate * z + 0 * module(z)

    UniversalODERegressor(with_module, RATE, remainder=None, training="match").fit(frame)
    assert torch.equal(module.weight, before)


def test_states_below_zero_are_no_non_negative_ones():
    frame = decay() - [0.5, 0.0]
    model = UniversalODERegressor(
        law, RATE, remainder=None, training="match", structure="non_negative"
    )
    with pytest.warns(FitWarning, match="at least 0; got rows below zero in x. Leave") as told:
        model.fit(frame.index, frame)
    # Warnings are of the line that asked for the fit.
    assert told[0].filename == __file__


def test_noise_about_zero_is_not_below_it():
    states = np.abs(np.random.default_rng(0).normal(size=(50, 2))) + [-0.1, 3.0]
    assert words_of_negative(states, ["x", "y"]) == ""
    assert "in y." in words_of_negative(states - [0, 4.0], ["x", "y"])
