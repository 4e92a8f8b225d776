"""The training loop: skorch's net, with what forecasting changes in it."""

import copy
import math

import torch
from sklearn.base import clone
from skorch import NeuralNet

from .._progress import report_progress
from ..exceptions import FitError
from ..solvers._failures import SolverError
from ._batches import BatchIterator, WindowData
from ._best_weights import BestWeights, WeightAverage, snapshot
from ._field_count import counting
from ._masked_loss import MaskedMSELoss
from ._optimizers import LineSearch, find_optimizer
from ._recovery import Recovery
from ._schedules import find_schedule


class DivergedError(ArithmeticError):
    """Forecast, loss or gradient of a batch is not finite, first in ``window`` if that is known."""

    def __init__(self, what, window=None):
        super().__init__(what)
        self.window = window


class _HelplessError(ArithmeticError):
    """Nothing that could be done about a failure is left."""


FAILURES = (DivergedError, SolverError)


class ForecastNet(NeuralNet):
    """A skorch net on windows: ``X`` a dict of float64 entries, ``y`` (batch, lead, channel).

    Entries of X become keywords of the module's ``forward``, but ``sample_weight``, which
    weighs the windows in the loss, and ``series``, their number, which names them in reports.
    Unknown targets are NaN. Everything skorch takes (``module__``, ``optimizer__``,
    ``criterion__``, ``iterator_train__``, ``callbacks__``) is taken here. The module given is
    copied, never trained in place: read ``module_``.

    Parameters
    ----------
    module : torch.nn.Module or class
    criterion : default=MaskedMSELoss
        Any other criterion gets the observed entries, flat, without weights.
    optimizer : class or name of one of torch's, default=torch.optim.Adam
        L-BFGS evaluates its loss several times a step. Its curvature outlives a step only where
        one batch holds all windows; give it ``loop_of("LBFGS")`` of ``_optimizers``.
    train_split : callable (data, y) -> (train, validation), default=None
        ``GivenSplit`` holds indices. None trains on everything, without validation.
    n_iter_no_change : int or None, default=None
        Epochs without a better validation loss after which training ends; None = never.
        The best weights are restored in either case, and those of the start may be the best.
    ema_decay : float or None, default=None
        Decay per step of a running mean of the weights; validation and result use the mean.
    gradient_clip : float or None, default=10.0
        Largest norm of the gradient: steep fields give single batches gradients of 1e6.
    lr_schedule : None, "cosine", "one_cycle" or callable (progress) -> factor, default=None

    Attributes
    ----------
    report_ : dict
        ``n_epochs``, ``best_epoch``, ``valid_loss``, ``start_loss`` (None without
        validation), ``stopped`` ("early", "budget", "interrupted", "by a callback", "diverged"
        or "max_epochs") and ``recoveries``, a list of Recovery.
    count : FieldCount or None, default=None
        Set from outside, for one training: what it is to add its field evaluations to, and to
        end by. The epoch that reaches the most ends with that batch, validated as any other.

    Notes
    -----
    Where a batch fails (forecast, loss or gradient not finite, or a solver that gives up), the
    last good weights come back and the next of ``remedies`` is taken. When none is left, training
    ends at the best weights; FitError only if no weights, the first included, ever gave a finite
    loss. Ctrl-C ends with the best weights too.
    """

    def __init__(
        self, module, criterion=MaskedMSELoss, optimizer=torch.optim.Adam, lr=2e-3,
        max_epochs=100, batch_size=128, iterator_train=BatchIterator,
        iterator_valid=BatchIterator, dataset=WindowData, train_split=None, callbacks=None,
        n_iter_no_change=None, ema_decay=None, gradient_clip=10.0, lr_schedule=None,
        verbose=0, **kwargs,
    ):  # fmt: skip
        kwargs.setdefault("iterator_train__shuffle", True)
        kwargs.setdefault("iterator_valid__batch_size", 4096)
        super().__init__(
            module, criterion, optimizer=optimizer, lr=lr, max_epochs=max_epochs,
            batch_size=batch_size, iterator_train=iterator_train, iterator_valid=iterator_valid,
            dataset=dataset, train_split=train_split, callbacks=callbacks, verbose=verbose,
            **kwargs,
        )  # fmt: skip
        self.n_iter_no_change = n_iter_no_change
        self.ema_decay = ema_decay
        self.gradient_clip = gradient_clip
        self.lr_schedule = lr_schedule

    count = None
    # Mean squared error of the mean, in standardised units.
    loss_of_nothing = 1.0
    # The last words of a fit that failed.
    advice = "Lower lr, shorten training_horizon, or look for outliers in y."

    # Copies: the parameters of the net stay as given, on the CPU, so that a net trained on
    # CUDA loads elsewhere, and a second fit starts where the first one started.
    def initialized_instance(self, instance_or_cls, kwargs):
        """Instance of a class, or a copy of an instance."""
        return copy.deepcopy(super().initialized_instance(instance_or_cls, kwargs))

    def _yield_callbacks(self):
        for name, callback, named_by_user in super()._yield_callbacks():
            is_class = callback is None or isinstance(callback, type)
            yield name, callback if is_class else clone(callback, safe=False), named_by_user

    def initialize_callbacks(self):
        """Initialise the callbacks; refuse parameters of one that is not there."""
        names = [name for name, _ in self._uniquely_named_callbacks()]
        asked = {key.split("__")[1] for key in vars(self) if key.startswith("callbacks__")}
        if unknown := sorted(asked - set(names)):
            msg = f"Expected callbacks__NAME with NAME one of {names}; got {unknown}. "
            msg += "Add the callback with callbacks=[(name, callback)], or check the spelling."
            raise ValueError(msg)
        return super().initialize_callbacks()

    def get_dataset(self, X, y=None):
        """Windows on the device of the net."""
        if isinstance(X, WindowData):
            return X
        return self.dataset(X, y, device=self.device, **self.get_params_for("dataset"))

    def get_split_datasets(self, X, y=None, **fit_params):
        """Training and validation windows."""
        data = self.get_dataset(X, y)
        if not self.train_split:
            return data, None
        train, valid = self.train_split(data, y, **fit_params)
        can_validate = len(valid) and self._weight_of(valid[:]) > 0
        return train, valid if can_validate else None

    def prepare_batch(self, inputs, targets):
        """Batch as the training step sees it; a hook for losses that change over epochs."""
        return inputs, targets

    def is_growing(self, epoch):  # noqa: ARG002
        """Whether the task still changes in this epoch, so that early stopping must wait."""
        return False

    def task(self):
        """Name the function that a step descends; None = another one every time."""
        return "whole" if self.n_batches_ == 1 else None

    def initialize_optimizer(self, triggered_directly=None):  # noqa: ARG002
        """Initialise the optimizer from its class or its name."""
        args, kwargs = self.get_params_for_optimizer("optimizer", self.get_all_learnable_params())
        self.optimizer_ = find_optimizer(self.optimizer)(*args, **kwargs)
        return self

    def _step_optimizer(self, step_fn):
        if self.line_search_ is None:
            super()._step_optimizer(step_fn)
        else:
            self.line_search_.step(step_fn, self.task())

    # Entries of X that only the loss and the reports read.
    loss_entries = ("sample_weight", "series")

    def infer(self, x, **fit_params):
        """Forecast of a batch."""
        return super().infer(
            {name: entry for name, entry in x.items() if name not in self.loss_entries},
            **fit_params,
        )

    def get_loss(self, y_pred, y_true, X=None, training=False):  # noqa: ARG002
        """Loss of a batch over its observed targets."""
        if isinstance(self.criterion_, MaskedMSELoss):
            return self.criterion_(y_pred, y_true, (X or {}).get("sample_weight"))
        known = torch.isfinite(y_true)
        return self.criterion_(y_pred[known], y_true[known])

    def train_step_single(self, batch, **fit_params):
        """Loss and clipped gradient of one batch."""
        self._set_training(True)
        inputs, targets = self.prepare_batch(*batch)
        y_pred = self.infer(inputs, **fit_params)
        loss = self.get_loss(y_pred, targets, X=inputs, training=True)
        if not math.isfinite(loss.item()):
            by_window = y_pred.reshape(-1, *targets.shape).transpose(0, 1)
            bad = ~torch.isfinite(by_window.flatten(1)).all(dim=1)
            window = int(torch.nonzero(bad)[0]) if bad.any() else None
            what = "the loss was not finite" if window is None else "a forecast was not finite"
            raise DivergedError(what, window)
        if loss.requires_grad:
            loss.backward()
        largest = math.inf if self.gradient_clip is None else self.gradient_clip
        norm = torch.nn.utils.clip_grad_norm_(self.module_.parameters(), largest)
        if not math.isfinite(float(norm)):
            what = "the gradient was not finite"
            raise DivergedError(what)
        return {"loss": loss, "y_pred": y_pred}

    def validation_step(self, batch, **fit_params):
        """Loss and forecast of a batch of validation; nan where the solver gives up."""
        try:
            return super().validation_step(batch, **fit_params)
        except SolverError:
            y_pred = torch.full_like(batch[1], torch.nan)
            return {"loss": y_pred.new_tensor(torch.nan), "y_pred": y_pred}

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """One pass over the batches; the epoch's loss weighs them by observed entries."""
        if iterator is None:
            return
        for number, batch in enumerate(iterator, start=1):
            self.notify("on_batch_begin", batch=batch, training=training)
            if training:
                step = self._guarded_step(step_fn, batch, number, len(iterator), fit_params)
            else:
                step = step_fn(batch, **fit_params)
            if step is not None:
                self.history.record_batch(prefix + "_loss", step["loss"].item())
                self.history.record_batch(prefix + "_batch_size", self._weight_of(batch))
                self.notify("on_batch_end", batch=batch, training=training, **step)
            if training and self._is_spent():
                break
        self.history.record(prefix + "_batch_count", len(iterator))

    def _is_spent(self):
        return self.count is not None and self.count.is_spent()

    def _weight_of(self, batch):
        inputs, targets = batch
        if isinstance(self.criterion_, MaskedMSELoss):
            weights = self.criterion_.entry_weights(targets, inputs.get("sample_weight"))
            return weights.sum().item()
        return torch.isfinite(targets).sum().item()

    def _guarded_step(self, step_fn, batch, number, n_batches, fit_params):
        if self.lr_schedule is not None:
            done = (self.epoch_ - 1 + (number - 1) / n_batches) / max(self.n_epochs_, 1)
            schedule = find_schedule(self.lr_schedule)
            for group, lr in zip(self.optimizer_.param_groups, self.base_lrs_, strict=True):
                group["lr"] = lr * schedule(done)
        try:
            step = step_fn(batch, **fit_params)
        except FAILURES as failure:
            self._recover(failure, batch[0], number)
            return None
        self.average_.follow()
        return step

    def remedies(self):
        """Return what to do about failures, in turn: callables () -> words, None where no use."""
        return [self._shrink_steps, self._shrink_steps]

    def _shrink_steps(self):
        self.base_lrs_ = [0.1 * lr for lr in self.base_lrs_]
        for group in self.optimizer_.param_groups:
            group["lr"] *= 0.1
        return "the learning rate was cut to a tenth"

    def _recover(self, failure, inputs, number):
        """Go back to the last good weights and take the next remedy."""
        self.best_.restore(self.module_)
        self.average_.restart()
        self.optimizer_.state.clear()
        place = {"what": str(failure), "epoch": self.epoch_, "batch": number}
        window = getattr(failure, "window", None)
        if window is not None and "series" in inputs:
            place |= {"series": int(inputs["series"][window]),
                      "time": float(inputs["times"][window, 0])}  # fmt: skip
        while self.untried_:
            done = self.untried_.pop(0)()
            if done is not None:
                note = Recovery(**place, done=done, restored_epoch=self.best_.epoch)
                self.report_["recoveries"].append(note)
                return
        if not math.isfinite(self.best_.loss):
            msg = f"Expected a finite loss; in epoch {self.epoch_}, batch {number}, {failure}, and "
            msg += f"no remedy helped. {self.advice}"
            raise FitError(msg)
        done = "training ended there, since no remedy was left"
        note = Recovery(**place, done=done, restored_epoch=self.best_.epoch)
        self.report_["recoveries"].append(note)
        raise _HelplessError

    def evaluate(self, data):
        """Loss over all windows of the data, under the averaged weights."""
        total = weight = 0.0
        with self.average_.applied():
            for batch in self.get_iterator(data, training=False):
                batch_weight = self._weight_of(batch)
                total += batch_weight * self.validation_step(batch)["loss"].item()
                weight += batch_weight
        return total / weight if weight else math.nan

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Train from the present weights; end with the best ones."""
        fit_params.pop("_routing_method", None)
        self.check_training_readiness()
        train, valid = self.get_split_datasets(X, y)
        self.n_epochs_ = self.max_epochs if epochs is None else epochs
        self.epoch_ = 0
        self.average_ = WeightAverage(self.module_, self.ema_decay)
        self.best_ = BestWeights(self.module_)
        self.reference_ = train if valid is None else valid
        self.untried_ = self.remedies()
        self.base_lrs_ = [group["lr"] for group in self.optimizer_.param_groups]
        base_lrs = self.base_lrs_
        self.line_search_ = None
        if isinstance(self.optimizer_, torch.optim.LBFGS):
            self.line_search_ = LineSearch(self.optimizer_, self.device, FAILURES)
        self.report_ = {"n_epochs": 0, "best_epoch": None, "valid_loss": None,
                        "start_loss": None, "stopped": "interrupted", "recoveries": []}  # fmt: skip
        with counting(self.count, "shooting", getattr(self.module_, "field", None)):
            try:
                self.report_["stopped"] = self._run_epochs(train, valid, fit_params)
            except _HelplessError:
                self.report_["stopped"] = "diverged"
            finally:
                self._finish(valid, base_lrs)
        return self

    def _run_epochs(self, train, valid, fit_params):
        datasets = {"dataset_train": train, "dataset_valid": valid}
        iterator = self.get_iterator(train, training=True)
        self.n_batches_ = len(iterator)
        self.first_loss_ = self.evaluate(self.reference_)
        self.best_.offer(self.module_, self.first_loss_, 0)
        if valid is not None:
            self.report_["start_loss"] = self.first_loss_
        if self._is_spent():
            return "budget"
        for epoch in range(1, self.n_epochs_ + 1):
            self.epoch_ = epoch
            self.before_ = snapshot(self.module_) if valid is None else None
            self.notify("on_epoch_begin", **datasets)
            self.run_single_epoch(iterator, True, "train", self.train_step, **fit_params)
            with self.average_.applied():
                self._validate(valid, epoch, fit_params)
            self.report_["n_epochs"] = epoch
            self.notify("on_epoch_end", **datasets)
            asked_to_stop = report_progress("training", epoch, self.n_epochs_)
            if self.is_growing(epoch):
                self.best_.n_stale = 0
            if self.n_iter_no_change and self.best_.n_stale >= self.n_iter_no_change:
                return "early"
            if asked_to_stop:
                return "by a callback"
            if self._is_spent():
                return "budget"
        return "max_epochs"

    def _validate(self, valid, epoch, fit_params):
        if valid is None:
            losses = [b["train_loss"] for b in self.history[-1]["batches"] if "train_loss" in b]
            mean = sum(losses) / len(losses) if losses else math.nan
            # Those of its beginning: nothing is known yet of the weights that it ends with.
            self.best_.keep_sound(self.before_, mean, epoch - 1)
            return
        iterator = self.get_iterator(valid, training=False)
        self.run_single_epoch(iterator, False, "valid", self.validation_step, **fit_params)
        batches = self.history[-1]["batches"]
        pairs = [
            (b["valid_loss"], b["valid_batch_size"]) for b in batches if b.get("valid_batch_size")
        ]
        weight = sum(size for _, size in pairs)
        loss = sum(loss * size for loss, size in pairs) / weight if weight else math.nan
        self.best_.offer(self.module_, loss, epoch)

    def _finish(self, valid, base_lrs):
        """Leave the best weights (the mean, or the last, without validation) and no state."""
        if valid is not None and math.isfinite(self.best_.loss):
            self.best_.restore(self.module_)
            self.report_.update(best_epoch=self.best_.epoch, valid_loss=self.best_.loss)
        else:
            self.average_.swap()
            self._check_end()
        for group, lr in zip(self.optimizer_.param_groups, base_lrs, strict=True):
            group["lr"] = lr
        # Tensors on the device have no place in a pickle.
        del self.average_, self.best_, self.line_search_, self.reference_, self.untried_
        self.before_ = None

    def _check_end(self):
        """Take no weights that forecast worse than the first ones and worse than nothing."""
        loss = self.evaluate(self.reference_)
        known = isinstance(self.criterion_, MaskedMSELoss)
        most = max(self.first_loss_, self.loss_of_nothing) if known else math.inf
        if loss <= most or not math.isfinite(self.best_.loss) and math.isfinite(loss):
            return
        self.best_.restore(self.module_)
        what = f"the last weights had a loss of {loss:.3g}, the first ones {self.first_loss_:.3g}"
        note = Recovery(what, "training kept them", restored_epoch=self.best_.epoch)
        self.report_["recoveries"].append(note)
