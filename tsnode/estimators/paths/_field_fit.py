"""Find a field equation in smoothed fields: match, shoot, and judge by free runs."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from ...dynamics._field_grid import symbols
from ...dynamics._field_law import FieldLaw, monomial
from ...frames._series import SeriesSet
from ...solvers._field_march import FieldMarch, read_variables
from ...training._field_match import (
    LOOSE,
    MOST_SAMPLES,
    TOLERANCE,
    WORTH,
    coefs_of,
    is_held_out,
    match_network,
    match_terms,
)
from ...training._field_shooting import FieldWindows, shoot, shoot_fewer, unsureness
from ._field_starts import FieldStarts, free_fields

# Rows that windows reach ahead: few where data are exact, else as many as tell most.
N_AHEAD = (4, 12, 36)
LEAST_WINDOWS = 3
MOST_WINDOWS, MOST_WINDOW_POINTS = 200, 16_000
NEWEST = 0.2
FREE_ROWS, FREE_RUNS = 40, 8
# Share of the slopes' power up to which products explain all; mean square miss of free runs, beyond
# that of noise, which needs no network.
ALL, GOOD = 0.9999, 1e-6
MOST_KEPT = 4000
# The newest windows may be foretold so much worse by parameters that were sharpened.
NO_WORSE = 0.05
# Parameters that are sharpened by solves, one of each for every one: a law of more is no law.
MOST_SHOT = 24


@dataclass(frozen=True)
class FieldData:
    """Rows, and what a smoother makes of them.

    Attributes
    ----------
    series : SeriesSet
        Times in median steps.
    fields : float array of shape (n_rows, n_channels, *grid)
        Standardised; NaN = not observed.
    weights : float array of shape (n_rows,)
    states, slopes : float arrays of the shape of ``fields``
    worth : float array of shape (n_rows, n_points)
        How much a slope counts.
    spread, sigma : float arrays of shape (n_channels,)
        Noise left in the states, noise of the observations.
    """

    series: SeriesSet
    fields: np.ndarray
    weights: np.ndarray
    states: np.ndarray
    slopes: np.ndarray
    worth: np.ndarray
    spread: np.ndarray
    sigma: np.ndarray


@dataclass
class Found:
    """One candidate for the law."""

    law: FieldLaw
    parameters: list
    theta: np.ndarray
    steepness: np.ndarray
    covariance: np.ndarray
    report: dict = field(default_factory=dict)


class FieldFit:
    """Fits candidates for the law of a path, and chooses."""

    def __init__(self, path, data):
        self.path, self.data, self.grid = path, data, path.grid
        self.given, self.derivatives = path.law.coefs, path.law.derivatives
        self.factors = symbols(path.grid, path.law.derivatives)
        self._read_sample()

    def best(self):
        """Fit candidates, the simplest first; each next one has to be better by a tenth."""
        remainder = self.path.remainder
        first = "network" if remainder == "neural" else "polynomial" if remainder else "known"
        chosen, found, explained = first, *self._candidate(first)
        errors = {first: self._free_run_error(found)}
        noise = float(np.mean(np.square(self.data.sigma)))
        is_good = explained >= ALL or errors[first] <= GOOD + 2 * noise
        if remainder == "auto" and not is_good:
            for kind in ("both", "network"):
                if (other := self._candidate(kind)[0]) is None:
                    break
                errors[kind] = self._free_run_error(other)
                if errors[kind] < WORTH * errors[chosen]:
                    chosen, found = kind, other
        still = self._still(found)
        errors["still"] = self._free_run_error(still)
        if errors["still"] < errors[chosen] and not self._is_known(found):
            chosen, found = "still", still
        report = {"tool": found.report.pop("tool", "match"), "chosen": chosen, "errors": errors}
        found.report = report | found.report
        return found

    def _is_known(self, found):
        """Whether a part of the law was said to hold."""
        return self.given.any() or any(one.is_known for one in found.parameters)

    def _still(self, found):
        law = replace(found.law, coefs=np.zeros_like(found.law.coefs), weights=(), shifts=())
        nothing = np.zeros((0, 0))
        return Found(law, [], np.zeros(0), np.zeros(len(self.derivatives)), nothing)

    # ---------------------------------------------------------------- match

    def _read_sample(self):
        """Variables, slopes and their worth at points inside, in rows spread evenly."""
        data, grid, n = self.data, self.grid, len(self.derivatives)
        used = np.flatnonzero(data.worth.any(axis=1))
        rows = used[:: max(len(used) * data.worth.shape[1] // MOST_SAMPLES, 1)]
        states = data.states[rows]
        lift = grid.lift(states)
        spectrum = grid.transform(states - lift)
        variables = range(states.shape[1] * n)
        features = read_variables(grid, spectrum, lift, self.factors, variables, n)
        inside = np.ones(grid.shape, dtype=bool)
        if grid.boundary == "dirichlet":  # the edges stand still, whatever the law
            inside = ~grid.is_edge
        self.sample = {v: value[:, inside].ravel() for v, value in features.items()}
        slopes = np.moveaxis(data.slopes[rows][:, :, inside], 1, -1)
        self.target = slopes.reshape(-1, states.shape[1])
        self.worth = data.worth[rows].reshape(len(rows), *grid.shape)[:, inside].reshape(-1, 1)
        self.held = np.repeat(is_held_out(len(rows)), inside.sum())
        every = max(len(self.target) // MOST_KEPT, 1)
        self.kept = {v: value[::every] for v, value in self.sample.items()}
        self.values = np.stack([monomial(term, self.sample) for term in self.path.law.terms], 1)

    def _candidate(self, kind):
        """Law of a kind, and the share of the slopes that its products explain; None: no use."""
        path, law, report = self.path, self.path.law, {}
        parameters = [
            one
            for one in path.parameters
            if kind != "network" or one.is_known or len(law.terms[one.parts[0][0]]) < 2
        ]
        if not len(self.target):
            return self._shot(law, parameters, np.zeros(len(parameters)), report), 1.0
        kept, theta, left, explained = self._matched(parameters, TOLERANCE)
        report["slopes_explained"] = explained
        if kind in ("both", "network"):
            parts, share = self._network(left)
            if kind == "both" and share >= WORTH:
                return None, explained
            law, report["left_by_network"] = replace(law, **parts), share
        found = self._shot(law, kept, theta, report)
        if len(theta) > MOST_SHOT and not law.weights:
            # Most of so many mend what smoothing did to the slopes.
            kept, theta, _, explained = self._matched(parameters, LOOSE)
            fewer = self._shot(law, kept, theta, report | {"slopes_explained": explained})
            found = min(fewer, found, key=self._free_run_error)
        return found, explained

    def _matched(self, parameters, tolerance):
        """Parameters kept, their values, what they leave of the slopes and the share explained."""
        worths = np.broadcast_to(self.worth, self.target.shape)
        kept, theta = match_terms(
            self.values, self.target, worths, self.held, parameters, self.given, tolerance
        )
        left = self.target - self.values @ coefs_of(kept, theta, self.given).T
        return kept, theta, left, 1 - _power(left, worths) / _power(self.target, worths)

    def _network(self, left):
        path, used = self.path, self.worth[:, 0] > 0
        if not path.hidden_layer_sizes or used.sum() < 50 or not np.any(left):
            return {}, 1.0
        inputs = np.stack([self.sample[v] for v in path.inputs], axis=1)
        parts, share = match_network(
            inputs[used], left[used], self.held[used], widths=path.hidden_layer_sizes,
            alpha=path.alpha, max_epochs=path.max_epochs, seed=path.seed,
        )  # fmt: skip
        return parts | {"inputs": np.array(path.inputs)}, share

    # ---------------------------------------------------------------- shoot

    def _march_of(self, law, parameters, theta):
        law = replace(law, coefs=coefs_of(parameters, theta, self.given))
        steepness = law.steepness(self.kept, self.grid.boundary)
        return FieldMarch(law, self.grid, self.factors, steepness)

    def _found(self, law, parameters, theta, covariance, report):
        law = replace(law, coefs=coefs_of(parameters, theta, self.given))
        steepness = law.steepness(self.kept, self.grid.boundary)
        return Found(law, parameters, theta, steepness, covariance, report)

    def _shot(self, law, parameters, theta, report):
        """Sharpen the parameters where this forecasts the newest windows no worse."""
        march_of = partial(self._march_of, law)
        windows, is_new, report["rows_ahead"] = self._windows(theta, partial(march_of, parameters))
        unknown = np.full((len(theta),) * 2, np.inf)
        if not len(windows) or not 0 < len(theta) <= MOST_SHOT:
            return self._found(law, parameters, theta, unknown, report)
        older, newer = windows.take(~is_new), windows.take(is_new)
        if not len(older) or not len(newer):
            older = newer = windows
        moved, _, shape = shoot(older, theta, partial(march_of, parameters))
        matched = newer.error(march_of(parameters, theta))
        shooting = newer.error(march_of(parameters, moved))
        if not shooting <= (1 + NO_WORSE) * matched:
            return self._found(law, parameters, theta, unknown, report)
        parameters, theta = shoot_fewer(newer, parameters, moved, shape, march_of)
        theta, covariance, _ = shoot(windows, theta, partial(march_of, parameters))
        report["tool"] = "shooting"
        return self._found(law, parameters, theta, covariance, report)

    def _windows(self, theta, march_of):
        """Windows behind starts, which are the newest, their length: that which tells most.

        Of noisy data the starts are what the matched law makes of the rows before.
        """
        data, states, tried = self.data, self.data.states, []
        starts, path, march = FieldStarts(), self.path, march_of(theta)
        rows_of = path, march, data.series, data.fields
        if path.gain is not None:
            starts = FieldStarts.learn(*rows_of, data.sigma)
        for wanted in N_AHEAD[: 1 if starts.gain == 1.0 else None]:
            rows, is_new, ahead = self._window_rows(wanted, len(theta))
            if tried and len(rows) < LEAST_WINDOWS:
                break
            if starts.gain < 1.0:
                states = states.copy()
                states[rows] = path.on_edges(starts.states(*rows_of, rows))
            cut = self._cut(states, rows, ahead)
            if starts.gain < 1.0:
                cut = replace(cut, free=free_fields(data.states, data.spread))
            tried.append((cut, is_new, ahead))
        if len(tried) > 1 and 0 < len(theta) <= MOST_SHOT:
            worth = [unsureness(cut, theta, march_of) for cut, _, _ in tried]
            return tried[int(np.argmin(worth))]
        return tried[0]

    def _window_rows(self, ahead, n_parameters):
        """Rows that windows start from, no two of which share rows, and which are the newest."""
        place, n_rows = self._places()
        ahead = min(ahead, max(int(n_rows.max(initial=2)) - 1, 1))
        rows = np.flatnonzero((place % ahead == 0) & (place + ahead < n_rows))
        most = MOST_WINDOW_POINTS / int(np.prod(self.grid.shape)) / (1 + n_parameters / 10)
        most = int(min(MOST_WINDOWS, max(most, 8)))
        if len(rows) > most:
            rows = rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))]
        return rows, place[rows] >= (1 - NEWEST) * n_rows[rows] - ahead, ahead

    def _places(self):
        """Of every row its place in its series, and how many rows that has."""
        series = self.data.series
        number = series.series_of_row
        return np.arange(series.n_rows) - series.starts[:-1][number], np.diff(series.starts)[number]

    def _cut(self, states, rows, ahead):
        data, at = self.data, rows[:, None] + np.arange(1, ahead + 1)
        values = data.fields[at]
        seen = np.isfinite(values)
        worth = data.weights[at].reshape(*at.shape, *(1,) * (values.ndim - 2)) * seen
        leads = data.series.times[at] - data.series.times[rows][:, None]
        return FieldWindows(states[rows], leads, np.where(seen, values, 0.0), worth)

    # ---------------------------------------------------------------- judge

    def _free_run_error(self, found):
        """Mean square miss of free runs over the newest rows, each entry at most 4 variances."""
        place, n_rows = self._places()
        ahead = int(min(FREE_ROWS, n_rows.max(initial=0) // 4))
        rows = np.flatnonzero((place == n_rows - ahead - 1) & (place >= 0))[:FREE_RUNS]
        if ahead < 1 or not len(rows):
            return 0.0
        windows = self._cut(self.data.states, rows, ahead)
        miss = np.square(windows.misses(FieldMarch(found.law, self.grid, self.factors,
                                                   found.steepness)))  # fmt: skip
        miss = np.where(np.isfinite(miss), np.minimum(miss, 4.0), 16.0)
        return float(miss.sum() / max(windows.weights.sum(), 1e-300))


def _power(values, weights):
    return max(float((weights * np.square(values)).sum()), 1e-300)
