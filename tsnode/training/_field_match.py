"""Fit a field equation to smoothed slopes: few products by least squares, then a network."""

import warnings
from dataclasses import dataclass

import numpy as np

# Points in time and space that a match reads at most, spread evenly.
MOST_SAMPLES, MOST_FOR_NETWORK = 60_000, 12_000
# Of columns of unit size: enough against collinear derivatives, far below any noise.
RIDGE = 1e-10
# A law of fewer terms may be so much worse on rows held out; where that leaves too many to be
# sharpened by solves, so much.
TOLERANCE, LOOSE = 0.01, 1.0
# Share of the power of slopes that is below what smoothing does to them.
EXACT = 1e-8
# Share of the residual that a network has to take away to be kept.
WORTH = 0.9
N_BLOCKS = 25


@dataclass(frozen=True)
class Parameter:
    """One number to be found: a coefficient of one term, or of several together.

    Attributes
    ----------
    channel : int
        Whose slope it adds to.
    parts : tuple of (term number, factor)
    is_known : bool
        Belongs to a known term: never left out.
    """

    channel: int
    parts: tuple
    is_known: bool = False


def coefs_of(parameters, theta, given):
    """Coefficients (n_channels, n_terms) of parameters and of what is given."""
    coefs = given.copy()
    for one, value in zip(parameters, theta, strict=True):
        for term, factor in one.parts:
            coefs[one.channel, term] += factor * value
    return coefs


def is_held_out(n_rows):
    """Mark every fifth of blocks of time."""
    return (np.arange(n_rows) * N_BLOCKS // max(n_rows, 1)) % 5 == 4


def match_terms(values, slopes, weights, held, parameters, given, tolerance=TOLERANCE):
    """Parameters that the slopes ask for, and their values.

    Parameters
    ----------
    values : float array of shape (n_samples, n_terms)
        Of every term.
    slopes, weights : float arrays of shape (n_samples, n_channels)
    held : bool array of shape (n_samples,)
        Judge on these, learn from the others.
    parameters : list of Parameter
    given : float array of shape (n_channels, n_terms)
    tolerance : float
        Share by which a law of fewer terms may be worse on rows held out.

    Returns
    -------
    list of Parameter, float array
    """
    kept, theta = [], []
    for channel in range(slopes.shape[1]):
        own = [one for one in parameters if one.channel == channel]
        if not own:
            continue
        columns = np.stack(
            [sum(factor * values[:, term] for term, factor in one.parts) for one in own], axis=1
        )
        target = slopes[:, channel] - values @ given[channel]
        table = np.column_stack([columns, target]) * np.sqrt(weights[:, [channel]])
        grams = [part.T @ part for part in (table[~held], table[held])]
        forced = {k for k, one in enumerate(own) if one.is_known}
        active, found = _choose(*grams, forced, tolerance)
        kept += [own[k] for k in active]
        theta += list(found)
    return kept, np.array(theta)


def _choose(train, valid, forced, tolerance):
    """Leave out term by term what costs least; the shortest law that is near the best."""
    size = np.sqrt(np.diag(train)[:-1])
    is_there = size > 1e-12 * max(size.max(initial=0.0), 1e-300)
    size = np.where(is_there, size, 1.0)
    active = [k for k in range(len(size)) if is_there[k] or k in forced]
    tried = []
    while True:
        unit, own = size[active], np.ix_(active, active)
        matrix = train[own] / np.outer(unit, unit) + RIDGE * np.eye(len(active))
        inverse = np.linalg.pinv(matrix, hermitian=True) if active else matrix
        coefs = inverse @ (train[active, -1] / unit)
        theta = coefs / unit
        left = valid[-1, -1] - 2 * theta @ valid[active, -1] + theta @ valid[own] @ theta
        tried.append((max(left, 0.0), list(active), theta))
        loose = [k for k, term in enumerate(active) if term not in forced]
        if not loose:
            break
        cost = coefs[loose] ** 2 / np.maximum(np.diag(inverse)[loose], 1e-300)
        del active[loose[int(np.argmin(cost))]]
    bound = min(left for left, _, _ in tried) * (1 + tolerance) + EXACT * valid[-1, -1]
    _, active, theta = next(one for one in reversed(tried) if one[0] <= bound)
    # All rows say more than four fifths of them.
    both = train + valid
    unit, own = size[active], np.ix_(active, active)
    if active:
        matrix = both[own] / np.outer(unit, unit) + RIDGE * np.eye(len(active))
        theta = np.linalg.pinv(matrix, hermitian=True) @ (both[active, -1] / unit) / unit
    return active, theta


def match_network(inputs, left, held, *, widths, alpha, max_epochs, seed):
    """Network of what products leave of the slopes; its layers, units and share on rows held out.

    Parameters
    ----------
    inputs : float array of shape (n_samples, n_inputs)
    left : float array of shape (n_samples, n_channels)
    held : bool array of shape (n_samples,)

    Returns
    -------
    dict of the network's parts of a ``FieldLaw``, float
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    every = max(len(inputs) // MOST_FOR_NETWORK, 1)
    inputs, left, held = inputs[::every], left[::every], held[::every]
    center, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    unit = np.sqrt((left**2).mean(axis=0))
    unit = np.where(unit > 0, unit, 1.0)
    net = MLPRegressor(
        hidden_layer_sizes=tuple(widths), activation="tanh", solver="lbfgs", alpha=alpha,
        max_iter=max_epochs, max_fun=10 * max_epochs, random_state=seed,
    )  # fmt: skip
    z, target = (inputs - center) / scale, left / unit
    target = target[:, 0] if target.shape[1] == 1 else target
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(z[~held], target[~held])
    miss = target[held] - net.predict(z[held])
    share = float((miss**2).mean() / max((target[held] ** 2).mean(), 1e-300)) if held.any() else 1.0
    weights, shifts = list(net.coefs_), list(net.intercepts_)
    weights[-1], shifts[-1] = weights[-1] * unit, shifts[-1] * unit
    parts = {"weights": tuple(weights), "shifts": tuple(shifts), "center": center, "scale": scale}
    return parts, share
