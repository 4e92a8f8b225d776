"""Search for the controls of least cost within bounds, with exact gradients."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize

from ._driven_model import middle_and_span

# Random controls among which the further starts of the search are chosen, per start.
N_DRAWS = 16
# Cost of a run that diverges, in parts of that of the first guess.
DIVERGED = 1e6


@dataclass(frozen=True)
class Found:
    """The best controls of a search."""

    values: np.ndarray
    states: np.ndarray
    cost: float
    success: bool
    message: str
    n_iter: int


class Search:
    """Cost and gradient of controls in parts of their bounds.

    Parameters
    ----------
    model : DrivenModel
    cost : callable, see ``read_cost``
    channels, drivers : names of the states and of the chosen drivers
    elapsed : float array of shape (n_pieces,)
        Time from the start to the end of every piece.
    low, high : float arrays of shape (n_pieces, n_chosen)
    """

    def __init__(self, model, cost, channels, drivers, elapsed, low, high):
        self.model, self.cost = model, cost
        self.channels, self.drivers = channels, drivers
        self.elapsed = torch.tensor(elapsed)
        self.low, self.high = low, high
        self.middle, self.span = middle_and_span(low, high)

    def run(self, guesses, max_iter):
        """Search from every guess, (n_guesses, n_pieces, n_chosen); return the best Found.

        Guesses whose cost is not finite are passed over.
        """
        firsts = [self._value(guess, self.model.states(guess[None])[0]) for guess in guesses]
        pairs = [pair for pair in zip(guesses, firsts, strict=True) if np.isfinite(pair[1])]
        if not pairs:
            msg = f"Expected a finite cost of a first guess; got {firsts[0]}. Pass a guess= whose "
            msg += "run stays finite, more n_starts, a shorter horizon, or a cost without poles."
            raise ValueError(msg)
        found = [self._descend(guess, first, max_iter) for guess, first in pairs]
        return min(found, key=lambda one: one.cost)

    def draw(self, n_starts, random):
        """Draw controls held over random stretches; return the best so many of them."""
        shape = (N_DRAWS * n_starts, *self.low.shape)
        parts = random.uniform(-0.5, 0.5, size=shape)
        n = shape[1]
        for k, n_levels in enumerate(random.integers(1, n + 1, size=shape[0])):
            parts[k] = parts[k][np.arange(n) * n_levels // n]
        values = np.clip(self.middle + parts * self.span, self.low, self.high)
        costs = [self._value(*pair) for pair in zip(values, self.model.states(values), strict=True)]
        order = np.argsort(np.nan_to_num(costs, nan=np.inf, posinf=np.inf), kind="stable")
        return values[order[:n_starts]]

    def _descend(self, guess, first, max_iter):
        self.unit = max(abs(first), 1e-12)
        bounds = [(self.low - self.middle) / self.span, (self.high - self.middle) / self.span]
        solved = minimize(
            self._scaled, ((guess - self.middle) / self.span).ravel(), jac=True, method="L-BFGS-B",
            bounds=np.stack(bounds, axis=-1).reshape(-1, 2),
            options={"maxiter": max_iter, "maxfun": 3 * max_iter, "ftol": 1e-12, "gtol": 1e-7,
                     "maxcor": 20},
        )  # fmt: skip
        values = np.clip(self._values(solved.x), self.low, self.high)
        states = self.model.states(values[None])[0]
        return Found(
            values, states, self._value(values, states), bool(solved.success),
            str(solved.message), int(solved.nit),
        )  # fmt: skip

    def _values(self, parts):
        return self.middle + parts.reshape(self.low.shape) * self.span

    def _scaled(self, parts):
        """Cost and gradient in parts of the first cost and of the bounds."""
        values = self._values(parts)
        states, pull_back = self.model.follow(values)
        if not np.isfinite(states).all():
            return DIVERGED, np.zeros_like(parts)
        inputs = self._tensors(values, states)
        found = self.cost(*inputs, self.elapsed)
        if not torch.isfinite(found):
            return DIVERGED, np.zeros_like(parts)
        gradients = self._gradients(found, inputs)
        total = pull_back(gradients[0]) + gradients[1]
        return float(found.detach()) / self.unit, (total * self.span / self.unit).ravel()

    def _gradients(self, found, inputs):
        """Gradients by states and by controls; 0 for what the cost does not read."""
        flat = [tensor for part in inputs for tensor in part.values()]
        if not found.requires_grad:
            msg = "Expected a cost that depends on the states or the control; got one that torch "
            msg += "sees as a constant. Compute it from the tensors as they are passed."
            raise ValueError(msg)
        parts = torch.autograd.grad(found, flat, allow_unused=True)
        parts = [np.zeros(len(self.elapsed)) if p is None else p.numpy() for p in parts]
        n = len(self.channels)
        return np.stack(parts[:n], axis=1), np.stack(parts[n:], axis=1)

    def _tensors(self, values, states):
        pairs = (states, self.channels), (values, self.drivers)
        return [
            {name: torch.tensor(one[:, k], requires_grad=True) for k, name in enumerate(names)}
            for one, names in pairs
        ]

    def _value(self, values, states):
        if not np.isfinite(states).all():
            return float("inf")
        return float(self.cost(*self._tensors(values, states), self.elapsed).detach())
