"""Put forecasts back into the container the user gave: array, Series or DataFrame."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Container:
    """What the y of fit looked like.

    Attributes
    ----------
    kind : str
        "array", "series" or "frame"; pandas kinds only if that y had a time index.
    columns : tuple
        Channel names (numbers for arrays).
    is_flat : bool
        y was one-dimensional.
    """

    kind: str
    columns: tuple
    is_flat: bool

    @classmethod
    def of(cls, y, n_channels, *, is_flat, has_times):
        """Remember the container of y."""
        if isinstance(y, pd.DataFrame):
            return cls("frame" if has_times else "array", tuple(y.columns), is_flat)
        if isinstance(y, pd.Series):
            return cls("series" if has_times else "array", (y.name,), is_flat)
        return cls("array", tuple(range(n_channels)), is_flat)

    def reorder(self, data, name):
        """Columns of a frame, or entries of one of its rows, by name in the order of fit.

        Everything else comes back as it is: only its order tells what it holds.

        Parameters
        ----------
        data : DataFrame, Series or array-like
        name : str, for the error
        """
        n_channels = len(self.columns)
        has_names = self.columns != tuple(range(n_channels)) and None not in self.columns
        if not has_names or len(set(self.columns)) < n_channels:
            return data
        if isinstance(data, pd.Series) and set(self.columns) <= set(data.index):
            return data[list(self.columns)]
        if not isinstance(data, pd.DataFrame):
            return data
        missing = [str(column) for column in self.columns if column not in data]
        if missing:
            msg = f"{name} must hold the fitted channels ({', '.join(map(str, self.columns))}); "
            msg += f"the frame lacks {', '.join(missing)}. Name its columns alike, or pass an "
            msg += "array in this order."
            raise ValueError(msg)
        return data[list(self.columns)]

    def wrap(self, values, index):
        """Forecasts of shape (n, n_channels) as what the user passed in fit."""
        if self.kind == "array":
            return values[:, 0] if self.is_flat else values
        if self.kind == "series":
            return pd.Series(values[:, 0], index=index, name=self.columns[0])
        return pd.DataFrame(values, index=index, columns=list(self.columns))
