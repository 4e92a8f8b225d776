"""A backtest frame (one row per forecast) as arrays (origin, lead, channel)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._numbers import to_floats

COLUMNS = ("series", "origin", "lead", "stamp", "channel", "truth", "forecast")
KEYS = ("lead", "channel", "truth")
MOST_CELLS_PER_ROW = 20  # emptier arrays come of leads that every origin has for itself


def is_backtest_frame(data):
    """Whether data is a long frame of forecasts."""
    return isinstance(data, pd.DataFrame) and set(KEYS) <= set(data.columns)


@dataclass(frozen=True)
class ForecastTable:
    """The cells of a backtest frame: which of its rows stands where.

    Attributes
    ----------
    frame : DataFrame, long
    leads : Index of length n_leads, increasing
    channels : Index of length n_channels, in order of appearance
    cells : tuple of int arrays: origin, lead and channel of every row
    n_origins : int, pairs of series and origin
    """

    frame: pd.DataFrame
    leads: pd.Index
    channels: pd.Index
    cells: tuple
    n_origins: int

    @classmethod
    def of(cls, frame):
        """Give every origin, lead and channel a number.

        Raises
        ------
        ValueError
            For a frame without rows, a forecast that is there twice, or leads that differ from
            origin to origin.
        """
        keys = [name for name in ("series", "origin") if name in frame]
        origin = (
            frame.groupby(keys, sort=True, dropna=False, observed=True).ngroup() if keys else None
        )
        origin = np.zeros(len(frame), dtype=int) if origin is None else origin.to_numpy()
        lead, leads = pd.factorize(frame["lead"], sort=True)
        channel, channels = pd.factorize(frame["channel"])
        table = cls(frame, pd.Index(leads), pd.Index(channels), (origin, lead, channel), _n(origin))
        table._check()
        return table

    @property
    def shape(self):
        """Return (n_origins, n_leads, n_channels)."""
        return self.n_origins, len(self.leads), len(self.channels)

    def column(self, name):
        """Return a column as an array (origin, lead, channel), NaN where the frame has no row."""
        if name not in self.frame:
            columns = ", ".join(map(str, self.frame.columns))
            msg = f"Expected a column {name!r} in the backtest frame; got {columns}. "
            msg += "Name one of these, or add it."
            raise ValueError(msg)
        values = np.full(self.shape, np.nan)
        values[self.cells] = to_floats(self.frame[name], f"column {name!r}")
        return values

    def _check(self):
        n_rows, n_cells = len(self.frame), int(np.prod(self.shape))
        if n_rows == 0:
            msg = "Expected forecasts in the backtest frame; got no row. Pass at least one."
            raise ValueError(msg)
        if n_cells > MOST_CELLS_PER_ROW * n_rows and n_cells > 10**7:
            msg = f"Expected leads that the origins share; got {len(self.leads)} leads for "
            msg += f"{self.n_origins} origins and {n_rows} rows. Round the column 'lead'."
            raise ValueError(msg)
        code = np.ravel_multi_index(self.cells, self.shape)
        n_twice = n_rows - len(np.unique(code))
        if n_twice:
            msg = "Expected each series, origin, lead and channel once in the backtest frame; "
            msg += f"got {n_twice} of them again. Drop the duplicates."
            raise ValueError(msg)


def _n(codes):
    return int(codes.max()) + 1 if len(codes) else 0
