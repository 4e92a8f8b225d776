"""What the learned classifiers share: labels, the training loop, probabilities."""

import time as clock_time
from abc import ABC, abstractmethod

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_choice, check_count, check_flag, check_layers, check_number
from .._progress import printing
from .._random import draw_seed
from ..batches import device_of, pick_device, to_array, to_tensor
from ..dynamics._mlp import ACTIVATIONS
from ..exceptions import FitWarning, warn_user
from ..training._class_net import ClassNet, stratified_split
from ..training._optimizers import find_optimizer, is_lbfgs, loop_of
from ..training._seeds import seeded
from ._copies import become, copy_with
from ._fit_report import FitReport
from ._labels import check_one_kind, merge_rows, read_labels
from ._net_params import NetParamsMixin, check_callbacks
from ._paths_as_data import (
    check_sizes,
    device_there,
    fill,
    net_parts,
    restore_course,
    with_weights,
)
from ._sklearn_callbacks import CallbackSupportMixin, fit_task, with_callbacks
from ._warm_checks import check_same_classes, check_same_columns, check_same_design
from ._weights import read_weights

LOOP_PARAMETERS = ("lr", "batch_size", "optimizer", "callbacks")
# Epochs that a fit takes by itself.
FEWEST_EPOCHS, MOST_EPOCHS = 30, 200
N_ROWS_AT_ONCE = 512


