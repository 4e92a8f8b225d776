"""The contract of every forecaster: rows of X are stamps, y the observed state (DESIGN 1)."""

import warnings
from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_transformer
from ..exceptions import ForecastWarning
from ..frames._requests import read_horizon
from ..frames._rows import build_series, first_times, series_numbers
from ..frames._time_source import checked_times, has_time_index
from ..metrics._observed_scores import mean_r2
from ._copies import become, copy_with
from ._sklearn_callbacks import CallbackSupportMixin, fit_task, with_callbacks
from .intervals._intervals import Intervals
from .rows._covariates import Covariates
from .rows._data_reading import DataReading
from .rows._future import future_rows
from .rows._known_rows import find_starts
from .rows._new_rows import NewRows, median_gap
from .rows._reading import Asked, read_rows, read_targets
from .rows._recent_rows import newest_of


class BaseForecaster(
    Intervals, NewRows, DataReading, CallbackSupportMixin, RegressorMixin, BaseEstimator, ABC
):
    """Reads pandas in and out; subclasses fit and forecast sorted arrays."""

    # Whoever passes these to predict wants them there, in a pipeline under metadata routing too.
    __metadata_request__predict = {"history": True, "horizon": True}  # noqa: RUF012

    # Defaults of parameters that not every forecaster has.
    features = None
    target_transformer = None
    time_unit = None
    calibration = "auto"

    # What a model that was saved without its old rows knows of them, see ``_tail.py``.
    _tail = None

    # ---------------------------------------------------------------- for subclasses

    @abstractmethod
    def _fit_series(self, series, controls):
        """Learn from a SeriesSet in model time and (transformed) units of y."""

    @abstractmethod
    def _forecast_requests(self, known, requests, controls):
        """Forecast Requests from the rows of ``known``; array (n_asked, n_channels)."""

    def _check_parameters(self):
        """Check the parameters at the door of fit."""

    @property
    def _goes_backward(self):
        """Whether the model can be solved backwards from the first row."""
        return False

    def _trained_horizon(self):
        """Horizon that score uses where ``score_horizon`` is None."""
        return 1

    def _reads_back(self):
        """How much of the past a forecast reads: a number of rows, and a length of model time.

        Of every channel its last observation before these, besides.
        """
        return np.inf, np.inf

    # ---------------------------------------------------------------- fit

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None):
        """Learn the dynamics.

        Parameters
        ----------
        X : time index, DataFrame or array-like of shape (n_rows, n_columns)
            Stamps, plus covariates known in advance. A bare index, a frame with a time index,
            or an array or frame whose column 0 is the time (see ``time``).
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_channels)
            Observed states; NaN = not observed. None: the numeric columns of the frame X.
            Quantities that are not known in advance belong here, not into X.
        sample_weight : array-like of shape (n_rows,), default=None
            0 drops a row, k counts it k times.

        Returns
        -------
        self
        """
        with fit_task(self, X, y, sample_weight):
            # A copy learns: a fit that fails leaves the forecaster as it was.
            fitted = copy_with(self)
            fitted._fit(X, y, sample_weight)
            become(self, fitted)
            return self

    def _fit(self, X, y, sample_weight):
        check_transformer("features", self.features)
        check_transformer("target_transformer", self.target_transformer)
        self._check_calibration()
        self._check_parameters()
        self._tail = None
        self.states_in_x_ = (
            y is None and isinstance(X, pd.DataFrame) and has_time_index(X, self.time)
        )
        rows, values, weights = self._read_training(X, y, sample_weight, reset=True)
        self._learn_targets(values)
        series, keys = series_numbers(rows.timed.keys, (), len(rows))
        times, values = self._timed_values(rows, values)
        self._observed = build_series(keys, series, times, values, weights)
        self._usual_gap = median_gap(self._observed)
        self._earliest = first_times(series, times, len(keys))
        self._warn_duplicates(rows, series, times)
        self._covariates = Covariates(self.features, self.clock_).fit(rows, series, keys, weights)
        self.features_ = self._covariates.transformer
        self._fit_series(self._observed, self._covariates.controls())
        self._recent, self._rhythms = newest_of(self), {}
        self._calibrate()

    # ---------------------------------------------------------------- predict

    def predict(self, X, history=None, horizon=1):
        """Forecast the states at the stamps of X.

        Parameters
        ----------
        X : as in fit
            Asked stamps (and their covariates), in any order. Inside the training span a row is
            one step ahead; later ones run free from the last observed row.
        history : Series, DataFrame or array-like, default=None
            Observed states beyond those of fit: with a time index of its own, or aligned with
            the rows of X. NaN = unknown. Wins over training rows on equal stamps; makes unseen
            series known.
        horizon : int or duration or array of durations, default=1
            n: start from the n-th last observed row strictly before each stamp. "6h": from the
            last observed row at or before stamp - 6 h. An array holds one duration a row.

        Returns
        -------
        Series, DataFrame or ndarray
            In the order of X's rows, in the container of y.

        Raises
        ------
        HorizonError
            Unseen series without history; stamps before the first row, for most models.
        """
        return self._predict(X, history, horizon)

    def _predict(self, X, history, horizon, **how):
        """Predict; ``how`` reaches ``_forecast_requests``, and its ``log`` knows stopped rows."""
        asked = self._read_asked(X, history, horizon)
        return self.container_.wrap(self._answer(asked, **how), asked.index)

    def _read_asked(self, X, history, horizon):
        """Read what predict is asked, at its door."""
        check_is_fitted(self)
        rows = read_rows(self, X, reset=False, only_times=self.states_in_x_)
        times = self.clock_.to_model(checked_times(rows.timed.index))
        measure = read_horizon(horizon, self.clock_, len(rows))
        recent = self._recent
        given = self._read_history(history, rows, recent.rows)
        series, keys = self._number_asked(rows, given.keys)
        known, requests, knots = find_starts(
            self, recent, given, series, times, measure, label=self._label_of(keys),
            before_first=self._before_first(has_history=history is not None),
        )  # fmt: skip
        controls = self._covariates.controls_with(rows, series, keys, knots)
        return Asked(rows.index, known, requests, controls, self._label_of(keys))

    def _answer(self, asked, **how):
        """Forecasts in units of y, (n_asked, n_channels); NaN with a warning where they diverge."""
        values = self._forecast_requests(asked.known, asked.requests, asked.controls, **how)
        values = self._to_units_of_y(values)
        self._warn_diverged(values, asked, how.get("log"))
        return values

    def forecast(self, steps, freq=None):
        """Forecast the stamps after the last one of every series.

        Parameters
        ----------
        steps : int or duration
            A number of steps, or how far ahead: "2D".
        freq : duration or offset alias, default=None
            Distance of the stamps; None = the frequency of the training stamps if they have
            one, else their median step.

        Returns
        -------
        As predict.
        """
        check_is_fitted(self)
        if self._covariates.from_columns:
            msg = "Expected no covariates; this model was fitted with covariates in X, which "
            msg += "forecast cannot know. Use predict(X) with their future values."
            raise ValueError(msg)
        return self.predict(future_rows(self, steps, freq))

    def score(self, X, y=None, sample_weight=None):
        """R2 of rolling-origin forecasts over the observed entries, mean over channels.

        The forecasts know ``y`` up to ``score_horizon`` before each stamp. Forecasts that are not
        finite give nan; channels of which nothing is observed do not count.
        """
        check_is_fitted(self)
        if y is None:
            X, y = self._split_states(X)
        truth, _ = read_targets(y, None, self)
        truth = truth[:, self._channel_order(y, truth.shape[1])]
        if self.score_horizon == "free":
            forecast = self.predict(X)
        else:
            horizon = self.score_horizon
            horizon = self._trained_horizon() if horizon is None else horizon
            forecast = self.predict(X, history=y, horizon=horizon)
        forecast = np.asarray(forecast, dtype=float).reshape(truth.shape)
        if not np.isfinite(forecast).all():
            return float("nan")
        return mean_r2(truth, forecast, sample_weight)

    def _before_first(self, *, has_history):
        """Say what to do with stamps before the first row of a series."""
        if self._tail is not None:  # the first row is not there; the tail refuses what is before
            return "empty"
        if self._goes_backward:
            return "backward"
        if has_history:  # an unknown start is what the caller says there is
            return "empty"
        # Rows of a plain array come in any order and number (sklearn's tools drop some at will);
        # an index is a statement about time.
        return "refuse" if self.time_source_.where == "index" else "empty"

    def _median_step(self):
        if self._tail is not None:
            return self._tail.median_step
        return self._usual_gap

    def _label_of(self, keys):
        def label(series, time):
            stamp = self.clock_.to_index([time])[0]
            return f"{stamp}" if keys == (None,) else f"{stamp} of series {keys[series]!r}"

        return label

    # ---------------------------------------------------------------- warnings

    def _warn_diverged(self, values, asked, log=None):
        diverged = ~np.isfinite(values).all(axis=1)
        if log is not None and log.stopped is not None:
            diverged &= ~log.stopped
        if diverged.any():
            values[diverged] = np.nan
            at = np.flatnonzero(diverged)
            requests = asked.requests
            first = at[np.argmin(requests.times[at])]
            where = asked.label(requests.series[first], requests.times[first])
            msg = f"{len(at)} forecast row(s) diverged and are NaN, the first at {where}. "
            msg += "Ask for a shorter horizon, or refit with more regularisation (alpha)."
            warnings.warn(msg, ForecastWarning, stacklevel=5)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags
