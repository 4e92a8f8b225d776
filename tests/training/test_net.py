"""The training loop: masks, weights, early stopping, recovery, reproducibility, skorch's door."""

import io
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from tsnode._progress import listening
from tsnode.exceptions import FitError
from tsnode.training._masked_loss import MaskedMSELoss
from tsnode.training._net import ForecastNet
from tsnode.training._splits import GivenSplit

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(200, 3))
TRUTH = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]])
TARGETS = (INPUTS @ TRUTH)[:, None, :]
SPLIT = GivenSplit(np.arange(150), np.arange(160, 200))


class Linear(torch.nn.Module):
    def __init__(self, scale=0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.full((3, 2), scale, dtype=torch.float64))

    def forward(self, a):
        return (a @ self.weight)[:, None, :]


def fit(module=None, X=None, y=TARGETS, **params):
    defaults = {"max_epochs": 20, "lr": 0.3, "batch_size": 50, "train_split": SPLIT}
    net = ForecastNet(module or Linear(), **{**defaults, **params})
    return net.fit({"a": INPUTS, **(X or {})}, y)


def weights_of(net):
    return net.module_.weight.detach().numpy()


def test_it_finds_the_weights_of_a_linear_law():
    net = fit(max_epochs=40)
    np.testing.assert_allclose(weights_of(net), TRUTH, atol=0.02)
    assert net.report_["valid_loss"] < 1e-3 * net.report_["start_loss"]


def test_unknown_targets_count_for_nothing():
    y = TARGETS.copy()
    y[RNG.random(y.shape) < 0.5] = np.nan
    np.testing.assert_allclose(weights_of(fit(y=y, max_epochs=40)), TRUTH, atol=0.02)


def test_windows_of_weight_zero_count_for_nothing():
    wrong, weight = TARGETS.copy(), np.ones(200)
    wrong[:100], weight[:100] = 50.0, 0.0
    net = fit(y=wrong, X={"sample_weight": weight}, max_epochs=60)
    np.testing.assert_allclose(weights_of(net), TRUTH, atol=0.05)


def test_the_loss_is_the_weighted_mean_over_observed_targets():
    y_pred, y_true = RNG.normal(size=(2, 5, 3, 2))
    y_true[0, 1] = np.nan
    by_window, by_lead = RNG.random(5), np.array([1.0, 0.5, 0.25])
    weights = np.broadcast_to((by_window[:, None] * by_lead)[..., None], y_true.shape)
    known = np.isfinite(y_true)
    expected = np.average((y_pred - y_true)[known] ** 2, weights=weights[known])
    loss = MaskedMSELoss(by_lead)(*map(torch.as_tensor, (y_pred, y_true, by_window)))
    assert loss.item() == pytest.approx(expected)


def test_the_gradient_ignores_unknown_targets():
    y_pred = torch.ones(2, 1, 1, dtype=torch.float64, requires_grad=True)
    MaskedMSELoss()(y_pred, torch.tensor([[[np.nan]], [[0.0]]])).backward()
    assert y_pred.grad.ravel().tolist() == [0.0, 2.0]


def test_the_start_wins_if_training_only_makes_it_worse():
    best = Linear()
    best.weight.data = torch.as_tensor(TRUTH.copy())
    net = fit(best, y=TARGETS + 0.0, lr=1.0, optimizer=torch.optim.AdamW, n_iter_no_change=4)
    np.testing.assert_array_equal(weights_of(net), TRUTH)
    assert (net.report_["best_epoch"], net.report_["n_epochs"]) == (0, 4)
    assert net.report_["stopped"] == "early"


def test_the_best_weights_are_those_of_the_reported_loss():
    net = fit(lr=0.8, max_epochs=15)
    error = np.mean((net.predict({"a": INPUTS[160:]}) - TARGETS[160:]) ** 2)
    assert error == pytest.approx(net.report_["valid_loss"])
    assert error == pytest.approx(min(net.history[:, "valid_loss"]))


