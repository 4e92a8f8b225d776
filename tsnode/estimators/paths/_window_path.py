"""What looped paths share that read a history before every origin and are trained ahead of it."""

import time
from abc import abstractmethod

import numpy as np

from ...exceptions import FitError
from ...frames._windows import row_origins, split_newest
from ...training._seeds import seeded
from ._loop_path import LoopPath
from ._warm_start import same_weights

# Series from which on whole ones are held out to choose the number of epochs.
FEWEST_SERIES = 10


class WindowPath(LoopPath):
    """Trains a module on windows: the rows up to an origin, and those that follow.

    Works on standardised values and on times in median steps.

    Parameters
    ----------
    lookback, max_lead : float
        How far the module sees, and how far ahead a training window reaches, in median steps.
    module_params : dict
        Of the module, but for what the data tell.
    **training
        See ``LoopPath``.
    """

    # What a path of its kind is called in the report, and what of the data its module keeps.
    tool, size_names = "shooting", ()
    # Of an epoch.
    most_windows = 2000

    def __init__(self, *, lookback, max_lead, module_params, **training):
        super().__init__(**training)
        self.lookback, self.max_lead = float(lookback), float(max_lead)
        self.module_params = dict(module_params)

    @abstractmethod
    def _sizes(self, series, controls):
        """Find what ``_build`` takes of the data, as a dict: ``size_names``."""

    @abstractmethod
    def _build(self, **sizes):
        """Return an untrained module of these sizes."""

    @abstractmethod
    def widths(self, **sizes):
        """Widths of layers of such a module, so that products of neighbours are its matrices."""

    @abstractmethod
    def _windows(self, series, controls, module, origins):
        """Cut the training windows: inputs, targets, split, and the trial's weights of targets."""

    def make_module(self, **sizes):
        """Return an untrained module, the same for a seed."""
        with seeded(self.seed):
            return self._build(**sizes)

    def fit(self, series, controls=None, start=None):
        """Fit to the rows of all series, from the weights of ``start`` if given."""
        began = time.perf_counter()
        origins = row_origins(series, self.most_windows)
        if not len(origins):
            msg = "Expected a series of two rows at least, to learn what follows the first; got "
            msg += f"{series.n_series} series of one row each. Fit longer series."
            raise FitError(msg)
        module = self.make_module(**self._sizes(series, controls))
        if start is not None:
            module.load_state_dict(same_weights(module, start.net.module_))
        inputs, targets, split, weights = self._windows(series, controls, module, origins)
        self.report = {"tool": self.tool, "n_histories": len(targets)}
        # Weights that have seen the newest rows make no rehearsal on them.
        self._fit_net(
            module, inputs, targets, split, {"sample_weight": weights},
            keeps_rehearsal=start is None,
        )  # fmt: skip
        self.report |= {**self._found(), "seconds": time.perf_counter() - began}
        return self

    def continue_fit(self, series, controls=None, since=None):
        """Train on at a tenth of the rate, with the windows that hold new rows."""
        module, origins = self.net.module_, row_origins(series, self.most_windows)
        if since is not None:
            origins = origins.take(np.flatnonzero(origins.times >= since[origins.series]))
        if not len(origins):  # nothing follows a new row yet
            return self
        inputs, targets, *_ = self._windows(series, controls, module, origins)
        self._continue_net(module, inputs, targets)
        return self

    def _found(self):
        """Return what a fit adds to the report."""
        return {}

    def _held_out(self, series, origins, ahead):
        """Which origins validate, and the weights of all targets in the trial."""
        if series.n_series >= FEWEST_SERIES:
            # Many short series: a part of each would leave nothing to look ahead to.
            every = max(round(1 / max(self.validation_fraction, 1e-9)), 2)
            return origins.series % every == every - 1, ahead.weights
        is_new, older = split_newest(series, origins, ahead, self.validation_fraction)
        return is_new, np.where(is_new[:, None, None], ahead.weights, older)

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        return 1, self.lookback
