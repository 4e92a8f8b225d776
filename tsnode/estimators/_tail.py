"""A fitted forecaster without its old rows: it forecasts on, but not inside the training span."""

from dataclasses import dataclass

import numpy as np

from ..exceptions import HorizonError
from ..frames._tail import last_times, newest_rows, rows_since
from ._copies import copy_with
from .rows._future import rhythm
from .rows._recent_rows import DRIVER_STEPS


@dataclass(frozen=True)
class Tail:
    """What the newest rows alone cannot tell.

    Attributes
    ----------
    median_step : float
        Of all training rows, in model time.
    last : float array of shape (n_series,)
        Time of the last training row of every series, -inf without one.
    rhythms : tuple of length n_series
        See ``rhythm``.
    """

    median_step: float
    last: np.ndarray
    rhythms: tuple

    def check(self, known, requests, label):
        """Refuse forecasts that start before the last training row of their series.

        Raises
        ------
        HorizonError
        """
        start = np.full(len(requests), -np.inf)
        begun = requests.cutoff >= 0
        start[begun] = known.times[requests.cutoff[begun]]
        # Series that came after the fit have all of their rows.
        last = np.full(known.n_series, -np.inf)
        last[: len(self.last)] = self.last
        last = last[requests.series]
        inside = (start < last) | (requests.times < last)
        if inside.any():
            at = int(np.flatnonzero(inside)[0])
            msg = (
                "Expected forecasts that start at or after the last training row, since the model "
            )
            msg += "was saved with rows='tail'; got "
            msg += f"{label(requests.series[at], requests.times[at])} and {int(inside.sum()) - 1} "
            msg += "more that start before it. Ask for later stamps, or save with rows='all'."
            raise HorizonError(msg)

    def refuse_training(self):
        """Raise the error of training on without the old rows."""
        msg = "Expected a model that holds all of its training rows; this one was saved with "
        msg += "rows='tail', and cannot be trained on. Save with rows='all', or call fit."
        raise ValueError(msg)


def cut_tail(estimator):
    """Copy of a fitted forecaster that holds only the rows that later forecasts read."""
    if estimator._tail is not None:
        return estimator
    observed, clock = estimator._observed, estimator.clock_
    last = last_times(observed)
    of_series = [observed.times[observed.rows(k)] for k in range(observed.n_series)]
    rhythms = tuple(rhythm(clock, times) if len(times) else None for times in of_series)
    kept = newest_rows(observed, *estimator._reads_back())
    changed = {
        "_tail": Tail(estimator._median_step(), last, rhythms), "_observed": kept,
        "_covariates": _newest_covariates(estimator, kept),
    }  # fmt: skip
    if hasattr(estimator, "_path"):
        # What only training on would need may be the largest part of a file.
        changed["_path"] = copy_with(estimator._path, _gram=None)
    return copy_with(estimator, **changed)


def _newest_covariates(estimator, kept):
    covariates = estimator._covariates
    if covariates.knots is None:
        return covariates
    has_rows = np.diff(kept.starts) > 0
    since = np.full(covariates.knots.n_series, -np.inf)
    first = kept.times[kept.starts[:-1][has_rows]]
    since[np.flatnonzero(has_rows)] = first - DRIVER_STEPS * estimator._median_step()
    return copy_with(covariates, knots=rows_since(covariates.knots, since))
