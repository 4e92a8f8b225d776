"""What a fitted forecaster does with new rows: train on with them, or start from them."""

import warnings

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ...exceptions import ForecastWarning
from ...frames._rows import build_series, first_times, overlay
from .._copies import become, copy_with
from ._reading import check_something_seen
from ._recent_rows import after_training


class NewRows:
    """``partial_fit`` and ``update`` of every forecaster."""

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train on with further rows; scalers stay as they are. Like fit if not fitted yet.

        Takes what fit takes, with the columns of fit. Whatever goes wrong leaves the forecaster
        as it was, and until the training is over it forecasts as before. All rows are kept, since
        training on reads the old ones too: memory grows with them. Where that must not be, call
        ``update`` for the new rows, and now and then ``fit`` on those that shall count.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Other columns than in fit, nothing observed, or a model saved with ``rows="tail"``.
        """
        if not hasattr(self, "_recent"):
            return self.fit(X, y, sample_weight)
        if self._tail is not None:
            self._tail.refuse_training()
        self._check_parameters()
        trained = copy_with(self)
        trained._train_on(X, y, sample_weight)
        become(self, trained)
        return self

    def _train_on(self, X, y, sample_weight):
        rows, values, weights = self._read_training(X, y, sample_weight, reset=False)
        check_something_seen(values)
        before = self._recent
        series, keys = self._number_given(rows, before.rows.keys)
        times, values = self._timed_values(rows, values)
        given = build_series(keys, series, times, values, weights)
        self._observed = overlay(self._observed, given)
        self._usual_gap = median_gap(self._observed)
        earliest = np.pad(
            self._earliest, (0, len(keys) - len(self._earliest)), constant_values=np.inf
        )
        since = first_times(series, times, len(keys))
        self._earliest = np.minimum(earliest, since)
        knots = self._covariates.joined(rows, series, keys, before.knots)
        self._covariates = self._covariates.with_rows(rows, series, keys)
        self._continue_series(self._observed, self._covariates.controls(), since)
        self._recent, self._rhythms = after_training(self, before, given, knots), {}

    def update(self, X, y=None):
        """Take in new observations: they move the state that forecasts start from, and only that.

        No training, and no weight or scale changes: cheap enough for every minute. Forecasts
        behind the last row are those of ``predict(X, history=...)`` with all rows ever given here.
        Only the newest rows that such a forecast reads are kept (and the last observation of every
        channel), so that memory does not grow.

        Parameters
        ----------
        X : as in fit
            Stamps, with the covariates known there. Series that fit has not seen become known.
        y : as in fit
            Observed states; NaN = not observed.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Other columns than in fit, other kinds of stamps, infinite values. The state is then
            as before.

        Warns
        -----
        ForecastWarning
            All rows are older than those a forecast reads: the state stays as it is.

        Notes
        -----
        Rows may come late and in any order: an older stamp is merged with the kept rows, and on
        equal stamps the newer call wins, entry by entry. One that is older than all that is read
        cannot move the state, and is dropped. Forecasts inside the training span are as before,
        from the first late row on with it. Those among rows of earlier updates, which are no longer
        kept, start from older ones, with a ForecastWarning: pass such rows as ``history``.
        ``partial_fit`` trains on the rows that it is given, not on those of ``update``; ``fit``
        forgets them.
        Of a series that fit has not seen, with ``series_scaling``, the newest 1,000 rows are kept,
        which give its scale. An update by one row takes about 2 ms, however long the training was.

        Examples
        --------
        >>> import pandas as pd
        >>> from tsnode import PersistenceRegressor
        >>> stamps = pd.date_range("2013-01-01", periods=4, freq="h")
        >>> temp = pd.Series([3.0, 4.0, 7.0, 8.0], stamps)
        >>> model = PersistenceRegressor().fit(stamps[:3], temp[:3])
        >>> model.update(stamps[3:], temp[3:]).forecast(1)
        2013-01-01 04:00:00    8.0
        Freq: h, dtype: float64
        """
        check_is_fitted(self)
        recent = self._recent
        rows, values, _ = self._read_training(X, y, None, reset=False)
        series, keys = self._number_given(rows, recent.rows.keys)
        times, values = self._timed_values(rows, values)
        self._warn_duplicates(rows, series, times)
        given = build_series(keys, series, times, values)
        knots = self._covariates.joined(rows, series, keys, recent.knots)
        recent = recent.with_rows(self, given, knots)
        if not recent.moved_by(given):
            msg = f"The {given.n_rows} row(s) of update are older than all that forecasts read, so "
            msg += "that they change nothing. Check their stamps; pass them as history= to "
            msg += "forecast from their time, or to partial_fit to learn from them."
            warnings.warn(msg, ForecastWarning, stacklevel=2)
        # At once: whoever forecasts meanwhile sees the old state or the new one.
        self._recent = recent
        return self

    def _continue_series(self, series, controls, since):  # noqa: ARG002 - for models with weights
        """Learn on; ``since`` holds the time of the first new row of every series."""
        self._fit_series(series, controls)


def median_gap(series):
    """Median gap between the rows of a SeriesSet, 1 where there is none."""
    gaps = series.gaps
    return float(np.median(gaps)) if len(gaps) else 1.0
