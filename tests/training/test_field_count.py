"""Evaluations of a field are counted row by row, and training ends where they are spent."""

import numpy as np
import pytest
import torch
from torch import nn

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._collocation import collocate_field
from tsnode.training._field_count import FieldCount, counting
from tsnode.training._field_function import function_of
from tsnode.training._least_squares import fit_function
from tsnode.training._match import match_field
from tsnode.training._paths import ObservedPath
from tsnode.training._shooting import shoot

STAGES = {"euler": 1, "midpoint": 2, "rk4": 4}


class Law(nn.Module):
    """A field of the user's own, without layers."""

    n_states, n_controls = 2, 0

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, t, z, u=None):  # noqa: ARG002
        return self.rate * z


def small_field():
    torch.manual_seed(0)
    return NeuralField(2, hidden_layer_sizes=(3,))


def circle(n_rows, noise=0.0):
    times = np.arange(n_rows, dtype=float)
    states = np.stack([np.cos(0.3 * times), np.sin(0.3 * times)], axis=1)
    states = states + noise * np.random.default_rng(0).normal(size=states.shape)
    return ObservedPath(times, states, np.ones(n_rows))


def shot(method="rk4", count=None, **params):
    path = circle(40)
    series = [(path.times, path.values, path.values, path.weights, None)]
    params = {"training_horizon": 2, "curriculum": None, "max_epochs": 1} | params
    return shoot(StateForecaster(small_field(), method=method), series, count=count, **params)


def test_every_row_of_a_call_counts_once():
    count, field = FieldCount(), small_field()
    with count.counting("own", field):
        field(0.0, torch.zeros(3, 2, dtype=torch.float64))
        field(0.0, torch.zeros(2, dtype=torch.float64))
        field(0.0, torch.zeros(4, 5, 2, dtype=torch.float64))
    assert count.by_stage == {"own": 3 + 1 + 20}


@pytest.mark.parametrize("field", [small_field(), Law()])
def test_values_and_derivatives_of_a_least_squares_fit_count_like_calls(field):
    function, rows = function_of(field), torch.zeros(5, 2, dtype=torch.float64)
    inputs, count = function.inputs(torch.zeros(5), rows), FieldCount()
    with count.counting("own", field):
        function(inputs)
        function.linearize(inputs)
    assert count.by_stage == {"own": 10}


@pytest.mark.parametrize("field", [small_field(), Law()])
def test_nothing_is_left_on_the_field(field):
    count = FieldCount()
    with count.counting("own", field):
        pass
    field(0.0, torch.zeros(3, 2, dtype=torch.float64))
    assert count.by_stage == {"own": 0}
    assert not any(part._forward_hooks for part in field.modules())


def test_nobody_counts_where_no_count_is_given():
    field = small_field()
    with counting(None, "own", field):
        assert not any(part._forward_hooks for part in field.modules())


@pytest.mark.parametrize(("method", "stages"), STAGES.items())
def test_shooting_counts_windows_times_leads_times_stages(method, stages):
    count = FieldCount()
    _, report = shot(method, count, validation_fraction=0)
    # The first loss, one epoch of training, the loss of the end: three passes over all windows.
    assert count.by_stage == {"shooting": 3 * report["n_windows"] * 2 * stages}
    assert report["n_windows"] > 30


def test_least_squares_counts_a_pass_over_the_rows_for_every_look_at_them():
    field, count = NeuralField(2, hidden_layer_sizes=()), FieldCount()
    function, z = function_of(field), np.random.default_rng(0).normal(size=(7, 2))
    with count.counting("match", field):
        report = fit_function(function, z, z[:, ::-1], alpha=1e-3, max_iterations=1, tool="dual")
    # Derivatives and objective before the step and behind it, the step tried, the last residuals.
    assert report["n_iterations"] == 1
    assert count.by_stage == {"match": 6 * 7}


def test_shooting_ends_with_the_batch_that_spends_the_count():
    count = FieldCount(1_000)
    net, report = shot(count=count, max_epochs=50, batch_size=4)
    assert (report["stopped"], report["n_epochs"]) == ("budget", len(net.history))
    assert report["n_epochs"] < 50
    # Over by a batch and a validation at most.
    most_rows = 4 + report["n_validation_windows"]
    assert 1_000 <= count.total < 1_000 + most_rows * 2 * STAGES["rk4"]


def test_shooting_that_is_cut_keeps_the_best_validated_weights():
    net, report = shot(count=FieldCount(3_000), max_epochs=50, batch_size=4)
    losses = [report["start_loss"], *net.history[:, "valid_loss"]]
    assert len(losses) > 2
    assert report["valid_loss"] == min(losses)
    assert report["best_epoch"] == int(np.argmin(losses))


def test_a_net_that_was_cut_can_be_trained_on():
    net, report = shot(count=FieldCount(1), max_epochs=3)
    assert (report["stopped"], report["n_epochs"]) == ("budget", 0)
    path = circle(6)
    net.set_params(train_split=None)
    X = {"z0": path.values[:4], "times": np.stack([path.times[k : k + 3] for k in range(4)])}
    X["sample_weight"] = np.ones((4, 2))
    net.partial_fit(X, np.stack([path.values[k + 1 : k + 3] for k in range(4)]))
    assert net.report_["n_epochs"] == 3


@pytest.mark.parametrize("tool", ["dual", "primal", "lbfgs", "stochastic"])
def test_a_least_squares_fit_ends_where_the_count_is_spent(tool):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(300, 2))
    targets = np.sin(2 * z) + 0.1 * rng.normal(size=z.shape)

    def fit(most):
        field, count = small_field(), FieldCount(most)
        with count.counting("match", field):
            return fit_function(function_of(field), z, targets, tool=tool, count=count), count

    found, count = fit(6_000)
    whole, free = fit(None)
    start, _ = fit(1)
    assert found["stopped"] == "budget"
    assert "stopped" not in whole
    # Behind an iteration, which looks at all rows five times at most.
    assert 6_000 <= count.total < 6_000 + 5 * 300 < free.total
    assert max(whole["loss"], found["loss"]) < start["loss"]


def test_collocation_ends_where_the_count_is_spent():
    path, field = circle(60, noise=0.05), small_field()
    matched = match_field(field, [path])
    count = FieldCount(1)
    with count.counting("collocation", field):
        found = collocate_field(field, [path], matched, count=count)
    assert (found["stopped"], found["n_iterations"]) == ("budget", 0)
    assert np.isfinite(found["states"][0]).all()
    again = collocate_field(field, [path], matched, count=FieldCount())
    assert "stopped" not in again
    assert again["n_iterations"] > 1
