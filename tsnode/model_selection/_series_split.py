"""Folds that leave whole series of a panel out."""

from sklearn.model_selection import BaseCrossValidator, GroupKFold

from .._constraints import check_count
from ..exceptions import TimeIndexError
from ..frames._rows import series_numbers
from ..frames._time_source import read_times


class SeriesSplit(BaseCrossValidator):
    """Train on some series, test on series that training has not seen.

    Every series is tested once; the folds hold about equally many rows.

    Parameters
    ----------
    n_splits : int, default=5
        At most the number of series, which then are left out one by one.
    shuffle : bool, default=False
        Deal the series to the folds at random; False deals them by their number of rows.
    random_state : int, RandomState or None, default=None
        Used if ``shuffle``.
    time : None, "index", level name or level number, default=None
        Where the time of the rows stands; the other levels of the index name the series.

    Raises
    ------
    ValueError
        In ``split``, if X names no series, or fewer than ``n_splits``.

    See Also
    --------
    TimeSplit : Leaves the newest stretch of time out.

    Notes
    -----
    A series that fit has not seen is forecast from its ``history=``, which the scorers of
    `tsnode.metrics`, the forecasters' own ``score`` and `backtest` pass.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2024-01-01", periods=3, freq="h")
    >>> panel = pd.MultiIndex.from_product([["JFK", "LGA"], hours])
    >>> [test.tolist() for _, test in SeriesSplit(2).split(panel)]
    [[3, 4, 5], [0, 1, 2]]
    >>> next(SeriesSplit(3).split(panel))
    Traceback (most recent call last):
        ...
    ValueError: Expected at least n_splits=3 series; got 2. Use fewer n_splits, or TimeSplit.
    """

    # Arrays have no place for the name of a series: sklearn's tools may route groups here.
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(self, n_splits=5, *, shuffle=False, random_state=None, time=None):
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state
        self.time = time

    def get_n_splits(self, X=None, y=None, groups=None):  # noqa: ARG002
        """Return the number of folds."""
        return int(check_count("n_splits", self.n_splits, low=2))

    def split(self, X, y=None, groups=None):  # noqa: ARG002
        """Yield the row numbers of training and test part, fold by fold.

        Parameters
        ----------
        X : MultiIndex, DataFrame or array-like of shape (n_rows, n_columns)
            Rows of a panel, in any order.
        y : ignored
        groups : array-like of shape (n_rows,), default=None
            Series of every row, in place of the levels of the index.

        Yields
        ------
        train, test : int arrays, increasing
        """
        n_splits = self.get_n_splits()
        keys = read_times(X, self.time).keys if groups is None else list(groups)
        if keys is None:
            msg = "Expected a panel, whose MultiIndex names the series of each row; got a "
            msg += f"{type(X).__name__} of a single series. Use TimeSplit, or pass groups=."
            raise TimeIndexError(msg)
        # Numbered by name, not by place: the order of the rows does not matter.
        codes, names = series_numbers(list(keys), (), len(keys))
        if len(names) < n_splits:
            msg = f"Expected at least n_splits={n_splits} series; got {len(names)}. "
            msg += "Use fewer n_splits, or TimeSplit."
            raise ValueError(msg)
        seed = self.random_state if self.shuffle else None
        folds = GroupKFold(n_splits, shuffle=self.shuffle, random_state=seed)
        yield from folds.split(codes, groups=codes)
