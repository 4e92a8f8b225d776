"""How much of phase space the data cover, and whether the rows foretell what follows."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

NEAR = 0.1  # of the distance of two rows drawn at random
N_NEIGHBOURS = 5
LEAST_ROWS = 50  # that are learned from
LEAST_JUDGING = 30  # the error of fewer scatters by over a quarter
MOST_FITTED = 20_000
RIDGE = 1e-3  # of a row's weight per row: enough where two channels are nearly one
WHOLE = 0.8  # of what persistence and the mean miss
GAIN = 0.1
HALF = 0.5
NOTHING = 0.1  # and what chance saves


@dataclass(frozen=True)
class PhaseSpaceReport:
    """What the newest fifth of the rows is to the older rows.

    Attributes
    ----------
    covered : float
        Share of the newest rows that lie within a tenth of the distance of two rows drawn at
        random of some older row. Over 0.9: the states were all seen before. NaN: too few rows.
    distance : float
        Median distance of the newest rows to the nearest older one, in parts of that of two rows
        drawn at random.
    n_older, n_newer : int, rows compared
    dimension : int, of the compared points
    uses_past : bool
        Whether a point is a row with two earlier ones, as it is for a single channel.
    memory : float
        Time in which the autocorrelation falls to 1/e, the median over channels.
    horizon : float
        Lead of the forecasts below: half of ``memory``, or, if nothing is foretold there, an
        eighth of it or one step.
    persistence, mean : float
        Mean squared error of the last value, and of the mean, in variances of the channels.
    from_row, from_past : float
        Share of the smaller of those two that a simple forecast from the row alone saves, and
        from the row with two earlier ones; NaN: too few rows.
    states : str
        "whole": the row alone foretells what follows. "hidden": earlier rows add to it.
        "unpredictable": no better than the mean. "wandering": no better than the last value.
        "open": none of these can be told.
    is_smooth : bool
        Whether every channel changes little from row to row.
    """

    covered: float
    distance: float
    n_older: int
    n_newer: int
    dimension: int
    uses_past: bool
    memory: float
    horizon: float
    persistence: float
    mean: float
    from_row: float
    from_past: float
    states: str
    is_smooth: bool

    @property
    def reference(self):
        """The better of the two: "last value" or "mean"."""
        return "last value" if self.persistence <= self.mean else "mean"


def describe_phase_space(states):
    """Return the PhaseSpaceReport of ``States``.

    Notes
    -----
    *Covered.* Two independent rows of d standardised channels are sqrt(2 d) apart, in the mean
    square; that is the unit of distance. The newest fifth is compared with all rows before it, but
    for those within ``memory`` of it, which are near only because little time has passed. n points
    drawn at random on a circle cover 1 - (1 - 0.045)**n of it; a chaotic orbit covers its
    attractor once it has been everywhere.

    *Foretold.* As the method of false neighbours asks whether points that look alike are alike:
    the forecast of a row is the mean future of its five nearest older rows, or what they moved, or
    a linear regression on all older rows, whichever is best.

    References
    ----------
    Kennel, Brown, Abarbanel (1992), Phys. Rev. A 45, 3403 (false neighbours); Lorenz (1969),
    J. Atmos. Sci. 26, 636 (analogues); Kantz and Schreiber (2004), Nonlinear Time Series
    Analysis, sections 3.3 and 4.2.
    """
    uses_past = states.now.shape[1] == 1
    covered, distance, n_older, n_newer, dimension = _coverage(states, uses_past)
    horizon, errors, chance = _foretold(states)
    from_row, from_past = _saved(errors)
    return PhaseSpaceReport(
        covered=covered,
        distance=distance,
        n_older=n_older,
        n_newer=n_newer,
        dimension=dimension,
        uses_past=uses_past,
        memory=states.memory,
        horizon=horizon,
        persistence=errors["persistence"],
        mean=errors["mean"],
        from_row=from_row,
        from_past=from_past,
        states=_verdict(from_row, from_past, errors, covered, chance),
        is_smooth=states.is_smooth,
    )


def _verdict(from_row, from_past, errors, covered, chance):
    best = np.nanmax([from_row, from_past, -1.0])
    if not np.isfinite(from_row):
        return "open"
    if from_row >= WHOLE and not from_past - from_row >= GAIN:
        return "whole"
    if best < NOTHING + chance:
        return "unpredictable" if errors["mean"] <= errors["persistence"] else "wandering"
    # Where the newest rows are unlike all others, both forecasts reach beyond what they know.
    is_told = from_past - from_row >= GAIN + chance / 2 and covered >= HALF
    return "hidden" if is_told else "open"


def _foretold(states):
    """Return the longest lead at which a forecast helps, else one step; errors; their scatter."""
    tried = [(float(lead), _errors(states, future)) for lead, future in states.futures.items()]
    chance = [_chance(states, lead) for lead, _ in tried]
    helps = (
        k for k, (_, errors) in enumerate(tried)
        if np.nanmax([*_saved(errors), -1.0]) >= NOTHING + chance[k]
    )  # fmt: skip
    k = next(helps, len(tried) - 1)
    return *tried[k], chance[k]


def _chance(states, lead):
    """Share of the error that is saved by chance: forecasts that overlap are not independent."""
    newer = states.newer
    if not len(newer):
        return 1.0
    times, number = states.times[newer], states.series[newer]
    span = np.diff(times)[np.diff(number) == 0].sum()
    n_independent = np.clip(span / lead, 1, len(newer))
    return float(1 / np.sqrt(n_independent))


def _saved(errors):
    """Share of the smaller error of persistence and the mean that each forecast saves."""
    reference = min(errors["persistence"], errors["mean"])
    if not reference > 0:
        return np.nan, np.nan
    return tuple(float(1 - errors[name] / reference) for name in ("row", "past"))


def _points(states, uses_past):
    return np.concatenate([states.now, states.past], axis=1) if uses_past else states.now


def _coverage(states, uses_past):
    points = _points(states, uses_past)
    whole = np.isfinite(points).all(axis=1)
    older, newer = (rows[whole[rows]] for rows in (states.older, states.newer))
    counts = len(older), len(newer), points.shape[1]
    if len(older) < LEAST_ROWS or len(newer) < LEAST_ROWS // 5:
        return np.nan, np.nan, *counts
    distance, _ = cKDTree(points[older]).query(points[newer])
    distance = distance / np.sqrt(2 * points.shape[1])
    return float(np.mean(distance <= NEAR)), float(np.median(distance)), *counts


def _errors(states, future):
    """Mean squared errors on the newest rows, all on the same entries."""
    past = np.concatenate([states.now, states.past], axis=1)
    usable = np.isfinite(past).all(axis=1) & np.isfinite(future).any(axis=1)
    older, newer = (rows[usable[rows]] for rows in (states.older, states.newer))
    # Their futures must lie in the older part, too.
    older = older[np.isfinite(future[older]).all(axis=1)]
    older = older[:: max(1, int(np.ceil(len(older) / MOST_FITTED)))]
    if len(older) < LEAST_ROWS or len(newer) < LEAST_JUDGING:
        return dict.fromkeys(("persistence", "mean", "row", "past"), np.nan)
    truth, now = future[newer], states.now[newer]

    def error(forecast):
        miss = np.square(forecast - truth)
        return float(miss[np.isfinite(truth)].mean())

    def best(points):
        return min(map(error, _forecasts(points, states.now, future, older, newer)))

    mean = np.broadcast_to(future[older].mean(axis=0), truth.shape)
    return {
        "persistence": error(now),
        "mean": error(mean),
        "row": best(states.now),
        "past": best(past),
    }


def _forecasts(points, now, future, older, newer):
    """Mean future of the nearest older rows, what they moved, and a linear regression."""
    _, near = cKDTree(points[older]).query(points[newer], k=N_NEIGHBOURS)
    futures, moved = future[older], (future - now)[older]
    yield futures[near].mean(axis=1)
    yield now[newer] + moved[near].mean(axis=1)
    inputs = np.column_stack([np.ones(len(older)), points[older]])
    normal = inputs.T @ inputs + RIDGE * len(older) * np.eye(inputs.shape[1])
    law = np.linalg.solve(normal, inputs.T @ moved)
    yield now[newer] + np.column_stack([np.ones(len(newer)), points[newer]]) @ law
