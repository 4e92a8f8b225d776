"""The field at the cutoff: observed entries weighed against the law's own forecast of them."""

from dataclasses import dataclass

import numpy as np

# Rows behind a start that has missing or noisy entries.
N_BACK = 12
GAINS = (1.0, 0.6, 0.35, 0.2, 0.1)
# Noise, in spreads of a channel, below which observations are the field.
EXACT = 1e-3
N_JUDGED = 60
MOST_FREE, MOST_ROWS = 40, 500


@dataclass(frozen=True)
class FieldStarts:
    """How much an observation moves the field that was forecast.

    Attributes
    ----------
    gain : float
        1: the observation is the field.
    """

    gain: float = 1.0

    @classmethod
    def learn(cls, path, march, series, fields, sigma):
        """Choose the gain with which the newest rows are foretold best, one row ahead."""
        if np.max(sigma) < EXACT or series.n_rows < 4:
            return cls()
        last = np.arange(series.n_rows)[1:]
        last = last[np.diff(series.series_of_row) == 0][-N_JUDGED:] - 1
        if not len(last):
            return cls()
        lead = series.times[last + 1] - series.times[last]
        errors = []
        for gain in GAINS:
            states = cls(gain).states(path, march, series, fields, last)
            found = march.states_at(states, np.arange(len(last)), lead)
            miss = np.where(np.isfinite(fields[last + 1]), found - fields[last + 1], 0.0)
            errors.append(float(np.square(miss).mean()))
        errors = np.where(np.isfinite(errors), errors, np.inf)
        return cls(GAINS[int(np.argmin(errors))]) if np.isfinite(errors).any() else cls()

    def states(self, path, march, series, fields, origins):
        """Fields at rows ``origins``; -1: an empty history, the mean of the data.

        ``march`` is a FieldMarch of the law that forecasts them.
        """
        states = np.zeros((len(origins), *fields.shape[1:]))
        begun = origins >= 0
        whole = np.zeros(len(origins), dtype=bool)
        seen = np.isfinite(fields[origins[begun]])
        whole[begun] = seen.all(axis=tuple(range(1, fields.ndim)))
        if self.gain == 1.0:
            states[whole] = fields[origins[whole]]
            begun &= ~whole
        todo = np.flatnonzero(begun)
        if len(todo):
            states[todo] = self._carried(path, march, series, fields, origins[todo])
        return states

    def _carried(self, path, march, series, fields, origins):
        first = series.starts[:-1][series.series_of_row[origins]]
        begin = np.maximum(origins - N_BACK + 1, first)
        states = np.zeros((len(origins), *fields.shape[1:]))
        for back in range(N_BACK - 1, -1, -1):
            row = origins - back
            moves = np.flatnonzero(row > begin)
            if len(moves):
                lead = series.times[row[moves]] - series.times[row[moves] - 1]
                ahead = march.states_at(states[moves], np.arange(len(moves)), lead)
                diverged = ~np.isfinite(ahead).reshape(len(moves), -1).all(axis=1)
                ahead[diverged] = states[moves[diverged]]
                states[moves] = ahead
            now = np.flatnonzero(row >= begin)
            miss = _filled(path.grid, fields[row[now]] - states[now])
            # Of the first rows the mean, as of what nothing is known of.
            gain = np.maximum(self.gain, 1 / (row[now] - begin[now] + 1.0))
            gain = gain.reshape(-1, *(1,) * (fields.ndim - 1))
            states[now] += gain * (miss if self.gain == 1.0 else path.filtered(miss))
        return states


def _filled(grid, miss):
    """Differences with those of missing points between the seen ones of the row; 0 if none are."""
    holes = ~np.isfinite(miss)
    if not holes.any():
        return miss
    miss = miss.copy()
    if grid.n_axes == 2:
        miss[holes] = 0.0
        return miss
    at, n = np.arange(grid.shape[0]), grid.shape[0]
    for k, channel in zip(*np.nonzero(holes.any(axis=-1)), strict=True):
        seen = ~holes[k, channel]
        period = n if grid.boundary == "periodic" else None
        line = miss[k, channel]
        line[~seen] = np.interp(at[~seen], at[seen], line[seen], period=period) if seen.any() else 0
    return miss


def spatial_gain(grid, states, spread):
    """Wiener gain of every wave, (n_channels, *spectrum shape); None where data are exact.

    Parameters
    ----------
    states : float array of shape (n, n_channels, *grid)
        Smoothed in time.
    spread : float array of shape (n_channels,)
        What is left of their noise.
    """
    if not np.max(spread) > EXACT / 10 or not len(states):
        return None
    draws = np.random.default_rng(0).normal(size=(64, *grid.shape))
    unit = np.square(np.abs(grid.transform(draws - grid.lift(draws)))).mean(axis=0)
    power = np.square(np.abs(grid.transform(states - grid.lift(states)))).mean(axis=0)
    noise = np.square(spread).reshape(-1, *(1,) * grid.n_axes) * unit
    return np.clip(1 - noise / np.maximum(power, 1e-300), 0.0, 1.0)


def free_fields(states, spread):
    """Fields that starts are free in: principal ones that stand out of the noise; None if none do.

    Parameters
    ----------
    states : float array of shape (n, n_channels, *grid)
    spread : float array of shape (n_channels,)
        Noise that is left in them.

    Returns
    -------
    float array of shape (n_free, n_channels, *grid) or None
    """
    unit = np.where(spread > 0, spread, 1.0).reshape(-1, *(1,) * (states.ndim - 2))
    every = max(len(states) // MOST_ROWS, 1)
    flat = (states[::every] / unit).reshape(len(states[::every]), -1)
    _, sizes, fields = np.linalg.svd(flat, full_matrices=False)
    fields = fields[np.square(sizes) / len(flat) > 2.0][:MOST_FREE]
    return fields.reshape(-1, *states.shape[1:]) * unit if len(fields) else None
