"""Divergence of two clouds of points, by counts in the cells of a grid."""

import numpy as np

MOST_CELLS = 1e300


def true_range(values, margin):
    """Return the corners of the box around the true points, each of shape (n_channels,)."""
    spread = margin * values.std(axis=0)
    return values.min(axis=0) - spread, values.max(axis=0) + spread


def is_inside(values, low, high):
    """Whether each row lies in the box, bool of shape (n_rows,); NaN and inf do not."""
    return ((values >= low) & (values <= high)).all(axis=1)


def histogram_divergence(truth, generated, low, high, *, weights, n_bins, smoothing):
    """Return KL(truth || generated) in nats over ``n_bins`` cells a channel, all of the box.

    Memory grows with the number of points, never with that of the cells: cells without a point
    enter by their number.

    Parameters
    ----------
    truth, generated : arrays of shape (n_true, n_channels) and (n_generated, n_channels)
        All inside the box.
    low, high : arrays of shape (n_channels,)
    weights : pair of arrays of shape (n_true,) and (n_generated,)
    n_bins : int
    smoothing : float
        Added to the count of every cell (Laplace).

    Returns
    -------
    float
    """
    codes = _cell_codes(np.concatenate([truth, generated]), low, high, n_bins)
    n_occupied = int(codes.max()) + 1
    # float64: whole counts stay exact up to 2**53.
    counts = [
        np.bincount(own, weight, minlength=n_occupied)
        for own, weight in zip(np.split(codes, [len(truth)]), weights, strict=True)
    ]
    n_cells = float(n_bins) ** truth.shape[1]
    totals = [count.sum() + smoothing * n_cells for count in counts]
    p, q = ((count + smoothing) / total for count, total in zip(counts, totals, strict=True))
    n_empty = n_cells - n_occupied
    empty = n_empty * smoothing / totals[0] * np.log(totals[1] / totals[0])
    return float(np.sum(p * np.log(p / q)) + empty)


def check_points(n_points, n_channels, *, n_bins, smoothing):
    """Refuse so many cells that the smoothing, not the points, would make the number."""
    n_cells = float(n_bins) ** min(n_channels, 200)
    if n_points >= n_bins and smoothing * n_cells < n_points and n_cells < MOST_CELLS:
        return
    msg = f"Too few points for the bins: {n_points} points for {n_bins}**{n_channels} cells. "
    msg += "Pass more points, fewer n_bins or method='mixture'."
    raise ValueError(msg)


def _cell_codes(values, low, high, n_bins):
    """Give every occupied cell a number from 0 on, int64 of shape (n_rows,)."""
    cells = (n_bins * ((values - low) / (high - low))).astype(np.int64)
    # Only a point on the upper face of the box gets n_bins.
    cells = np.minimum(cells, n_bins - 1)
    codes = np.zeros(len(values), dtype=np.int64)
    for column in cells.T:
        # Numbered anew after every channel: n_bins**n_channels can pass 2**63, rows * n_bins not.
        codes = np.unique(codes * n_bins + column, return_inverse=True)[1]
    return codes
