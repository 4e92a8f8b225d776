"""Channels kept in their physical range, and directions that go round."""

import numbers
import re

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..frames._wind import NO_ANGLE

DIRECTION, TURN = "direction", 360.0
# What a name tells, the first match wins: words of the archives' headers and of CF.
KINDS = (
    (re.compile(r"direction|wind_?dir|^wdir|^drct$|^wd$"), DIRECTION),
    (re.compile(r"humid|^rhum|^rh\b|^relh$|cloud_?cover|cloud_area|^cldc$|probability"), (0, 100)),
    (
        re.compile(
            r"precip|(?<!t)rain|snow|shower|^prcp|^p01|radiation|irradiance|shortwave|sunshine|^swdr"
            r"|^tsun|^par\b|wind_?speed|gust|^wspd|^wpgt|^sknt$|^wv\b|visib|^vsby|evapotrans"
        ),
        (0, None),
    ),
)


class PhysicalRanges(TransformerMixin, BaseEstimator):
    """Keep forecasts of channels in their physical range; read directions as they go round.

    For ``target_transformer=`` of a forecaster. A channel with a range is left as it is on the way
    in, and cut to the range on the way back: a forecast of precipitation is never negative, and its
    squared error is no larger for it. A direction in degrees becomes two states, its sine and
    cosine, and comes back between 0 and 360. Intervals and samples of a forecaster stay in range,
    too; those of a direction are counted from the forecast, so that an interval across north has a
    bound below 0 or above 360.

    Parameters
    ----------
    ranges : "auto" or dict, default="auto"
        Column -> (low, high), None for no bound, or -> "direction". "auto" reads them off the names
        of the columns: precipitation, radiation, wind speed and visibility from 0 on, humidity and
        cloud cover from 0 to 100, wind directions; a bound that the data of fit lie beyond is none.

    Attributes
    ----------
    ranges_ : dict
        Those in use, by column.
    feature_names_in_ : array of str

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.DataFrame({"temp": [-1.0, 2.0], "precip": [0.0, 0.3]})
    >>> ranges = PhysicalRanges().fit(y)
    >>> ranges.ranges_
    {'precip': (0, None)}
    >>> ranges.inverse_transform(pd.DataFrame([[-3.0, -0.1]])).tolist()
    [[-3.0, 0.0]]
    >>> PhysicalRanges({"temp": (0, None)}).fit(y)
    Traceback (most recent call last):
        ...
    ValueError: ranges must hold what y holds; 1 value(s) of 'temp' lie outside of (0, None). ...
    """

    def __init__(self, ranges="auto"):
        self.ranges = ranges

    def fit(self, X, y=None):  # noqa: ARG002
        """Settle the ranges of the columns.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_channels), or array
        y : ignored
        """
        X = pd.DataFrame(X)
        names = [str(name) for name in X.columns]
        values = X.to_numpy(dtype=float)
        if isinstance(self.ranges, str) and self.ranges == "auto":
            self.ranges_ = _ranges_by_name(names, values)
        else:
            self.ranges_ = _checked_ranges(self.ranges, names, values)
        self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)
        return self

    def transform(self, X):
        """Directions as sine and cosine, behind the other channels in the order of the columns.

        Returns
        -------
        float array of shape (n_rows, n_channels + n_directions)
        """
        check_is_fitted(self)
        values = self._rows(X, self.n_features_in_)
        is_turn = self._is_direction()
        angle = np.deg2rad(values[:, is_turn])
        return np.hstack([values[:, ~is_turn], np.sin(angle), np.cos(angle)])

    def inverse_transform(self, X):
        """Return channels in their ranges, float array of shape (n_rows, n_channels)."""
        check_is_fitted(self)
        is_turn = self._is_direction()
        n_turns = int(is_turn.sum())
        values = self._rows(X, self.n_features_in_ + n_turns)
        n_plain = len(is_turn) - n_turns
        sine, cosine = values[:, n_plain : n_plain + n_turns], values[:, n_plain + n_turns :]
        out = np.empty((len(values), len(is_turn)))
        out[:, ~is_turn] = values[:, :n_plain]
        out[:, is_turn] = np.rad2deg(np.arctan2(sine, cosine)) % TURN
        return self.limit(out)

    def limit(self, values):
        """Cut channels to their ranges; directions stay as they are.

        Parameters
        ----------
        values : float array of shape (n_rows, n_channels, ...)
        """
        check_is_fitted(self)
        values = np.array(values, dtype=float)
        for k, name in enumerate(self.feature_names_in_):
            if (found := self.ranges_.get(name, DIRECTION)) != DIRECTION:
                values[:, k] = np.clip(values[:, k], *found)
        return values

    def difference(self, truth, forecast):
        """Truth less forecast, directions the short way round: from -180 to 180."""
        check_is_fitted(self)
        found = np.subtract(truth, forecast)
        is_turn = self._is_direction()
        found[:, is_turn] = (found[:, is_turn] + TURN / 2) % TURN - TURN / 2
        return found

    def _is_direction(self):
        return np.array([self.ranges_.get(name) == DIRECTION for name in self.feature_names_in_])

    def _rows(self, X, n_columns):
        values = np.asarray(X, dtype=float)
        if values.ndim == 2 and values.shape[1] == n_columns:
            return values
        msg = f"X must have {n_columns} column(s), as fit implies; got shape {values.shape}. "
        msg += "Pass the columns of fit, in their order."
        raise ValueError(msg)


def _ranges_by_name(names, values):
    """Ranges that names tell, without bounds that values lie beyond."""
    found = {}
    for name, column in zip(names, values.T, strict=True):
        known = next((kind for like, kind in KINDS if like.search(name.lower())), None)
        if known == DIRECTION:
            if _n_outside(column, (0, TURN)) == 0 and not NO_ANGLE.search(name):
                found[name] = DIRECTION
        elif known is not None:
            low, high = known
            low = low if _n_outside(column, (low, None)) == 0 else None
            high = high if _n_outside(column, (None, high)) == 0 else None
            if (low, high) != (None, None):
                found[name] = low, high
    return found


def _checked_ranges(ranges, names, values):
    if not isinstance(ranges, dict):
        msg = "ranges must be 'auto' or a dict of column -> (low, high) or 'direction'; got "
        msg += f"{ranges!r}. Write {{'humidity': (0, 100)}}."
        raise ValueError(msg)  # noqa: TRY004
    unknown = [name for name in ranges if str(name) not in names]
    if unknown:
        msg = f"ranges must name columns of y ({', '.join(names)}); got {unknown}. Rename them."
        raise ValueError(msg)
    found = {}
    for name, one in ranges.items():
        bounds = (0, TURN) if one == DIRECTION else one
        if not _is_pair(bounds):
            msg = (
                f"ranges must hold pairs (low, high) with low < high, or 'direction'; got {one!r} "
            )
            msg += f"for {name!r}. Write None for no bound."
            raise ValueError(msg)
        n_outside = _n_outside(values[:, names.index(str(name))], bounds)
        if n_outside:
            msg = f"ranges must hold what y holds; {n_outside} value(s) of {name!r} lie outside of "
            msg += f"{bounds}. Widen the range, or replace these values by NaN."
            raise ValueError(msg)
        found[str(name)] = one if one == DIRECTION else tuple(one)
    return found


def _is_pair(bounds):
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        return False
    if not all(one is None or isinstance(one, numbers.Real) for one in bounds):
        return False
    low, high = bounds
    return low is None or high is None or bool(low < high)


def _n_outside(column, bounds):
    low, high = bounds
    below = 0 if low is None else int((column < low).sum())
    return below + (0 if high is None else int((column > high).sum()))
