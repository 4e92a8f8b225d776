"""The linear latent ODE's encoder in closed form: ridge on future rows at any stamps.

For every channel, y(t_i + lead) = b(lead) V' f_i with f the features of origin i and b the
elementary functions of the spectrum, and V minimises

    sum_ij w_ij (y_ij - b(lead_ij) V' f_i)^2 + alpha trace(V M V').

The windows need no common grid. With M the Gram matrix of b over the leads, V has one ridge problem
for each eigenfunction wherever windows are complete; conjugate gradients from there take a few
rounds where they are not.
"""

import numpy as np
from scipy.linalg import eigh

# Share of the leads beyond the trained ones in the metric M. Without it, combinations of elementary
# functions that cancel within the trained leads are free to grow beyond them.
_SHARE_BEYOND = 0.1
_REACH_BEYOND = 4.0
_SMALLEST_EIGENVALUE = 1e-9
# On a regular grid most windows look alike, and only the others are summed one by one; where fewer
# than this share do, all are.
_LEAST_ALIKE = 0.2


class LatentRidge:
    """The ridge problem of one set of windows, solved for any penalty and channel.

    Parameters
    ----------
    features : float array of shape (n_origins, n_features)
    basis : float array of shape (n_origins, n_targets, n_states)
        Elementary functions at the leads of the targets.
    values, weights : float arrays of shape (n_origins, n_targets, n_channels)
        Weight 0 = not observed.
    functions : callable
        Leads of shape (m,) to elementary functions of shape (m, n_states).
    max_lead : float
    emphasis : float array of shape (n_channels, n_features), optional
        Factor on the features of each channel's problem: a large one is penalised less.
    memory : float array of shape (n_features, n_features), optional
        Sum of f f' over windows seen before; their weight in what ``solve`` starts from.
    """

    def __init__(
        self, features, basis, values, weights, functions, max_lead, *, emphasis=None, memory=None
    ):  # fmt: skip
        self._features, self._values = features, values
        # A complete window weighs one, so alpha compares with the number of origins.
        present = weights.any(axis=2).sum(axis=1)
        self._weights = weights / max(present.mean(), 1.0) if len(present) else weights
        self._turn, self._sizes = _coordinates(basis, weights, functions, max_lead)
        self._basis = basis @ self._turn
        n_channels = values.shape[2]
        self._emphasis = np.ones((n_channels, features.shape[1])) if emphasis is None else emphasis
        self._memory = memory
        self._plain_gram = features.T @ features
        self.gram = self._plain_gram + (0.0 if memory is None else memory)
        self._spectra = {}
        self._latest = (None, None)

    def solve(self, channel, alpha, start=None, tolerance=1e-5, n_max=40):
        """Return the encoder weights of one channel, shape (n_features, n_states).

        Parameters
        ----------
        channel : int
        alpha : float
        start : float array of shape (n_features, n_states), optional
            Weights that penalty and memory draw towards; zero by default.
        """
        emphasis = self._emphasis[channel][:, None]
        if self._latest[0] != channel:
            self._latest = channel, self._normal_equations(channel)
        operator, target = self._latest[1]
        if start is not None:
            target = target - operator(start @ np.linalg.pinv(self._turn).T)
        powers, axes = self._spectrum(channel)
        total = powers[:, None] * self._sizes + alpha
        # Without a penalty the directions that no data fill would be divided by zero.
        inner = 1 / np.maximum(total, max(1e-12 * total.max(), np.finfo(float).tiny))

        def precondition(residual):
            return axes @ (inner * (axes.T @ residual))

        def penalised(v):
            past = 0.0 if self._memory is None else self._memory @ (emphasis * v) * self._sizes
            return emphasis * (operator(emphasis * v) + past) + alpha * v

        found = emphasis * _conjugate_gradients(
            penalised, emphasis * target, precondition, tolerance, n_max
        )
        return found @ self._turn.T + (0.0 if start is None else start)

    def _spectrum(self, channel):
        if channel not in self._spectra:
            emphasis = self._emphasis[channel]
            powers, axes = np.linalg.eigh(emphasis[:, None] * self.gram * emphasis)
            self._spectra[channel] = np.maximum(powers, 0.0), axes
        return self._spectra[channel]

    def _normal_equations(self, channel):
        weights = self._weights[..., channel]
        weighted = self._basis * weights[..., None]
        grams = weighted.transpose(0, 2, 1) @ self._basis
        target = np.einsum("ijs,ij->is", weighted, self._values[..., channel])

        common, odd = _common_gram(grams)
        features, rest = self._features[odd], grams[odd] - common

        def operator(v):
            odd_part = features.T @ np.einsum("ist,it->is", rest, features @ v)
            return odd_part + self._plain_gram @ v @ common

        return operator, self._features.T @ target


def _common_gram(grams):
    """Gram matrix that most windows share, and the rows of the others; 0 and all without one."""
    traces = np.round(np.trace(grams, axis1=1, axis2=2), 12)
    _, first, counts = np.unique(traces, return_index=True, return_counts=True)
    if not len(counts) or counts.max() < _LEAST_ALIKE * len(grams):
        return np.zeros(grams.shape[1:]), np.arange(len(grams))
    common = grams[first[np.argmax(counts)]]
    miss = np.abs(grams - common).max(axis=(1, 2))
    return common, np.flatnonzero(miss > 1e-12 * np.abs(common).max())


def _coordinates(basis, weights, functions, max_lead):
    """Turn the elementary functions so that data and penalty are both diagonal.

    Returns
    -------
    turn : float array of shape (n_states, n_kept)
    sizes : float array of shape (n_kept,)
        Mean square of each turned function over the targets.
    """
    counts = weights.mean(axis=2)
    flat, counts = basis.reshape(-1, basis.shape[-1]), counts.reshape(-1)
    inside = (flat * counts[:, None]).T @ flat / max(counts.sum(), 1e-300)
    grid = functions(np.linspace(0, _REACH_BEYOND * max_lead, 4 * 257))
    beyond = grid.T @ grid / len(grid)
    metric = (1 - _SHARE_BEYOND) * inside + _SHARE_BEYOND * beyond
    sizes, axes = np.linalg.eigh(metric)
    kept = sizes > _SMALLEST_EIGENVALUE * sizes[-1]
    whiten = axes[:, kept] / np.sqrt(sizes[kept])
    sizes, axes = eigh(whiten.T @ inside @ whiten)
    return whiten @ axes, np.maximum(sizes, 0.0)


def _conjugate_gradients(operator, target, precondition, tolerance, n_max):
    """Solve operator(x) = target by preconditioned conjugate gradients from zero."""
    x, residual = np.zeros_like(target), target
    stop = tolerance * np.sqrt((target * precondition(target)).sum())
    direction, before = np.zeros_like(target), np.inf
    for _ in range(n_max):
        step = precondition(residual)
        now = (residual * step).sum()
        if not now > stop**2:
            break
        direction = step + (now / before) * direction
        image = operator(direction)
        length = now / (direction * image).sum()
        x, residual, before = x + length * direction, residual - length * image, now
    return x
