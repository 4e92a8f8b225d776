"""The neural stage on top of the closed form: how long to train it, and whether at all.

Training begins exactly at the closed form. The number of epochs is chosen on the newest windows,
epoch 0 among the candidates and preferred if little is gained, with the closed form of the older
windows underneath; then the stage is trained for so many epochs on everything, over the closed form
of everything.
"""

import copy
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch

from ._field_count import FieldCount
from ._masked_loss import MaskedMSELoss
from ._net import ForecastNet
from ._optimizers import takes_parameter
from ._seeds import seeded
from ._splits import GivenSplit

# Below this many windows the stage has never been better than the closed form alone.
FEWEST_WINDOWS = 500
# Ends of a training that leave no time for another one.
ENDED = ("interrupted", "budget")
_WARM_UP = 0.1
# A smaller gain on the newest part is luck: on weather it did not survive into the next season.
_LEAST_GAIN = 0.01


class EntryLoss(MaskedMSELoss):
    """Masked squared error with a weight for every window and lead."""

    def entry_weights(self, y_true, sample_weight=None):
        """Weight of every entry; ``sample_weight`` has shape (batch, lead)."""
        weights = torch.isfinite(y_true).to(y_true.dtype)
        return weights if sample_weight is None else weights * sample_weight[..., None]


@dataclass(frozen=True)
class StageSettings:
    """Numbers of the training loop; what a user may set, and the found defaults.

    ``net_params`` are skorch's prefixed parameters and win over everything here. ``count`` adds
    the evaluations of the hidden states' field, and ends the training where it is spent.
    """

    max_epochs: int = 10
    lr: float = 3e-3
    batch_size: int = 256
    weight_decay: float = 0.1
    device: str = "cpu"
    seed: int = 0
    net_params: dict = field(default_factory=dict)
    count: FieldCount | None = None


def warm_cosine(progress, stretch=1.0):
    """Learning rate factor: linear up to 1, then half a cosine; ``stretch`` ends it early."""
    progress = progress * stretch
    if progress < _WARM_UP:
        return (progress + 0.01) / (_WARM_UP + 0.01)
    return 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * (progress - _WARM_UP) / (1 - _WARM_UP)))


def make_net(module, settings, *, n_epochs, stretch=1.0, split=None):
    """Return an initialised skorch net around a copy of the module."""
    options = {
        "optimizer": torch.optim.AdamW, "optimizer__weight_decay": settings.weight_decay,
        "iterator_train__seed": settings.seed,
        "lr": settings.lr, "max_epochs": n_epochs, "batch_size": settings.batch_size,
        "ema_decay": 0.98, "gradient_clip": 1.0, "device": settings.device,
        "lr_schedule": partial(warm_cosine, stretch=stretch), "train_split": split,
    }  # fmt: skip
    optimizer = settings.net_params.get("optimizer", options["optimizer"])
    if not takes_parameter(optimizer, "weight_decay"):  # Rprop, for one
        options.pop("optimizer__weight_decay")
    net = ForecastNet(module, EntryLoss(), **{**options, **settings.net_params})
    with seeded(settings.seed, settings.device):
        net.initialize()
    net.module_.eval()
    return net


def window_inputs(features, leads, controls=None):
    """Return the inputs of the module as the dict that skorch takes."""
    inputs = {"features": features, "leads": leads}
    return inputs if controls is None else {**inputs, "controls": controls}


def error_scales(module, inputs, windows):
    """Root mean square error of the present forecast at about the same lead, for every target.

    Errors of long leads are large and mostly noise; a weight of one over this keeps them from
    drowning the short leads.

    Returns
    -------
    float array of shape (n_windows, n_targets)
    """
    everything = np.arange(len(windows.leads))
    forecast = module.read(inputs["features"], everything, windows.leads, inputs.get("controls"))
    squared = windows.weights * (forecast - windows.values) ** 2
    edges = np.linspace(0, windows.leads.max(initial=0.0) * (1 + 1e-9), 25)
    group = np.digitize(windows.leads.ravel(), edges)
    error = np.bincount(group, squared.sum(axis=2).ravel(), 26)
    count = np.bincount(group, windows.weights.sum(axis=2).ravel(), 26)
    by_lead = np.sqrt(np.maximum(error, 1e-12) / np.maximum(count, 1e-12))
    return by_lead[group].reshape(windows.leads.shape)


def fit_neural_stage(older, whole, inputs, data, settings):
    """Train the neural stage, or refuse it.

    Parameters
    ----------
    older, whole : LatentForecaster
        Equal but for the encoder: closed forms of the older windows and of all windows.
    inputs : dict
        See ``window_inputs``.
    data : LatentData
    settings : StageSettings

    Returns
    -------
    net : ForecastNet
    rehearsal : ForecastNet
        Of the older windows, by which the epochs were chosen.
    report : dict
        After Ctrl-C with ``stopped`` = "interrupted", where the count is spent with "budget"; the
        net is then the best of the trial.
    """
    windows, is_new = data.windows, data.is_new
    by_entry = error_scales(older, inputs, windows)
    tried_weights = np.where(is_new[:, None, None], windows.weights, data.older_weights)
    split = GivenSplit(np.flatnonzero(~is_new), np.flatnonzero(is_new))
    trial = make_net(older, settings, n_epochs=settings.max_epochs, split=split)
    _train(trial, inputs, windows.values, tried_weights, by_entry, settings)
    tried = trial.report_
    notes = list(tried["recoveries"])
    best = tried["best_epoch"] or 0
    if not tried["valid_loss"] < (1 - _LEAST_GAIN) * tried["start_loss"]:
        best = 0
    report = {
        "epochs_tried": tried["n_epochs"], "best_epoch": best,
        "valid_loss_start": tried["start_loss"], "valid_loss_best": tried["valid_loss"],
    }  # fmt: skip
    rehearsal = trial if best else make_net(older, settings, n_epochs=0)
    if tried["stopped"] in ENDED:
        report |= {"stopped": tried["stopped"], "recoveries": notes}
        return trial if best else make_net(whole, settings, n_epochs=0), rehearsal, report
    stretch = best / max(settings.max_epochs, 1)
    net = make_net(whole, settings, n_epochs=best, stretch=stretch)
    if best:
        _train(net, inputs, windows.values, windows.weights, by_entry, settings)
        notes += net.report_["recoveries"]
        if net.report_["stopped"] in ENDED:
            report["stopped"] = net.report_["stopped"]
    return net, rehearsal, report | {"recoveries": notes}


def go_on_training(net, inputs, data, settings, n_epochs):
    """Train the present weights on new windows, at a tenth of the rate."""
    by_entry = error_scales(net.module_, inputs, data.windows)
    gentle = replace(settings, lr=settings.lr / 10)
    # On the CPU: the net keeps the module it is given, and must load where there is no device.
    present = copy.deepcopy(net.module_).cpu()
    onward = make_net(present, gentle, n_epochs=n_epochs)
    _train(onward, inputs, data.windows.values, data.windows.weights, by_entry, gentle)
    return onward


def _train(net, inputs, values, weights, by_entry, settings):
    targets = np.where(weights > 0, values, np.nan)
    sample_weight = weights.max(axis=2) / by_entry
    net.count = settings.count
    with seeded(settings.seed, settings.device):
        net.partial_fit({**inputs, "sample_weight": sample_weight}, targets)
    # Who goes on training the net has a count of their own.
    net.count = None
    net.module_.eval()
