"""What paths share that one training loop fits: a rehearsal on the older rows, then all of them."""

from abc import ABC, abstractmethod
from copy import deepcopy
from functools import partial

import numpy as np
import torch

from ...training._latent_stage import warm_cosine
from ...training._optimizers import takes_parameter
from ...training._seeds import seeded

# Epochs, if the user does not say how many.
FEWEST_EPOCHS = 10


class LoopPath(ABC):
    """Trains a module twice: to choose the number of epochs, and so long on everything.

    Parameters
    ----------
    alpha : float, default=0.0
        Weight decay.
    early_stopping : bool, default=True
        Choose the number of epochs on the newest rows; False trains ``max_epochs``.
    validation_fraction : float, default=0.2
    n_iter_no_change : int or None
    max_epochs : int or None
        None: as many as make ``_n_steps`` of the optimiser.
    loop : dict
        Parameters of skorch's net that are set; they win.
    device : str
    seed : int

    Attributes
    ----------
    net, rehearsal : ForecastNet
        Of all rows; of the older ones, by which the epochs were chosen (or None).
    report : dict
    """

    _batch_size, _lr, _ema_decay, _most_epochs, _n_steps = 64, 1e-2, 0.98, 300, 1500

    def __init__(
        self, *, alpha=0.0, early_stopping=True, validation_fraction=0.2, n_iter_no_change=None,
        max_epochs=None, loop=None, device="cpu", seed=0,
    ):  # fmt: skip
        self.alpha = alpha
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.n_iter_no_change, self.max_epochs = n_iter_no_change, max_epochs
        self.loop, self.device, self.seed = dict(loop or {}), device, seed

    @abstractmethod
    def _wrap(self, module, stretch, **options):
        """Return a ForecastNet of its kind; ``stretch`` is the share of a longer training."""

    def make_net(self, module, n_epochs=0, split=None, *, stretch=1.0, rate=1.0):
        """Return an initialised skorch net around a copy of the module."""
        options = {
            "optimizer": torch.optim.AdamW, "optimizer__weight_decay": self.alpha, "lr": self._lr,
            "batch_size": self._batch_size, "ema_decay": self._ema_decay, "gradient_clip": 10.0,
            "iterator_train__seed": self.seed,
        } | self.loop  # fmt: skip
        if not takes_parameter(options["optimizer"], "weight_decay"):
            options.pop("optimizer__weight_decay")
        net = self._wrap(
            module, stretch, max_epochs=n_epochs, train_split=split, device=self.device,
            n_iter_no_change=self.n_iter_no_change,
            lr_schedule=partial(warm_cosine, stretch=stretch),
            **{**options, "lr": rate * options["lr"]},
        )  # fmt: skip
        with seeded(self.seed, self.device):
            net.initialize()
        net.module_.eval()
        return net

    def _fit_net(self, module, inputs, targets, split, trial_inputs=None, *, keeps_rehearsal=True):
        """Rehearse, train on everything, and add both to the report.

        ``trial_inputs`` replaces entries of ``inputs`` in the rehearsal.
        """
        n_epochs = self._n_epochs(len(targets))
        self.rehearsal, best, notes, stopped = None, n_epochs, [], None
        if self.early_stopping and len(split.valid) and len(split.train):
            trial = self._train(module, inputs | (trial_inputs or {}), targets, n_epochs, split)
            self.rehearsal, tried = trial, trial.report_
            best, notes, stopped = tried["best_epoch"] or 0, tried["recoveries"], tried["stopped"]
            self.report |= {
                "epochs_tried": tried["n_epochs"], "best_epoch": best,
                "valid_loss": tried["valid_loss"],
            }  # fmt: skip
        if stopped == "interrupted":
            self.net = self.rehearsal
        else:
            self.net = self._train(module, inputs, targets, best, None, n_epochs)
            if best:
                notes = notes + self.net.report_["recoveries"]
                stopped = self.net.report_["stopped"]
        if not keeps_rehearsal:
            self.rehearsal = None
        self.report |= {"stopped": stopped, "n_epochs": best, "recoveries": notes}

    def _continue_net(self, module, inputs, targets):
        """Train on from a fitted module at a tenth of the rate, a tenth as long."""
        if len(targets):
            n_epochs = max(self.report["n_epochs"] // 10, 1)
            # On the CPU: the net keeps the module it is given; the old one may forecast meanwhile.
            present = deepcopy(module).cpu()
            self.net = self._train(present, inputs, targets, n_epochs, None, rate=0.1)

    def _train(self, module, inputs, targets, n_epochs, split, of_epochs=None, rate=1.0):
        # A shorter training is the beginning of the longer one that chose its length.
        stretch = n_epochs / max(of_epochs or n_epochs, 1)
        net = self.make_net(module, n_epochs, split, stretch=stretch, rate=rate)
        with seeded(self.seed, self.device):
            if n_epochs:
                net.partial_fit(inputs, targets)
        net.module_.eval()
        return net

    def _n_epochs(self, n_rows):
        if self.max_epochs is not None:
            return self.max_epochs
        n_batches = -(-n_rows // self.loop.get("batch_size", self._batch_size))
        return int(np.clip(self._n_steps // max(n_batches, 1), FEWEST_EPOCHS, self._most_epochs))