def test_the_weight_average_of_one_step_is_ten_elevenths_of_it():
    options = {"max_epochs": 1, "batch_size": 200, "train_split": None}
    plain, mean = (fit(ema_decay=decay, **options) for decay in (None, 0.999))
    assert weights_of(plain).any()
    np.testing.assert_allclose(weights_of(mean), weights_of(plain) * 10 / 11)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    first, again, other = (fit(max_epochs=3, iterator_train__seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(weights_of(first), weights_of(again))
    assert np.abs(weights_of(first) - weights_of(other)).max() > 1e-6


def test_the_given_module_is_copied():
    module = Linear()
    fit(module)
    assert not module.weight.any()


class Poison(Callback):
    def __init__(self, n_times=1):
        self.n_times = n_times

    def on_train_begin(self, net, **kwargs):  # noqa: ARG002
        self.left = self.n_times

    def on_batch_begin(self, net, training=False, **kwargs):  # noqa: ARG002
        poisoned = training and len(net.history) > 2 and self.left > 0
        net.module_.weight.data[0, 0] *= np.nan if poisoned else 1.0
        self.left -= poisoned


def test_one_nan_is_recovered_from_the_best_weights_and_reported():
    net = fit(callbacks=[Poison()], max_epochs=20)
    (note,) = net.report_["recoveries"]
    assert note.sentence() == (
        "In epoch 3, batch 1, a forecast was not finite: the weights of epoch 2 came back, the "
        "learning rate was cut to a tenth."
    )
    assert net.report_["valid_loss"] < 0.5 * net.report_["start_loss"]


def test_when_no_remedy_helps_the_best_weights_stay():
    net = fit(callbacks=[Poison(n_times=99)])
    assert net.report_["stopped"] == "diverged"
    assert [note.batch for note in net.report_["recoveries"]] == [1, 2, 3]
    assert "no remedy was left" in net.report_["recoveries"][-1].sentence()
    error = np.mean((net.predict({"a": INPUTS[160:]}) - TARGETS[160:]) ** 2)
    assert error == pytest.approx(net.history[1, "valid_loss"])


@pytest.mark.parametrize("split", [SPLIT, None])
def test_a_loss_that_was_never_finite_names_epoch_batch_and_remedy(split):
    with pytest.raises(FitError, match=r"epoch 1, batch 3, a forecast was.*Lower lr"):
        fit(Linear(scale=np.nan), train_split=split)


def test_without_validation_the_last_sound_weights_come_back():
    net = fit(callbacks=[Poison(n_times=99)], train_split=None)
    assert net.report_["recoveries"][-1].restored_epoch == 1
    plain = fit(train_split=None, max_epochs=1)
    np.testing.assert_array_equal(weights_of(net), weights_of(plain))


def test_weights_worse_than_the_first_ones_and_than_nothing_are_not_kept():
    net = fit(train_split=None, lr=1e200, max_epochs=1)
    assert not weights_of(net).any()
    assert "the first weights came back" in net.report_["recoveries"][0].sentence()


class CtrlC(Callback):
    def on_batch_begin(self, net, training=False, **kwargs):  # noqa: ARG002
        if training and len(net.history) > 4:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_the_best_weights_so_far():
    net = fit(callbacks=[CtrlC()])
    assert net.report_["stopped"] == "interrupted"
    assert net.report_["best_epoch"] == 4
    np.testing.assert_array_equal(weights_of(net), weights_of(fit(max_epochs=4)))


def test_callbacks_are_cloned():
    callback = Poison(n_times=0)
    fit(callbacks=[callback])
    assert not hasattr(callback, "left")


def test_prefixed_parameters_arrive():
    net = fit(
        Linear, module__scale=0.5, optimizer__weight_decay=0.3, criterion__lead_weights=[2.0],
        iterator_train__shuffle=False, callbacks=[("poison", Poison)], callbacks__poison__n_times=0,
        max_epochs=1,
    )  # fmt: skip
    assert net.get_params()["module__scale"] == 0.5
    assert net.optimizer_.param_groups[0]["weight_decay"] == 0.3
    assert net.criterion_.lead_weights.tolist() == [2.0]
    assert dict(net.callbacks_)["poison"].n_times == 0


def test_a_parameter_of_a_callback_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"callbacks__NAME.*'print_log'.*got \['poisn'\]"):
        fit(callbacks=[("poison", Poison)], callbacks__poisn__n_times=0)


def test_any_criterion_sees_the_observed_targets():
    y = TARGETS.copy()
    y[::3, :, 0] = np.nan
    net = fit(y=y, criterion=torch.nn.L1Loss, max_epochs=40, lr_schedule="cosine")
    np.testing.assert_allclose(weights_of(net), TRUTH, atol=0.1)


def test_clone_and_pickle_keep_the_forecast():
    net = fit(max_epochs=5)
    again = clone(net).fit({"a": INPUTS}, TARGETS)
    loaded = pickle.loads(pickle.dumps(net))
    expected = net.predict({"a": INPUTS})
    np.testing.assert_array_equal(loaded.predict({"a": INPUTS}), expected)
    np.testing.assert_array_equal(again.predict({"a": INPUTS}), expected)


class TensorCounter(pickle.Pickler):
    n_tensors = 0

    def reducer_override(self, entry):
        self.n_tensors += isinstance(entry, torch.Tensor)
        return NotImplemented


def test_tensors_are_pickled_only_where_loading_moves_them_to_the_cpu():
    net = fit(Linear, criterion__lead_weights=[2.0], max_epochs=2, ema_decay=0.9)
    counter = TensorCounter(io.BytesIO())
    counter.dump(net)
    assert counter.n_tensors == 0
    assert {"module_", "criterion_", "optimizer_"} <= set(net.cuda_dependent_attributes_)


def test_partial_fit_goes_on_from_where_fit_ended():
    net = fit(max_epochs=5)
    before = net.report_["valid_loss"]
    net.partial_fit({"a": INPUTS}, TARGETS)
    assert net.report_["start_loss"] == pytest.approx(before)
    assert net.report_["valid_loss"] < before


def test_it_is_quiet_and_reports_progress(capsys):
    heard = []
    with listening(lambda *event: heard.append(event)):
        fit(max_epochs=3)
    assert heard == [("training", 1, 3), ("training", 2, 3), ("training", 3, 3)]
    assert capsys.readouterr().out == ""


def test_validation_windows_without_known_targets_do_not_validate():
    y = TARGETS.copy()
    y[160:] = np.nan
    net = fit(y=y, max_epochs=40)
    assert net.report_["valid_loss"] is None
    np.testing.assert_allclose(weights_of(net), TRUTH, atol=0.02)


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", lambda progress: 1 - progress])
def test_a_schedule_leaves_the_learning_rate_as_it_was(schedule):
    net = fit(lr_schedule=schedule, max_epochs=20)
    assert net.optimizer_.param_groups[0]["lr"] == 0.3
    assert net.report_["valid_loss"] < 0.1 * net.report_["start_loss"]


def test_an_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match="'one_cycle'.*'step'"):
        fit(lr_schedule="step")


def test_inputs_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="equal length.*'b': 3"):
        fit(X={"b": np.zeros(3)})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_net_fitted_on_cuda_agrees_with_the_cpu():
    nets = [fit(max_epochs=5, device=device) for device in ("cpu", "cuda")]
    on_cpu, on_cuda = (net.predict({"a": INPUTS}) for net in nets)
    np.testing.assert_allclose(on_cuda, on_cpu, atol=1e-10)
