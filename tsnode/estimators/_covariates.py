"""Known-ahead covariates of X: transformed, standardised, and made a function of time."""

import copy

import numpy as np
import pandas as pd
from sklearn.base import clone

from ..frames._controls import FunctionControls, KnotControls, center_and_scale
from ..frames._rows import build_series, overlay


class Covariates:
    """What fit learns of the columns of X.

    Parameters
    ----------
    features : transformer or None
        ``features=`` of the estimator, cloned here.
    clock : Clock

    Attributes
    ----------
    transformer : fitted transformer or None
    n_controls : int
        Channels of u(t).
    from_columns : bool
        Whether X has columns: then u(t) runs linearly through its rows. Otherwise the transformer
        makes u(t) of the time alone, and is evaluated at the solver's own stamps.
    center, scale : float arrays of shape (n_controls,)
        Of standardising.
    knots : SeriesSet or None
        Covariates of all training rows.
    """

    def __init__(self, features, clock):
        self.transformer = None if features is None else clone(features)
        if hasattr(self.transformer, "set_output"):
            self.transformer.set_output(transform="pandas")
        self.clock = clock
        self.knots = None

    def fit(self, rows, series, keys, weights):
        """Learn from the training rows; ``series`` are their numbers among ``keys``."""
        if self.transformer is not None:
            self.transformer.fit(_columns_or_times(rows))
        self.from_columns = bool(rows.timed.rest.shape[1])
        values = self._transformed(_columns_or_times(rows))
        self.n_controls = values.shape[1]
        self.center, self.scale = center_and_scale(values, weights)
        self.knots = self.joined(rows, series, keys, None)
        return self

    def with_rows(self, rows, series, keys):
        """Copy with further training rows."""
        new = copy.copy(self)
        new.knots = self.joined(rows, series, keys, self.knots)
        return new

    def values(self, rows):
        """Standardised covariates of rows, shape (n_rows, n_controls)."""
        return (self._transformed(_columns_or_times(rows)) - self.center) / self.scale

    def controls(self):
        """Make u(t) of the training rows; None without covariates."""
        return self._controls(self.knots)

    def controls_with(self, rows, series, keys, knots):
        """Make u(t) of known knots and asked rows; on equal stamps the asked ones win."""
        return self._controls(self.joined(rows, series, keys, knots))

    def joined(self, rows, series, keys, knots):
        """Knots and the covariates of rows, which win on equal stamps; None if X has no columns."""
        if not self.n_controls or not self.from_columns:
            return None
        times = self.clock.to_model(rows.timed.index)
        new = build_series(keys, series, times, self.values(rows))
        return new if knots is None else overlay(knots, new)

    def _controls(self, knots):
        if not self.n_controls:
            return None
        if not self.from_columns:
            return FunctionControls(self._at, self.n_controls)
        return KnotControls(knots.starts, knots.times, knots.values)

    def _at(self, times):
        frame = pd.DataFrame(index=self.clock.to_index(times))
        return (self._transformed(frame) - self.center) / self.scale

    def _transformed(self, frame):
        values = frame if self.transformer is None else self.transformer.transform(frame)
        values = np.asarray(values, dtype=float)
        if not np.isfinite(values).all():
            msg = "Expected finite covariates; got NaN or inf after features=. Fill them: "
            msg += "covariates must be known at every row (unknown ones belong into y)."
            raise ValueError(msg)
        return values


def _columns_or_times(rows):
    """Give what a transformer reads: the covariates, or a frame without columns on the times."""
    rest = rows.timed.rest
    return rest if rest.shape[1] else pd.DataFrame(index=rows.timed.index)
