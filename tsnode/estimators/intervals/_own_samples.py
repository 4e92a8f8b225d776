"""Intervals and samples of a forecaster that has a distribution of its own."""

import numpy as np
from sklearn.utils import check_random_state

from ..._constraints import check_count
from ._intervals import Interval, Intervals, _read_coverages

# Quantiles of so many draws: the bounds of 90 % lie within a tenth of the spread.
N_DRAWS = 400
# Draws of intervals are the same every time, as the forecast is.
_SEED = 0


class OwnSamples(Intervals):
    """Answers ``predict_samples`` and ``predict_interval`` by draws of the model itself.

    With ``calibration`` "auto" or a number of blocks instead of None both come from errors on rows
    that were not trained on, as for every forecaster (``Intervals``).
    """

    def _sample_requests(self, known, requests, controls, n_samples, random):
        """Draws in transformed units of y, (n_asked, n_channels, n_samples)."""
        raise NotImplementedError

    def predict_interval(self, X, history=None, horizon=1, *, coverage=0.9, adaptive=True):
        """Bounds between which the observations at the stamps of X fall with a probability.

        Quantiles of 400 draws of the model; with ``calibration`` "auto" or a number those of its
        errors on held-out rows, see ``NeuralODERegressor.predict_interval``.

        Parameters
        ----------
        X, history, horizon
            As in ``predict``.
        coverage : float in ]0, 1[, or sequence of them, default=0.9
        adaptive : bool, default=True
            Of calibrated intervals alone.

        Returns
        -------
        Interval
            Named pair ``lower``, ``upper``; for several coverages a dict of these, by coverage.
        """
        if self.calibration is not None:
            return super().predict_interval(
                X, history, horizon, coverage=coverage, adaptive=adaptive
            )
        coverages = _read_coverages(coverage)
        asked, draws = self._draw(X, history, horizon, N_DRAWS, np.random.RandomState(_SEED))
        found = {}
        for c in coverages:
            bounds = np.quantile(draws, (0.5 - c / 2, 0.5 + c / 2), axis=2)
            found[c] = Interval(*(self.container_.wrap(bound, asked.index) for bound in bounds))
        return found if np.ndim(coverage) else found[coverages[0]]

    def predict_samples(self, X, n_samples=100, history=None, horizon=1, *, random_state=None):
        """Draw futures at the stamps of X, the noise of observations included.

        Parameters
        ----------
        X, history, horizon
            As in ``predict``. Rows that start from the same row of the history are one future.
        n_samples : int, default=100
        random_state : int, RandomState or None, default=None

        Returns
        -------
        float array of shape (n_rows, n_channels, n_samples), or (n_rows, n_samples) for 1-D y
        """
        if self.calibration is not None:
            return super().predict_samples(
                X, n_samples, history, horizon, random_state=random_state
            )
        check_count("n_samples", n_samples)
        random = check_random_state(random_state)
        _, draws = self._draw(X, history, horizon, n_samples, random)
        return draws[:, 0] if self.container_.is_flat else draws

    def _draw(self, X, history, horizon, n_samples, random):
        asked = self._read_asked(X, history, horizon)
        draws = self._sample_requests(
            asked.known, asked.requests, asked.controls, n_samples, random
        )
        units = [self._to_units_of_y(draws[:, :, k]) for k in range(n_samples)]
        return asked, self._within_range(np.stack(units, axis=2))
