"""The newest rows a fitted forecaster knows: all that forecasts behind the last one read."""

from dataclasses import dataclass

import numpy as np

from ...frames._rows import overlay
from ...frames._series import SeriesSet
from ...frames._tail import knots_read, last_times, newest_rows

# Covariates act on the history's model for eight median steps.
DRIVER_STEPS = 9.0
# Of a series that was not there in fit, and is standardised by its own rows.
ROWS_OF_A_SCALE = 1000


@dataclass(frozen=True)
class RecentRows:
    """Newest rows of training and of ``update`` together; never changed, only replaced.

    Attributes
    ----------
    rows : SeriesSet
        Those among the newest that ``_reads_back`` of the forecaster asks for, and the last
        observation of every channel. Its keys begin with those of the training rows.
    knots : SeriesSet or None
        Covariates there.
    dropped : float array of shape (n_series,)
        Time of the first row of ``update`` that is no longer kept; inf where all are.
    """

    rows: SeriesSet
    knots: SeriesSet | None
    dropped: np.ndarray

    def with_rows(self, estimator, given, knots):
        """Add rows, which win on equal stamps, and cut to what is read.

        Parameters
        ----------
        estimator : fitted forecaster
        given : SeriesSet
            Its keys begin with those of ``rows``.
        knots : SeriesSet or None
            Covariates of old and new rows.
        """
        together = overlay(self.rows, given)
        kept, knots = _cut(estimator, together, knots)
        dropped = _padded(self.dropped, together.n_series)
        gone = ~_are_in(kept, together)
        number, times = together.series_of_row[gone], together.times[gone]
        # Rows of training are not lost.
        trained = np.full(together.n_series, -np.inf)
        trained[: estimator._observed.n_series] = last_times(estimator._observed)
        behind = times > trained[number]
        np.minimum.at(dropped, number[behind], times[behind])
        return RecentRows(kept, knots, dropped)

    def moved_by(self, given):
        """Whether any of the ``given`` rows is kept, or there is none."""
        return not given.n_rows or bool(_are_in(self.rows, given).any())


def newest_of(estimator):
    """RecentRows of a forecaster just fitted: of its training rows."""
    rows, knots = _cut(estimator, estimator._observed, estimator._covariates.knots)
    return RecentRows(rows, knots, np.full(rows.n_series, np.inf))


def after_training(estimator, before, given, knots):
    """RecentRows of a forecaster that has been trained on.

    Rows of ``update`` stay known, behind the new training rows ``given``.

    Parameters
    ----------
    estimator : forecaster with its new rows
    before : RecentRows
        From before the training.
    given : SeriesSet
    knots : SeriesSet or None
        Covariates of all rows, of training and not.
    """
    # What a forecast reads may have grown.
    more, _ = _cut(estimator, estimator._observed, None)
    rows, knots = _cut(estimator, overlay(more, overlay(before.rows, given)), knots)
    dropped = np.pad(
        before.dropped, (0, rows.n_series - len(before.dropped)), constant_values=np.inf
    )
    dropped = np.where(dropped > last_times(estimator._observed), dropped, np.inf)
    return RecentRows(rows, knots, dropped)


def _cut(estimator, rows, knots):
    n_rows, span = estimator._reads_back()
    if getattr(estimator, "series_scaling", False):
        has_scale = np.arange(rows.n_series) < len(estimator._own_scale[0])
        n_rows = np.where(has_scale, n_rows, max(n_rows, ROWS_OF_A_SCALE))
    rows = newest_rows(rows, n_rows, span)
    if knots is not None:
        knots = knots_read(knots, rows, n_rows, span, DRIVER_STEPS * estimator._median_step())
    return rows, knots


def _padded(dropped, n_series):
    return np.pad(dropped, (0, n_series - len(dropped)), constant_values=np.inf)


def _are_in(kept, rows):
    """Mark the ``rows`` whose series and stamp are among ``kept``."""
    number = np.r_[kept.series_of_row, rows.series_of_row]
    times = np.r_[kept.times, rows.times]
    is_asked = np.arange(len(number)) >= kept.n_rows
    order = np.lexsort((is_asked, times, number))
    number, times = number[order], times[order]
    # A stamp stands at most once in either, that of ``kept`` first.
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (np.diff(number) == 0) & (np.diff(times) == 0)
    found = np.empty(len(order), dtype=bool)
    found[order] = again
    return found[kept.n_rows :]
