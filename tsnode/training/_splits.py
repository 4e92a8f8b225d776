"""Which windows train and which validate: the newest ones, behind a gap."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GivenSplit:
    """Training and validation windows by index, in the form skorch calls a split.

    Attributes
    ----------
    train, valid : int arrays
    """

    train: np.ndarray
    valid: np.ndarray

    @classmethod
    def of(cls, is_valid):
        """Return the split of windows by whether they validate."""
        return cls(np.flatnonzero(~is_valid), np.flatnonzero(is_valid))

    def __call__(self, data, y=None, **fit_params):  # noqa: ARG002
        """Training and validation part of ``WindowData``."""
        return data.subset(self.train), data.subset(self.valid)


def newest_windows(series, begins, ends, fraction=0.1):
    """Split off the newest windows of every series.

    A window that reaches past the cut trains no more, so that between the last training
    target and the first validation target lies a gap of up to one horizon and no target is in
    both parts. Series too short for a cut of their own train whole; if no series can be cut,
    the windows that begin last validate.

    Parameters
    ----------
    series : int array of shape (n_windows,)
    begins, ends : float arrays of shape (n_windows,)
        Time of the first and last row of every window, the start row included.
    fraction : float in ]0, 1[, default=0.1
        Share of the windows that validate.

    Returns
    -------
    GivenSplit
    """
    is_valid = np.zeros(len(begins), dtype=bool)
    is_train = np.zeros(len(begins), dtype=bool)
    for k in np.unique(series):
        rows = np.flatnonzero(series == k)
        n_valid = round(fraction * len(rows))
        cut = np.sort(begins[rows])[-n_valid] if n_valid else np.inf
        late, early = begins[rows] >= cut, ends[rows] <= cut
        if not (late.any() and early.any()):
            late, early = np.zeros(len(rows), dtype=bool), np.ones(len(rows), dtype=bool)
        is_valid[rows], is_train[rows] = late, early
    if not is_valid.any() and len(begins) > 1:
        order = np.argsort(begins, kind="stable")
        n_valid = min(max(1, round(fraction * len(order))), len(order) - 1)
        is_valid[order[-n_valid:]] = True
        is_train = ~is_valid
    return GivenSplit(np.flatnonzero(is_train), np.flatnonzero(is_valid))
