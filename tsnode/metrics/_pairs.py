"""Truth and forecasts, from arrays or frames, as arrays (origin, lead, channel)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._backtest_frame import ForecastTable, is_backtest_frame
from ._counts import Counts
from ._numbers import to_floats


@dataclass(frozen=True)
class ForecastPairs:
    """A truth and one or more arrays about it, all of shape (origin, lead, channel).

    Attributes
    ----------
    truth : array of shape (n_origins, n_leads, n_channels)
    others : list of arrays that begin with that shape
    leads : Index of length n_leads, or None
    channels : Index of length n_channels, or None
    """

    truth: np.ndarray
    others: list
    leads: pd.Index | None = None
    channels: pd.Index | None = None

    @property
    def observed(self):
        """Where the truth is known."""
        return np.isfinite(self.truth)

    def lead_number(self, n):
        """Place of a lead on its axis: ``n`` counts from 1, or is a duration among the leads."""
        n_leads = self.truth.shape[1]
        is_count = isinstance(n, int | np.integer) and not isinstance(n, bool)
        if self.leads is None or (is_count and self.leads.dtype.kind not in "iu"):
            if is_count and 1 <= n <= n_leads:
                return n - 1
            msg = f"n must be a lead from 1 to {n_leads} or None; got {n!r}. "
            raise ValueError(msg + "Ask for a lead that was forecast.")
        lead = self._as_lead(n)
        is_float = self.leads.dtype.kind == "f" and np.isreal(lead)
        # 3 * 0.1 is not 0.3.
        found = np.flatnonzero(np.isclose(self.leads, lead) if is_float else self.leads == lead)
        if len(found):
            return int(found[0])
        msg = f"n must be one of the {n_leads} leads from {self.leads[0]} to {self.leads[-1]} or "
        msg += f"None; got {n!r}. Ask for a lead that was forecast."
        raise ValueError(msg)

    def counts(self, lead=None):
        """Entries with and without a truth, at one lead or all."""
        observed = self.observed if lead is None else self.observed[:, lead]
        return Counts(int(observed.sum()), int((~observed).sum()))

    def label(self, values, lead, per_channel):
        """Name the axes of a result if they have names: a float, an array, a Series or a frame."""
        if values.ndim == 0:
            return float(values)
        if self.leads is None:
            return values
        leads, channels = pd.Index(self.leads, name="lead"), pd.Index(self.channels, name="channel")
        if not per_channel:
            return pd.Series(values, leads)
        return pd.Series(values, channels) if lead else pd.DataFrame(values, leads, channels)

    def _as_lead(self, n):
        if not isinstance(self.leads, pd.TimedeltaIndex):
            return n
        try:
            return pd.to_timedelta(n)
        except (ValueError, TypeError) as error:
            msg = f"n must be a count or a duration such as '6h'; got {n!r}. Write a number and "
            raise ValueError(msg + "a unit.") from error


def read_pairs(truth, *others, names=("forecast",)):
    """Read a truth and what was said about it.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels) or
        (n_stamps,), Series or DataFrame of stamps by channels, or backtest frame
    *others : the same for each of ``names``; with a backtest frame None or the name of a column
        Arrays may have further axes behind those of the truth.
    names : tuple of str
        What each of ``others`` is called, and its usual column.

    Raises
    ------
    TypeError
        If one is missing, or an array stands beside a backtest frame.
    ValueError
        For other shapes, stamps or channels, and if no truth is observed.
    """
    if is_backtest_frame(truth):
        pairs = _from_table(ForecastTable.of(truth), others, names)
    else:
        pairs = _from_arrays(truth, others, names)
    if np.isinf(pairs.truth).any():
        msg = "truth must hold finite numbers or NaN; got inf. Replace it by NaN."
        raise ValueError(msg)
    if not np.isfinite(pairs.truth).any():
        msg = "truth must hold an observed entry; all entries are NaN. Judge a forecast where "
        raise ValueError(msg + "something was observed.")
    return pairs


def _from_table(table, others, names):
    columns = [name if other is None else other for other, name in zip(others, names, strict=True)]
    if not all(isinstance(column, str) for column in columns):
        msg = "Expected names of columns beside a backtest frame, or nothing; got arrays. "
        raise TypeError(msg + "Add them to the frame, or pass arrays throughout.")
    arrays = [table.column(column) for column in columns]
    return ForecastPairs(table.column("truth"), arrays, table.leads, table.channels)


def _from_arrays(truth, others, names):
    arrays = []
    for other, name in zip(others, names, strict=True):
        if other is None or isinstance(other, str):
            msg = f"Expected {name} beside the truth; got {other!r}. Pass both, or a backtest "
            raise TypeError(msg + "frame with the columns lead, channel and truth.")
        arrays.append(_three_axes(_align(other, truth, name), name))
    array = _three_axes(truth, "truth")
    for other, name in zip(arrays, names, strict=True):
        if array.ndim != 3 or other.shape[:3] != array.shape:
            msg = f"truth and {name} must have one shape (origin, lead, channel) or (stamp, "
            msg += f"channel); got {np.shape(truth)} and {other.shape}. Reshape them; a single "
            raise ValueError(msg + "channel has a last axis of length 1.")
    return ForecastPairs(array, arrays)


def _three_axes(values, name):
    """Take the rows of a run from one origin as its leads."""
    array = to_floats(values, name)
    array = array[:, None] if array.ndim == 1 else array
    return array[None] if array.ndim == 2 else array


def _align(other, truth, name):
    """Put the rows and columns of a frame into the order of the truth's."""
    pandas = (pd.Series, pd.DataFrame)
    if not isinstance(other, pandas) or not isinstance(truth, pandas):
        return other
    if isinstance(truth, pd.DataFrame) and isinstance(other, pd.DataFrame):
        if set(other.columns) != set(truth.columns):
            msg = f"truth and {name} must have the same channels; got "
            msg += f"{', '.join(map(str, truth.columns))} and "
            msg += f"{', '.join(map(str, other.columns))}. Select them alike."
            raise ValueError(msg)
        other = other[truth.columns]
    if len(other) == len(truth) and np.all(other.index == truth.index):
        return other
    if other.index.is_unique and len(other.index.symmetric_difference(truth.index)) == 0:
        return other.loc[truth.index]
    msg = f"truth and {name} must have the same stamps; got {len(truth)} and {len(other)}, of "
    msg += f"which {len(truth.index.intersection(other.index))} are shared. Forecast the stamps "
    raise ValueError(msg + "of the truth.")
