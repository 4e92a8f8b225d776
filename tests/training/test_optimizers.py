"""Optimizers by name; L-BFGS on one function, walls and all."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from tsnode.training._net import ForecastNet
from tsnode.training._optimizers import LBFGS_LOOP, OPTIMIZERS, find_optimizer, loop_of
from tsnode.training._splits import GivenSplit

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(200, 3))
TRUTH = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]])
TARGETS = (INPUTS @ TRUTH)[:, None, :]
SPLIT = GivenSplit(np.arange(150), np.arange(160, 200))
WHOLE = {**LBFGS_LOOP, "optimizer": "lbfgs", "train_split": SPLIT}


class Linear(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3, 2, dtype=torch.float64))

    def forward(self, a):
        return (a @ self.weight)[:, None, :]


def fit(y=TARGETS, **params):
    net = ForecastNet(Linear(), **{"batch_size": 50, "train_split": SPLIT, **params})
    return net.fit({"a": INPUTS}, y)


def weights_of(net):
    return net.module_.weight.detach().numpy()


class Poison(Callback):
    """Make a weight nan in epoch 3 and then on, ``n_times``."""

    def __init__(self, n_times=1):
        self.n_times = n_times

    def on_train_begin(self, net, **kwargs):  # noqa: ARG002
        self.left = self.n_times

    def on_batch_begin(self, net, training=False, **kwargs):  # noqa: ARG002
        poisoned = training and len(net.history) > 2 and self.left > 0
        net.module_.weight.data[0, 0] *= np.nan if poisoned else 1.0
        self.left -= poisoned


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_name_trains_to_a_lower_loss_than_the_start(name):
    rest = WHOLE if name == "LBFGS" else {"lr": 0.05}
    net = fit(**{**rest, "optimizer": name.upper(), "max_epochs": 5})
    assert type(net.optimizer_) is getattr(torch.optim, name)
    assert net.report_["valid_loss"] < net.report_["start_loss"]


def test_the_names_are_those_of_torch_that_a_field_can_use():
    assert {"Adam", "AdamW", "SGD", "LBFGS", "RMSprop"} <= set(OPTIMIZERS)
    assert find_optimizer(torch.optim.SGD) is torch.optim.SGD
    assert loop_of("LBFGS")["batch_size"] == -1
    assert loop_of(None) == loop_of(torch.optim.SGD)


@pytest.mark.parametrize(("name", "hint"), [("adamm", "did you mean 'Adam'"), (3, "got 3. Set")])
def test_an_unknown_optimizer_is_refused_with_what_is_near(name, hint):
    with pytest.raises(ValueError, match=f"optimizer must be the name.*{hint}"):
        fit(optimizer=name)


def test_l_bfgs_solves_least_squares_exactly():
    rng = np.random.default_rng(3)
    noisy = TARGETS + 0.1 * rng.normal(size=TARGETS.shape)
    net = fit(y=noisy, **{**WHOLE, "max_epochs": 10, "train_split": None})
    exact, *_ = np.linalg.lstsq(INPUTS, noisy[:, 0], rcond=None)
    np.testing.assert_allclose(weights_of(net), exact, atol=1e-4)
    assert np.abs(exact - TRUTH).max() > 1e-3


class Hole(torch.nn.Module):
    """(w - 1)^2 / (w < 4): nan beyond 4, where the first trial of the search goes."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(-9.0, dtype=torch.float64))
        self.n_bad = 0

    def forward(self, a):
        bad = bool(self.weight > 4)
        self.n_bad += bad
        return (self.weight - 1) * a[:, None] * (float("nan") if bad else 1.0)


def test_a_search_turns_back_from_where_the_loss_is_not_finite():
    # lr is the first trial step along the gradient: 100 steps over the hole.
    net = ForecastNet(Hole(), **{**WHOLE, "train_split": None, "lr": 100.0, "max_epochs": 6})
    net.fit({"a": np.ones((8, 1))}, np.zeros((8, 1, 1)))
    assert net.module_.n_bad > 0
    assert net.report_["recoveries"] == []
    assert net.module_.weight.item() == pytest.approx(1.0, abs=1e-5)


def test_a_nan_at_the_weights_themselves_is_recovered_as_in_any_loop():
    net = fit(callbacks=[Poison()], **{**WHOLE, "max_epochs": 8})
    assert [note.epoch for note in net.report_["recoveries"]] == [3]
    assert net.report_["valid_loss"] < 1e-3 * net.report_["start_loss"]
    hopeless = fit(callbacks=[Poison(n_times=9)], **{**WHOLE, "max_epochs": 30})
    assert hopeless.report_["stopped"] == "diverged"


def test_batches_of_their_own_forget_the_curvature_of_others():
    net = fit(**{**WHOLE, "batch_size": 50, "max_epochs": 3})
    (state,) = net.optimizer_.state.values()
    assert state["n_iter"] <= LBFGS_LOOP["optimizer__max_iter"]
    whole = fit(**{**WHOLE, "max_epochs": 3, "optimizer__tolerance_change": 0.0})
    (state,) = whole.optimizer_.state.values()
    assert state["n_iter"] > LBFGS_LOOP["optimizer__max_iter"]


def test_the_running_mean_follows_l_bfgs_if_asked():
    options = {**WHOLE, "max_epochs": 1, "train_split": None}
    plain, mean = (fit(**{**options, "ema_decay": decay}) for decay in (None, 0.999))
    assert np.abs(weights_of(plain)).max() > 0.1
    np.testing.assert_allclose(weights_of(mean), weights_of(plain) * 10 / 11)
