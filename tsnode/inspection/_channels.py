"""Figures by channel: what is missing, how it spreads, how much of it is noise."""

import numpy as np
import pandas as pd

from ..smoothing._integrated_wiener import smooth_panel_channel

# Rows that the noise is read off: its estimate then scatters by a few percent, in 0.1 s a channel.
MOST_SMOOTHED = 2000
CHUNK = 500  # of neighbouring rows: a row in ten of a long series would be a rougher path
LEAST_SMOOTHED = 12


def describe_channels(rows):
    """Return one row of figures per channel.

    Parameters
    ----------
    rows : ReportRows

    Returns
    -------
    DataFrame
        Index ``channel``; columns ``n_observed``, ``missing`` (share of the stamps),
        ``longest_unobserved`` (time), ``mean``, ``std``, ``min``, ``max``, ``is_constant``,
        ``noise`` (in units of the channel), ``noise_share`` (of ``std``).
    """
    series, n_stamps = rows.series, rows.stamps.n_rows
    chunks = _chunks(series)
    table = []
    for k in range(len(rows.channels)):
        values = series.values[:, k]
        seen = values[np.isfinite(values)]
        is_constant = len(seen) > 0 and np.ptp(seen) == 0
        std = float(seen.std()) if len(seen) and not is_constant else np.nan
        noise = np.nan if np.isnan(std) else estimate_noise(series, values, chunks)
        table.append(
            {
                "n_observed": len(seen),
                "missing": 1 - len(seen) / n_stamps,
                "longest_unobserved": _longest_unobserved(rows.stamps, series, values),
                "mean": float(seen.mean()) if len(seen) else np.nan,
                "std": 0.0 if is_constant else std,
                "min": float(seen.min()) if len(seen) else np.nan,
                "max": float(seen.max()) if len(seen) else np.nan,
                "is_constant": bool(is_constant),
                "noise": noise,
                "noise_share": noise / std,
            }
        )
    frame = pd.DataFrame(table, index=pd.Index(rows.channels, name="channel"))
    in_units = ["mean", "std", "min", "max", "noise"]
    frame[in_units] = frame[in_units].mul(rows.scale, axis=0)
    return frame


def estimate_noise(series, values, chunks):
    """Return what does not go on smoothly from row to row, NaN where it cannot be told.

    The noise of the likelihood smoother: the path is a smooth one (an integrated Wiener process)
    plus independent noise, and the likelihood of the rows shares them out.
    """
    times = [series.times[low:high] for low, high in chunks]
    parts = [values[low:high] for low, high in chunks]
    if max(np.isfinite(part).sum() for part in parts) < LEAST_SMOOTHED:
        return np.nan
    return float(smooth_panel_channel(times, parts)[0].sigma)


def _chunks(series):
    """Bounds of stretches of neighbouring rows, spread evenly over all, some 2000 rows in all."""
    bounds = [
        (low, min(low + CHUNK, stop))
        for start, stop in zip(series.starts[:-1], series.starts[1:], strict=True)
        for low in range(start, stop, CHUNK)
    ]
    n_taken = int(np.ceil(MOST_SMOOTHED / max(series.n_rows / len(bounds), 1)))
    taken = np.unique(np.linspace(0, len(bounds) - 1, n_taken).round().astype(int))
    return [bounds[k] for k in taken]


def _longest_unobserved(stamps, series, values):
    """Longest time between two observations, or an observation and an end, of one series."""
    seen = np.isfinite(values)
    longest = 0.0
    number = series.series_of_row
    if seen.any():
        times, own = series.times[seen], number[seen]
        gaps = np.diff(times)[np.diff(own) == 0]
        longest = float(gaps.max(initial=0.0))
    for k in range(stamps.n_series):
        inside = stamps.times[stamps.rows(k)]
        if not len(inside):
            continue
        mine = series.times[series.rows(k)][seen[series.rows(k)]]
        ends = (mine[0] - inside[0], inside[-1] - mine[-1]) if len(mine) else (np.ptp(inside),)
        longest = max(longest, *map(float, ends))
    return longest