class BaseNeuralClassifier(
    CallbackSupportMixin, NetParamsMixin, ClassifierMixin, BaseEstimator, ABC
):
    """Reads rows and labels; subclasses say what the rows are and which module reads them."""

    # ---------------------------------------------------------------- for subclasses

    # Steps of the optimizer that a fit takes by itself, and what else differs from ``loop_of``.
    _n_steps, _usual_loop = 1_000, {}  # noqa: RUF012

    @abstractmethod
    def _read_rows(self, X, y=None, *, reset):
        """Check X (and y) at the door; a float array, or (array, y) where y is given."""

    @abstractmethod
    def _learn_units(self, X, weights):
        """Learn shapes and units from the rows."""

    @abstractmethod
    def _inputs(self, X):
        """Keywords of the module's forward, float arrays with one entry a row."""

    @abstractmethod
    def _module_settings(self):
        """Return what a module is made from, plain data; ``widths`` are those of its layers."""

    @abstractmethod
    def _solver_settings(self):
        """Names of settings that may change between two fits with the same weights."""

    @abstractmethod
    def _make_module(self, settings):
        """Return a new module, ``forward(**inputs)`` -> logits."""

    def _described(self):
        """Entries of the report that say how the rows were read."""
        return {}

    def _started(self, module, inputs, targets):
        """Look at the module before its training."""

    def _answer(self, module, inputs):
        """Logits of inputs, without a gradient."""
        return module(**inputs)

    def _check_parameters(self):
        self._check_net_params()
        self._check_no_module_params()
        check_callbacks(self.callbacks)
        check_layers("hidden_layer_sizes", self.hidden_layer_sizes)
        check_choice("activation", self.activation, tuple(ACTIVATIONS))
        check_number("alpha", self.alpha, low=0, none_ok=True)
        check_count("max_epochs", self.max_epochs, none_ok=True)
        check_count("batch_size", self.batch_size, none_ok=True)
        check_count("n_iter_no_change", self.n_iter_no_change, none_ok=True)
        check_number("lr", self.lr, low=0, low_open=True, none_ok=True)
        check_number("validation_fraction", self.validation_fraction, low=0, high=0.9)
        check_flag("early_stopping", self.early_stopping)
        check_flag("warm_start", self.warm_start)
        if self.optimizer is not None:
            find_optimizer(self.optimizer)

    # ---------------------------------------------------------------- fit

    @with_callbacks
    def fit(self, X, y, sample_weight=None):
        """Learn the classes.

        Parameters
        ----------
        X : array-like, one row a sample
            See the class.
        y : array-like of shape (n_samples,)
            Labels: numbers or text.
        sample_weight : array-like of shape (n_samples,), default=None
            0 drops a row, k counts it k times.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Labels of one class, or of text and numbers mixed; X of another form than the class
            says; weights that are negative, or all zero; classes, columns or layers that differ
            from those of the fit before, beside ``warm_start``.
        FitError
            No weights gave a finite loss.
        """
        with fit_task(self, X, y, sample_weight):
            # A copy learns: a fit that fails leaves the classifier as it was.
            fitted = copy_with(self)
            fitted._fit(X, y, sample_weight)
            become(self, fitted)
            return self

    def _fit(self, X, y, sample_weight):
        begin = clock_time.perf_counter()
        self._check_parameters()
        goes_on, names = self._goes_on(), getattr(self, "feature_names_in_", None)
        X, y = self._read_rows(X, y, reset=True)
        if goes_on:
            now = getattr(self, "feature_names_in_", None)
            check_same_columns({"X": (None, names)}, {"X": (None, now)})
        check_one_kind(y)
        check_classification_targets(y)
        weights = read_weights(sample_weight, len(X))
        seen = weights > 0
        X, y, weights = X[seen], y[seen], weights[seen]
        older = getattr(self, "classes_", None)
        self.classes_, codes, weights = read_labels(y, weights, self.class_weight)
        X, codes, weights = merge_rows(X[weights > 0], codes[weights > 0], weights[weights > 0])
        if goes_on:
            check_same_classes(older, self.classes_)
        else:
            self._learn_units(X, weights)
        self._seed = draw_seed(self.random_state)
        targets = np.eye(len(self.classes_))[codes]
        self._train(self._inputs(X), targets, codes, weights, goes_on)
        self._report(begin)

    def _goes_on(self):
        return self.warm_start and hasattr(self, "net_")

    def _design(self, settings):
        """Return the settings of a module that its weights depend on."""
        free = {"widths", *self._solver_settings()}
        return {name: value for name, value in settings.items() if name not in free}

    def _train(self, inputs, targets, codes, weights, goes_on):
        device = str(pick_device(self.device))
        split = None
        if self.early_stopping:
            split = stratified_split(codes, self.validation_fraction, self._seed)
        self._n_rows = len(codes), 0 if split is None else len(split.valid)
        with seeded(self._seed, device):
            settings = self._module_settings()
            module = self._make_module(settings)
            if goes_on:
                check_same_design(self._design(self._made), self._design(settings))
                module.load_state_dict(self.net_.module_.state_dict())
            self._made = settings
            self._started(module, inputs, targets)
            net = self._make_net(module, len(codes) - self._n_rows[1], device, split)
            data = {**inputs, "sample_weight": weights}
            with printing(self.verbose):
                net.fit(data, targets)
        net.module_.eval()
        self.net_ = net

    def _make_net(self, module, n_train, device, split):
        loop = loop_of(self.optimizer) | ({} if is_lbfgs(self.optimizer) else self._usual_loop)
        given = {name: getattr(self, name) for name in LOOP_PARAMETERS}
        loop |= {name: value for name, value in given.items() if value is not None}
        n_batches = 1 if is_lbfgs(self.optimizer) else -(-n_train // loop["batch_size"])
        n_epochs = int(np.clip(-(-self._n_steps // n_batches), FEWEST_EPOCHS, MOST_EPOCHS))
        loop["max_epochs"] = n_epochs if self.max_epochs is None else self.max_epochs
        return ClassNet(
            module, alpha=self._penalty(), device=device, train_split=split,
            n_iter_no_change=self.n_iter_no_change, iterator_train__seed=self._seed,
            **(loop | self._net_params),
        )  # fmt: skip

    def _penalty(self):
        return 1.0 if self.alpha is None else float(self.alpha)

    def _report(self, begin):
        report, (n_rows, n_valid) = self.net_.report_, self._n_rows
        module = self.net_.module_
        found = {
            "tool": "cross-entropy by gradient descent", "stopped": report["stopped"],
            **self._described(),
            "n_weights": sum(p.numel() for p in module.parameters()),
            "n_rows": n_rows, "n_valid": n_valid, "alpha": self._penalty(),
            "n_epochs": report["n_epochs"], "valid_loss": report["valid_loss"],
            "recoveries": report["recoveries"],
        }  # fmt: skip
        seconds = round(clock_time.perf_counter() - begin, 3)
        self.fit_report_ = FitReport.of(found, self.net_, columns=[None], seconds=seconds)
        if msg := self.fit_report_.words_of_mending("X"):
            warn_user(msg, FitWarning)

    # ---------------------------------------------------------------- as data

    def _fitted_as_data(self):
        """Fitted attributes by name, the net as its weights and its course."""
        kept = {*self.get_params(deep=False), "_net_params", "net_"}
        state = {name: value for name, value in vars(self).items() if name not in kept}
        return state | {"net": net_parts(self.net_, self.net_.module_)}

    def _restore_fitted(self, state):
        """Take fitted attributes back, on the device of the fit where it is there."""
        net = state.pop("net")
        fill(self, state)
        check_sizes(self._made["widths"], net["weights"])
        n_rows, n_valid = self._n_rows
        with seeded(0):
            module = with_weights(self._make_module(self._made), net["weights"])
            made = self._make_net(module, n_rows - n_valid, device_there(self.device), None)
            made.initialize()
        made.module_.eval()
        restore_course(made, net)
        self.net_ = made
        return self

    # ---------------------------------------------------------------- predict

    def predict_proba(self, X):
        """Probability of every class.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; rows sum to 1.
        """
        check_is_fitted(self)
        logits = self._logits(self._read_rows(X, reset=False))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X):
        """Most probable class.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _logits(self, X):
        module, inputs = self.net_.module_, self._inputs(X)
        device, parts = device_of(module), []
        with torch.no_grad():
            for first in range(0, len(X), N_ROWS_AT_ONCE):
                rows = slice(first, first + N_ROWS_AT_ONCE)
                part = {name: to_tensor(value[rows], device) for name, value in inputs.items()}
                parts.append(to_array(self._answer(module, part)))
        logits = np.concatenate(parts)
        bad = ~np.isfinite(logits).all(axis=1)
        if bad.any():
            msg = f"Expected a solve that reaches its end for every row; {int(bad.sum())} of "
            msg += f"{len(X)} did not, the first is row {int(bad.argmax())}. Loosen rtol and atol, "
            msg += "or set method='rk4'."
            raise ValueError(msg)
        return logits
