"""Forecasts of fields by a partial differential equation, the same at every point of a grid."""

import numpy as np

from ...dynamics._field_grid import resample, symbols
from ...smoothing._integrated_wiener import smooth_panel_channel
from ...solvers._field_march import FieldMarch
from ._field_fit import FieldData, FieldFit
from ._field_starts import FieldStarts, spatial_gain

# Rows at both ends of a series whose smoothed slopes are those of straight ends.
N_TRIMMED = 6


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
        smooth = self._smooth(series, fields)
        self.gain = spatial_gain(self.grid, smooth["states"], smooth["spread"])
        states = self.on_edges(self.filtered(smooth["states"]))
        data = FieldData(
            series, fields, weights, states, self.filtered(smooth["slopes"]),
            smooth["weights"] * weights[:, None], smooth["spread"], smooth["sigma"],
        )  # fmt: skip
        found = FieldFit(self, data).best()
        self.law, self.parameters, self.steepness = found.law, found.parameters, found.steepness
        self.theta, self.covariance = found.theta, found.covariance
        self.starts = FieldStarts.learn(self, self.march(), series, fields, smooth["sigma"])
        self.report = found.report | {"sigma": smooth["sigma"], "gain": self.starts.gain}
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

    def filtered(self, fields):
        """Take out the waves that are noise."""
        if self.gain is None:
            return fields
        lift = self.grid.lift(fields)
        return self.grid.back(self.gain * self.grid.transform(fields - lift)) + lift

    def on_edges(self, states):
        """Put the values that the boundary is given into states."""
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

    def march(self, grid=None):
        """Solver on the grid of fit, or on another."""
        grid = grid or self.grid
        factors = symbols(grid, self.law.derivatives)
        return FieldMarch(self.law, grid, factors, self.steepness)

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, fields, requests, grid=None, start=None):
        """Fields (n_asked, n_channels, *shape) of Requests, on the grid of fit or another."""
        origins, which = np.unique(requests.cutoff, return_inverse=True)
        march = self.march()
        states = self.on_edges(self.starts.states(self, march, series, fields, origins))
        if grid is not None:
            states, march = resample(states, self.grid, grid, start), self.march(grid)
        begun = requests.cutoff >= 0
        times = series.times[requests.cutoff] if series.n_rows else requests.times
        leads = np.where(begun, requests.times - times, 0.0)
        return march.states_at(states, which, np.maximum(leads, 0.0))
