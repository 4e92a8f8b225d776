"""Forecasts of fields by a partial differential equation, the same at every point of a grid."""

from functools import partial

import numpy as np

from ...dynamics._field_grid import resample, symbols
from ...dynamics._field_law import monomial
from ...smoothing._integrated_wiener import smooth_panel_channel
from ...solvers._field_march import FieldMarch, read_variables
from ...training._field_match import (
    MOST_SAMPLES,
    WORTH,
    coefs_of,
    is_held_out,
    match_network,
    match_terms,
)  # fmt: skip
from ...training._field_shooting import TOLERANCE, FieldWindows, shoot, shoot_fewer, unsureness
from ._field_starts import FieldStarts, spatial_gain

# Rows at both ends of a series whose smoothed slopes are those of straight ends.
N_TRIMMED = 6
# Rows that windows reach ahead: few where data are exact, else as many as tell most.
N_AHEAD = (4, 12, 36)
LEAST_WINDOWS = 5
MOST_WINDOWS, MOST_WINDOW_POINTS = 200, 16_000
NEWEST = 0.2
FREE_ROWS = 40


class FieldPath:
    """Smooth, match, shoot; forecast from the newest row.

    Works on standardised fields (n, n_channels, *grid), time in median steps, space in parts of the
    grid's own distance.

    Parameters
    ----------
    grid : FieldGrid
    law : FieldLaw
        Terms and derivatives; its coefficients are those that are given.
    parameters : list of Parameter
        What is to be found.
    remainder : {"auto", "polynomial", "neural"} or None
    inputs : list of int
        Variables that a network reads.
    edges : float array of shape (n_channels, 2), default=None
        Given values of a "dirichlet" boundary, standardised; NaN: those of the data.
    hidden_layer_sizes, alpha, max_epochs, seed
        Of the network.
    """

    def __init__(
        self, grid, law, parameters, *, remainder, inputs, edges, hidden_layer_sizes, alpha,
        max_epochs, seed,
    ):  # fmt: skip
        self.grid, self.law, self.parameters = grid, law, list(parameters)
        self.remainder, self.inputs, self.edges = remainder, list(inputs), edges
        self.hidden_layer_sizes, self.alpha = tuple(hidden_layer_sizes), alpha
        self.max_epochs, self.seed = max_epochs, seed

    # ---------------------------------------------------------------- fit

    def fit(self, series, fields, weights):
        """Fit to the rows of a SeriesSet, whose values are ``fields``; NaN = not observed."""
        self.report = {"tool": "match", "n_points": int(np.prod(self.grid.shape))}
        smooth = self._smooth(series, fields)
        self.report["sigma"] = smooth["sigma"]
        self.gain = spatial_gain(self.grid, smooth["states"], smooth["spread"])
        states = self._on_edges(self._filtered(smooth["states"]))
        slopes = self._filtered(smooth["slopes"])
        given = self.law.coefs
        self.theta = np.zeros(len(self.parameters))
        self._match(states, slopes, smooth["weights"] * weights[:, None], given)
        self._shoot(self._windows(series, fields, states, weights, smooth["sigma"], given), given)
        self._judge(series, fields, states, weights)
        self.starts = FieldStarts.learn(self, series, fields, smooth["sigma"])
        self.report["gain"] = self.starts.gain
        # Where the data were is in the steepness; they themselves stay out of it.
        self.steepness = self.law.steepness(self.sample, self.grid.boundary)
        del self.sample
        return self

    def _smooth(self, series, fields):
        """States and slopes of every row, what they are worth, and the noise of every channel."""
        spans = [series.rows(k) for k in range(series.n_series)]
        spans = [span for span in spans if span.stop > span.start]
        flat = fields.reshape(len(fields), -1)
        states, slopes = np.zeros_like(flat), np.zeros_like(flat)
        spread, slope_spread = np.full_like(flat, np.inf), np.full_like(flat, np.inf)
        sigma = np.zeros(flat.shape[1])
        times, rows = [series.times[s] for s in spans], [series.weights[s] for s in spans]
        for k in range(flat.shape[1]):
            found = smooth_panel_channel(times, [flat[s, k] for s in spans], rows)
            sigma[k] = found[0].sigma
            for span, one in zip(spans, found, strict=True):
                states[span, k], slopes[span, k] = one.mean, one.slope
                spread[span, k], slope_spread[span, k] = one.spread, one.slope_spread
        is_known = np.isfinite(slope_spread)
        usual = np.median(slope_spread[is_known]) if is_known.any() else 0.0
        worth = 1 / (1 + np.square(slope_spread / usual)) if usual > 0 else is_known * 1.0
        for span in spans:
            n = span.stop - span.start
            trimmed = N_TRIMMED if n > 4 * N_TRIMMED else int(n > 4)
            worth[span.start : span.start + trimmed] = 0.0
            worth[span.stop - trimmed : span.stop] = 0.0
        sigma = sigma.reshape(self.law.n_channels, -1)
        known = np.where(np.isfinite(spread), spread, np.nan).reshape(len(flat), *sigma.shape)
        variance = np.nan_to_num(known**2).mean(axis=(0, 2))
        return {
            "states": states.reshape(fields.shape), "slopes": slopes.reshape(fields.shape),
            "weights": worth.reshape(len(flat), *sigma.shape).mean(axis=1),
            "spread": np.sqrt(variance), "sigma": np.sqrt(np.square(sigma).mean(axis=1)),
        }  # fmt: skip

    def _filtered(self, fields):
        """Without the waves that are noise."""
        if self.gain is None:
            return fields
        lift = self.grid.lift(fields)
        return self.grid.back(self.gain * self.grid.transform(fields - lift)) + lift

    def _on_edges(self, states):
        """States with the values that the boundary is given."""
        if self.edges is None:
            return states
        states = states.copy()
        lines = [(0, 0), (1, -1)] if self.grid.n_axes == 1 else []
        for side, place in lines:
            known = np.isfinite(self.edges[:, side])
            states[:, known, place] = self.edges[known, side]
        if self.grid.n_axes == 2:
            for channel in np.flatnonzero(np.isfinite(self.edges[:, 0])):
                states[:, channel, self.grid.is_edge] = self.edges[channel, 0]
        return states

    def _features(self, states, variables):
        lift = self.grid.lift(states)
        spectrum = self.grid.transform(states - lift)
        factors = symbols(self.grid, self.law.derivatives)
        n = len(self.law.derivatives)
        return read_variables(self.grid, spectrum, lift, factors, variables, n)

    def _match(self, states, slopes, weights, given):
        n_points = weights.shape[1]
        used = np.flatnonzero(weights.any(axis=1))
        rows = used[:: max(len(used) * n_points // MOST_SAMPLES, 1)]
        n_variables = self.law.n_channels * len(self.law.derivatives)
        features = self._features(states[rows], range(n_variables))
        inside = np.ones(self.grid.shape, dtype=bool)
        if self.grid.boundary == "dirichlet":  # the edges stand still, whatever the law
            inside = ~self.grid.is_edge
        sample = {v: value[:, inside].ravel() for v, value in features.items()}
        target = np.moveaxis(slopes[rows][:, :, inside], 1, -1).reshape(-1, self.law.n_channels)
        worth = weights[rows].reshape(len(rows), *self.grid.shape)[:, inside].reshape(-1, 1)
        every = max(len(target) // 4000, 1)
        self.sample = {v: value[::every] for v, value in sample.items()}
        if not len(target):
            return
        held = np.repeat(is_held_out(len(rows)), inside.sum())
        values = np.stack([monomial(term, sample) for term in self.law.terms], axis=1)
        worths = np.broadcast_to(worth, target.shape)
        self.parameters, self.theta = match_terms(
            values, target, worths, held, self.parameters, given
        )
        left = target - values @ coefs_of(self.parameters, self.theta, given).T
        self.report["slopes_explained"] = 1 - _power(left, worths) / _power(target, worths)
        self._match_network(sample, left, held, worth[:, 0] > 0, self.report["slopes_explained"])

    def _match_network(self, sample, left, held, is_worth, explained):
        widths = self.hidden_layer_sizes
        wanted = self.remainder == "neural" or (self.remainder == "auto" and explained < 0.9999)
        if not wanted or not widths or is_worth.sum() < 50 or not np.any(left):
            return
        inputs = np.stack([sample[v] for v in self.inputs], axis=1)
        parts, share = match_network(
            inputs[is_worth], left[is_worth], held[is_worth], widths=widths, alpha=self.alpha,
            max_epochs=self.max_epochs, seed=self.seed,
        )  # fmt: skip
        self.report["left_by_network"] = share
        if self.remainder == "neural" or share < WORTH:
            self.law = _with(self.law, inputs=np.array(self.inputs), **parts)

    def _windows(self, series, fields, states, weights, sigma, given):
        """Windows behind starts, and which of them are the newest; of the length that tells most.

        Of noisy data the starts are what the matched law makes of the rows before.
        """
        self.law = self._law_of(self.theta, given)
        starts = FieldStarts.learn(self, series, fields, sigma)
        tried = []
        for ahead in N_AHEAD[: 1 if starts.gain == 1.0 else None]:
            rows, is_new = self._window_rows(series, ahead, int(np.prod(self.grid.shape)))
            if tried and len(rows) < LEAST_WINDOWS + len(self.theta):
                break
            if starts.gain < 1.0:
                states = states.copy()
                states[rows] = self._on_edges(starts.states(self, series, fields, rows))
            ahead = min(ahead, self._longest(series))
            tried.append((self._cut(series, fields, states, weights, rows, ahead), is_new, ahead))
        if len(tried) > 1 and len(self.theta):
            worth = [unsureness(one[0], self.theta, partial(self._march_of, self.parameters, given))
                     for one in tried]  # fmt: skip
            tried = [tried[int(np.argmin(worth))]]
        self.report["rows_ahead"] = tried[0][2]
        return tried[0][:2]

    @staticmethod
    def _longest(series):
        return max(int(np.diff(series.starts).max(initial=2)) - 1, 1)

    def _window_rows(self, series, ahead, n_points):
        """Rows that windows start from, no two of which share rows, and which are the newest."""
        number = series.series_of_row
        place = np.arange(series.n_rows) - series.starts[:-1][number]
        n_rows = np.diff(series.starts)[number]
        ahead = min(ahead, self._longest(series))
        rows = np.flatnonzero((place % ahead == 0) & (place + ahead < n_rows))
        most = min(MOST_WINDOWS, max(MOST_WINDOW_POINTS // n_points, 8))
        if len(rows) > most:
            rows = rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
        return rows, place[rows] >= (1 - NEWEST) * n_rows[rows] - ahead

    def _cut(self, series, fields, states, weights, rows, ahead):
        at = rows[:, None] + np.arange(1, ahead + 1)
        seen = np.isfinite(fields[at])
        worth = weights[at].reshape(*at.shape, *(1,) * (fields.ndim - 1)) * seen
        leads = series.times[at] - series.times[rows][:, None]
        return FieldWindows(states[rows], leads, np.where(seen, fields[at], 0.0), worth)

    def march(self, grid=None, law=None):
        """Solver on the grid of fit, or on another."""
        law, grid = law or self.law, grid or self.grid
        if hasattr(self, "sample"):
            steepness = law.steepness(self.sample, grid.boundary)
        else:
            steepness = self.steepness
        return FieldMarch(law, grid, symbols(grid, law.derivatives), steepness)

    def _law_of(self, theta, given):
        return _with(self.law, coefs=coefs_of(self.parameters, theta, given))

    def _march_of(self, parameters, given, theta):
        law = _with(self.law, coefs=coefs_of(parameters, theta, given))
        return self.march(law=law)

    def _shoot(self, cut, given):
        """Sharpen the parameters where this forecasts the newest windows better."""
        windows, is_new = cut
        self.covariance = np.full((len(self.theta),) * 2, np.inf)
        self.law = self._law_of(self.theta, given)
        if not len(windows) or not len(self.theta):
            return

        def march_of(parameters, theta):
            return self._march_of(parameters, given, theta)

        own = self.parameters
        older, newer = windows.take(~is_new), windows.take(is_new)
        if not len(older) or not len(newer):
            older = newer = windows
        found = shoot(older, self.theta, lambda theta: march_of(own, theta))
        errors = {
            "match": newer.error(march_of(own, self.theta)),
            "shooting": newer.error(march_of(own, found[0])),
        }
        if errors["shooting"] <= (1 + TOLERANCE) * errors["match"]:
            own, theta, _ = shoot_fewer(older, newer, own, *found, march_of)
            theta, self.covariance = shoot(windows, theta, lambda theta: march_of(own, theta))
            self.parameters, self.theta, self.report["tool"] = own, theta, "shooting"
            errors["shooting"] = newer.error(march_of(own, theta))
        self.law = self._law_of(self.theta, given)
        self.report["errors"] = errors

    def _judge(self, series, fields, states, weights):
        """Hold the fields still where free runs of the law do worse on the newest rows."""
        number = series.series_of_row
        place = np.arange(series.n_rows) - series.starts[:-1][number]
        n_rows = np.diff(series.starts)[number]
        ahead = int(min(FREE_ROWS, n_rows.max(initial=0) // 4))
        rows = np.flatnonzero((place == n_rows - ahead - 1) & (place >= 0))[:8]
        self.report["chosen"] = "law"
        if ahead < 1 or not len(rows):
            return
        windows = self._cut(series, fields, states, weights, rows, ahead)
        still = _with(self.law, coefs=np.zeros_like(self.law.coefs), weights=(), shifts=())
        both = [self._capped(windows, self.march(law=law)) for law in (self.law, still)]
        self.report["free_run_errors"] = {"law": both[0], "still": both[1]}
        if both[0] <= both[1] or any(one.is_known for one in self.parameters):
            return
        self.law, self.report["chosen"] = still, "still"

    def _capped(self, windows, march):
        """Mean square miss of free runs, each entry at most 4 variances."""
        miss = np.square(windows.misses(march))
        total = max(windows.weights.sum(), 1e-300)
        return float(np.where(np.isfinite(miss), np.minimum(miss, 4.0), 4.0).sum() / total)

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, fields, requests, grid=None, start=None):
        """Fields (n_asked, n_channels, *shape) of Requests, on the grid of fit or another."""
        origins, which = np.unique(requests.cutoff, return_inverse=True)
        states = self._on_edges(self.starts.states(self, series, fields, origins))
        if grid is not None:
            states = resample(states, self.grid, grid, start)
        begun = requests.cutoff >= 0
        times = series.times[requests.cutoff] if series.n_rows else requests.times
        leads = np.where(begun, requests.times - times, 0.0)
        return self.march(grid).states_at(states, which, np.maximum(leads, 0.0))


def _with(law, **changed):
    return type(law)(**(vars(law) | changed))


def _power(values, weights):
    return max(float((weights * np.square(values)).sum()), 1e-300)
