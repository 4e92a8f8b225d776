"""Fields at the doors of a forecaster: columns (channel, x[, y]) or axes of an array, and back."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..frames._answers import Container
from ..frames._field_columns import check_no_copies


@dataclass(frozen=True)
class FieldContainer(Container):
    """What the y of fit looked like, when its columns are points of a grid.

    Attributes
    ----------
    names : tuple
        Of the levels of its columns; () for plain ones.
    shape : tuple or None
        (points of every axis, channels) of an array with these axes.
    """

    names: tuple = ()
    shape: tuple | None = None

    def on_grid(self, channels, lines):
        """Container of the same kind for fields on another grid."""
        points = tuple(len(line) for line in lines)
        if self.shape is not None:
            return replace(self, shape=(*points, len(channels)))
        is_plain = not self.names
        corners = [a.ravel().tolist() for a in np.meshgrid(*lines, indexing="ij")]
        at = list(zip(*corners, strict=True))
        columns = [one[0] for one in at] if is_plain else [(c, *p) for c in channels for p in at]
        kind = "frame" if self.kind == "series" else self.kind
        return replace(self, kind=kind, columns=tuple(columns), is_flat=False)

    def wrap(self, values, index):
        """Forecasts of shape (n, n_columns) as what the user passed in fit."""
        if self.shape is not None:
            return values.reshape(len(values), *self.shape)
        if self.kind == "frame" and self.names:
            columns = pd.MultiIndex.from_tuples(self.columns, names=self.names)
            return pd.DataFrame(values, index=index, columns=columns)
        return super().wrap(values, index)


class FieldArrays:
    """Takes three- and four-dimensional y and history, and answers in their form."""

    def _read_training(self, X, y, sample_weight, *, reset):
        given, states = as_array(y), X if y is None else y
        if isinstance(states, pd.DataFrame):
            check_no_copies(states.columns)
        read = super()._read_training(X, self._flat(y, reset=reset), sample_weight, reset=reset)
        if reset:
            is_levels = isinstance(states, pd.DataFrame) and states.columns.nlevels > 1
            self.container_ = FieldContainer(
                **vars(self.container_), names=tuple(states.columns.names) if is_levels else (),
                shape=None if given is None else given.shape[1:],
            )  # fmt: skip
        return read

    def _read_history(self, history, rows, known):
        return super()._read_history(self._flat(history), rows, known)

    def score(self, X, y=None, sample_weight=None):
        """See ``BaseForecaster.score``; y may be an array (time, x[, y], channel)."""
        return super().score(X, self._flat(y), sample_weight)

    def _flat(self, y, *, reset=False):
        """Rows of columns of an array of fields; anything else as it is."""
        given = as_array(y)
        if given is None:
            return y
        if not reset and self.container_.shape != given.shape[1:]:
            msg = f"Expected fields of shape {self.container_.shape} as in fit, behind the axis of "
            msg += f"time; got {given.shape[1:]}. Pass the same points and channels."
            raise ValueError(msg)
        return given.reshape(len(given), -1)


def as_array(y):
    """Return y as an array if it has three or four axes, else None."""
    has_axes = isinstance(y, np.ndarray | list | tuple) and np.ndim(y) in (3, 4) and len(y)
    return np.asarray(y) if has_axes else None
