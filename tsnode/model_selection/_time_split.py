"""Folds that cut the time axis: train on what was before, test on what came after."""

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from .._constraints import check_count
from ..exceptions import HorizonError
from ..frames._clock import Clock
from ..frames._requests import is_count
from ..frames._time_source import read_times


class TimeSplit(BaseCrossValidator):
    """Train on the past, test on the stretch of time that follows, ``n_splits`` times.

    The cuts lie on the time axis, so that the order of the rows does not matter, irregular stamps
    give stretches of equal length, and all series of a panel are cut at the same instants. The
    test parts follow each other without a gap, and the last one ends with the last stamp.

    Parameters
    ----------
    n_splits : int, default=5
    test_size : int or duration, default=None
        Length of a test part: a number of distinct stamps, or a duration such as "7D" (a float
        where time is a plain number). None = stamps // (n_splits + 1), as in scikit-learn.
    gap : int or duration, default=0
        Stretch between training and test part that neither sees: at least the horizon, if nothing
        of the test part may be a target of training.
    max_train_size : int or duration, default=None
        Length of the training part, which then slides; None lets it expand from the first stamp.
    time : None, "index", column name, level name or column number, default=None
        Where the time of the rows stands, found as the forecasters find it.

    Raises
    ------
    ValueError
        In ``split``, if a part of a fold holds no row.

    See Also
    --------
    SeriesSplit : Leaves whole series out.

    Notes
    -----
    ``sklearn.model_selection.TimeSeriesSplit`` cuts rows: on a panel, which stands series by
    series, it trains on one series and tests on another. Days are 24 h, whatever the zone.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2024-01-01", periods=96, freq="h")
    >>> for train, test in TimeSplit(2, test_size="1D", gap="12h").split(hours):
    ...     print(hours[train[-1]], "|", hours[test[0]], "to", hours[test[-1]])
    2024-01-02 11:00:00 | 2024-01-03 00:00:00 to 2024-01-03 23:00:00
    2024-01-03 11:00:00 | 2024-01-04 00:00:00 to 2024-01-04 23:00:00
    >>> next(TimeSplit(2, test_size="1D", gap="30D").split(hours))
    Traceback (most recent call last):
        ...
    ValueError: Expected training rows before every test part; got none before that of fold 1 of \
2, after 2024-01-02 23:00:00. Use fewer n_splits, a shorter test_size or a shorter gap.
    """

    def __init__(self, n_splits=5, *, test_size=None, gap=0, max_train_size=None, time=None):
        self.n_splits = n_splits
        self.test_size = test_size
        self.gap = gap
        self.max_train_size = max_train_size
        self.time = time

    def get_n_splits(self, X=None, y=None, groups=None):  # noqa: ARG002
        """Return the number of folds."""
        return int(check_count("n_splits", self.n_splits))

    def split(self, X, y=None, groups=None):  # noqa: ARG002
        """Yield the row numbers of training and test part, fold by fold, oldest first.

        Parameters
        ----------
        X : time index, DataFrame or array-like of shape (n_rows, n_columns)
            Rows with times, in any order, as a forecaster takes them.
        y, groups : ignored

        Yields
        ------
        train, test : int arrays, in the order of time
            So that the first rows of a panel, which `learning_curve` takes, are the oldest ones
            of all series.
        """
        n_splits = self.get_n_splits()
        axis = _Axis(read_times(X, self.time))
        for k, (low, high) in enumerate(self._test_parts(axis, n_splits)):
            last = axis.back(low, self.gap, "gap")
            first = -np.inf
            if self.max_train_size is not None:
                first = axis.back(last, self.max_train_size, "max_train_size", is_open=True)
            train, test = axis.rows(first, last), axis.rows(low, high)
            self._check_fold(train, test, k, axis.stamp(low))
            yield train, test

    def _test_parts(self, axis, n_splits):
        """Bounds of the test parts, left one excluded, right one included, in model time."""
        size, n_stamps = self.test_size, len(axis.stamps)
        size = max(n_stamps // (n_splits + 1), 1) if size is None else size
        length = axis.length(size, "test_size", is_open=True)
        steps = np.arange(n_splits, -1, -1)
        if is_count(size):
            if n_stamps <= size * n_splits:
                msg = f"Expected more than {size * n_splits} distinct stamps for n_splits="
                msg += f"{n_splits} test parts of {size} and a training part; got {n_stamps}. "
                msg += "Use fewer n_splits or a shorter test_size."
                raise ValueError(msg)
            bounds = axis.stamps[n_stamps - 1 - size * steps]
        else:
            bounds = axis.stamps[-1] - length * steps
        return zip(bounds[:-1], bounds[1:], strict=True)

    def _check_fold(self, train, test, k, cut):
        if len(train) and len(test):
            return
        where = f"fold {k + 1} of {self.n_splits}, after {cut}"
        if not len(train):
            msg = f"Expected training rows before every test part; got none before that of {where}."
            msg += " Use fewer n_splits, a shorter test_size or a shorter gap."
        else:
            msg = f"Expected rows in every test part; got none in that of {where}. "
            msg += "Use a test_size longer than the gaps of the data, or a number of stamps."
        raise ValueError(msg)


class _Axis:
    """The time axis that all series share."""

    def __init__(self, rows):
        if not len(rows.index):
            msg = "Expected rows to split; got none. Pass the rows that are to be judged."
            raise ValueError(msg)
        self.clock = Clock.fit(rows.index, keys=rows.keys)
        self.times = self.clock.to_model(rows.index)
        self.order = np.argsort(self.times, kind="stable")
        self.stamps = np.unique(self.times)
        # Slack for the rounding of model time: a stamp on the cut belongs to the part before it.
        self.slack = 1e-6 * np.median(np.diff(self.stamps)) if len(self.stamps) > 1 else 0.0

    def rows(self, low, high):
        """Row numbers in ]low, high], the oldest first."""
        bounds = np.array([low, high]) + self.slack
        first, end = np.searchsorted(self.times[self.order], bounds, side="right")
        return self.order[first:end]

    def length(self, value, name, *, is_open=False):
        """Check a number of stamps or a duration, and return it, a duration in model time."""
        length = value if is_count(value) else self.clock.duration(value, name)
        if np.ndim(length) or not np.isfinite(length) or length < 0 or (is_open and length == 0):
            msg = f"{name} must be a number of stamps or a duration, "
            msg += f"{'over' if is_open else 'at least'} 0; got {value!r}. Write 24 or '1D'."
            raise HorizonError(msg)
        return length

    def back(self, instant, value, name, *, is_open=False):
        """Bound that lies a duration or a number of stamps before ``instant``; -inf if none."""
        length = self.length(value, name, is_open=is_open)
        if not is_count(value):
            return instant - length
        at = np.searchsorted(self.stamps, instant + self.slack, side="right") - 1 - length
        return self.stamps[at] if at >= 0 else -np.inf

    def stamp(self, instant):
        """Write an instant as the user would."""
        return self.clock.to_index([instant])[0]
