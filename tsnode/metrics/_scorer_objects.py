"""What the scorers are: callables (estimator, X, y) that scikit-learn's tools can carry around."""

import inspect

import numpy as np
from sklearn.utils.metadata_routing import MetadataRequest

from .._constraints import check_choice
from ._asking import ask, on_times
from ._observed_scores import LOSSES, mean_error, mean_r2


class _Scorer:
    """A callable (estimator, X, y) that prints, copies and pickles as its parameters."""

    def _accept_sample_weight(self):
        # scikit-learn asks this of a scorer where metadata routing is off.
        return "sample_weight" in inspect.signature(self.__call__).parameters

    def set_score_request(self, **requests):
        """Request metadata, ``sample_weight=True``, where scikit-learn's routing is enabled.

        Parameters
        ----------
        **requests : dict of str to {True, False, None, str}

        Returns
        -------
        self
        """
        self._requests = requests
        return self

    def get_metadata_routing(self):
        """Return what is requested, as scikit-learn asks it."""
        request = MetadataRequest(owner=self)
        known = {"sample_weight": None} if self._accept_sample_weight() else {}
        for name, alias in (known | getattr(self, "_requests", {})).items():
            request.score.add_request(param=name, alias=alias)
        return request

    def _written(self, name, horizon, **options):
        words = [repr(horizon), *(f"{key}={value!r}" for key, value in options.items())]
        return f"{name}({', '.join(words)})"


class RowScorer(_Scorer):
    """Score of single forecasts, one a row; R2 where the metric is None."""

    def __init__(self, name, horizon, metric, scale):
        if metric is not None:
            check_choice("metric", metric, tuple(LOSSES))
        _check_scale(scale)
        self._name, self._horizon = name, horizon
        self._metric, self._scale = metric, scale

    def __repr__(self):
        options = {}
        if self._name == "n_step_scorer" and self._metric != "mse":
            options["metric"] = self._metric
        if self._scale is not None:
            options["scale"] = self._scale
        return self._written(self._name, self._horizon, **options)

    def __call__(self, estimator, X, y=None, sample_weight=None):
        """Return the score of a fitted forecaster; nan if an observed entry got no number."""
        answer = ask(estimator, X, y, self._horizon)
        counts = np.isfinite(answer.truth) & answer.judged[:, None]
        if sample_weight is not None:
            counts &= np.asarray(sample_weight)[:, None] > 0
        if not counts.any():
            msg = "Expected an observed value to be judged by in y; got NaN only (or rows of "
            msg += "weight 0). Use longer test parts."
            raise ValueError(msg)
        if not np.isfinite(answer.forecast[counts]).all():
            return float("nan")
        truth = np.where(counts, answer.truth, np.nan)
        if self._metric is None:
            return mean_r2(truth, answer.forecast, sample_weight)
        return -mean_error(
            truth,
            answer.forecast,
            sample_weight,
            metric=self._metric,
            scale=_read_scale(self._scale, truth),
        )


class RunScorer(_Scorer):
    """Score of all forecasts together, as a run of states."""

    def __init__(self, name, distance, horizon, options):
        self._name, self._distance = name, distance
        self._horizon, self._options = horizon, options

    def __repr__(self):
        return self._written(self._name, self._horizon, **self._options)

    def __call__(self, estimator, X, y=None):
        """Return minus the distance between the true run and that of a fitted forecaster."""
        answer = ask(estimator, X, y, self._horizon)
        judged = on_times(X, answer.judged[:, None], estimator)[0]
        truth, run = (
            on_times(X, values, estimator)[judged] for values in (answer.truth, answer.forecast)
        )
        return -float(self._distance(truth, run, **self._options))


def _check_scale(scale):
    if scale is None or (isinstance(scale, str) and scale == "spread"):
        return
    values = np.asarray(scale) if not isinstance(scale, str) else np.empty(0)
    if values.ndim == 1 and values.dtype.kind in "iuf" and len(values) and np.all(values > 0):
        return
    msg = f"scale must be None, 'spread' or one number over 0 per channel; got {scale!r}. "
    msg += "Pass 'spread' to let the channels weigh alike."
    raise ValueError(msg)


def _read_scale(scale, truth):
    """Spread of every channel, 1 without scaling; NaN where none of it is observed."""
    if scale is None:
        return 1.0
    if isinstance(scale, str):
        observed = np.isfinite(truth).any(axis=0)
        spread = np.ones(truth.shape[1])
        spread[observed] = np.nanstd(truth[:, observed], axis=0)
        constant = np.flatnonzero(spread == 0)
        if not len(constant):
            return spread
        msg = "scale='spread' needs channels that vary in the test part; constant: "
        msg += f"{', '.join(map(str, constant))}. Use longer test parts, or pass numbers."
        raise ValueError(msg)
    if len(scale) == truth.shape[1]:
        return np.asarray(scale, dtype=float)
    msg = f"scale must hold one number per channel ({truth.shape[1]}); got {len(scale)}. "
    msg += "Pass as many, or 'spread'."
    raise ValueError(msg)
