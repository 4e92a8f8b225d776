"""Named parameters of a law, each kept between its bounds by a smooth map."""

import math

import torch
from torch import nn

# Bounds further apart than this factor are searched by powers: 0.01 to 100 begins at 1.
LARGE_RATIO = 100.0
# 1 / (1 + exp(-4)) is 2 % from 1.
SETTLED = 4.0


class Theta:
    """Values by attribute or by key: ``theta.mu`` or ``theta["mu"]``."""

    def __init__(self, values):
        self._values, self._read = values, set()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._get(name, AttributeError)

    def __getitem__(self, name):
        return self._get(name, KeyError)

    def _get(self, name, error):
        if name not in self._values:
            msg = f"theta has no parameter {name!r}; its parameters are {list(self._values)}"
            raise error(msg)
        self._read.add(name)
        return self._values[name]


def unread_of(theta):
    """Names that nobody has asked a Theta for."""
    return [name for name in theta._values if name not in theta._read]


class BoundedParameters(nn.Module):
    """Parameters as smooth functions of unbounded numbers.

    Within finite bounds ``low + (high - low) / (1 + exp(-r))``, or the same of logarithms where
    both are positive and ``high / low`` is at least 100; with one bound, an exponential from it;
    without, a line. So a step of 1 in r is of the order of what is not known.

    Parameters
    ----------
    bounds : dict of str -> (low, start, high)
        low < start < high; -inf and inf stand for no bound.
    """

    def __init__(self, bounds):
        super().__init__()
        self.names = tuple(bounds)
        self._maps = [_map_of(*bound) for bound in bounds.values()]
        self.raw = nn.Parameter(torch.zeros(len(bounds), dtype=torch.float64))

    def values(self, raw=None):
        """Values in the order of ``names``, a list of tensors of shape ()."""
        raw = self.raw if raw is None else raw
        pairs = zip(self._maps, raw.unbind(), strict=True)
        return [KINDS[kind](r, *numbers) for (kind, numbers), r in pairs]

    def forward(self):
        """Return the values as a Theta."""
        return Theta(dict(zip(self.names, self.values(), strict=True)))

    @property
    def has_bound(self):
        """Whether a value nears a bound as its number grows, a list of bool."""
        return [kind != "line" for kind, _ in self._maps]

    @torch.no_grad()
    def settle(self):
        """Go back to within 2 % of the bounds, so that a value pressed there can move again."""
        shifts = [n[-1] if kind in ("between", "powers") else 0.0 for kind, n in self._maps]
        shifts = torch.as_tensor(shifts).to(self.raw)
        limit = torch.where(
            torch.tensor(self.has_bound, device=self.raw.device), SETTLED, torch.inf
        )
        self.raw.copy_(torch.minimum(torch.maximum(self.raw + shifts, -limit), limit) - shifts)

    def slopes(self):
        """Return the derivative of every value in its own number, a tensor of shape (n,)."""
        with torch.enable_grad():
            raw = self.raw.detach().requires_grad_()
            # A value depends on its own number alone, so a sum keeps them apart.
            return torch.autograd.grad(torch.stack(self.values(raw)).sum(), raw)[0]


def _between(r, low, high, shift):
    return low + (high - low) * torch.sigmoid(r + shift)


def _between_powers(r, low, high, shift):
    return torch.exp(_between(r, low, high, shift))


def _from_bound(r, bound, distance):
    return bound + distance * torch.exp(r)


def _along_line(r, start, unit):
    return start + unit * r


KINDS = {
    "between": _between, "powers": _between_powers, "bound": _from_bound, "line": _along_line,
}  # fmt: skip


def _map_of(low, start, high):
    """Kind of the map and its numbers; r = 0 is the start."""
    if math.isinf(low) and math.isinf(high):
        return "line", (start, abs(start) or 1.0)
    if math.isinf(high) or math.isinf(low):
        bound = low if math.isinf(high) else high
        return "bound", (bound, start - bound)
    kind = "between"
    if low > 0 and high / low >= LARGE_RATIO:
        kind, (low, start, high) = "powers", [math.log(x) for x in (low, start, high)]
    return kind, (low, high, math.log((start - low) / (high - start)))


def middle_of(low, high):
    """Start between two finite bounds: their mean, or that of their logarithms if far apart."""
    return math.sqrt(low * high) if low > 0 and high / low >= LARGE_RATIO else (low + high) / 2
