"""The right-hand side of a field equation: products of derivatives, and a network of them."""

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np


@dataclass(frozen=True)
class FieldLaw:
    """du/dt as a function of u and its derivatives at the same point, the same at all points.

    Variable ``channel * n_derivatives + derivative`` is a derivative of a channel.

    Attributes
    ----------
    n_channels : int
    derivatives : tuple of tuples
        See ``derivatives_up_to``.
    terms : tuple of tuples of int
        Products of variables; () is 1.
    coefs : float array of shape (n_channels, n_terms)
    weights, shifts : tuples of arrays
        Layers of the network, each (n_in, n_out) and (n_out,); empty without one.
    inputs : int array
        Variables that the network reads.
    center, scale : float arrays of shape (n_inputs,)
    """

    n_channels: int
    derivatives: tuple
    terms: tuple
    coefs: np.ndarray
    weights: tuple = ()
    shifts: tuple = ()
    inputs: np.ndarray = ()
    center: np.ndarray = ()
    scale: np.ndarray = ()

    @property
    def variables(self):
        """Variables that are read at all, rising; the field itself is always among them."""
        used = np.abs(self.coefs).sum(axis=0) > 0
        read = {v for term, is_used in zip(self.terms, used, strict=True) if is_used for v in term}
        read |= {int(v) for v in self.inputs} if self.weights else set()
        return sorted(read)

    def slope(self, features):
        """Slopes (n, n_channels, *grid) of a dict variable -> values (n, *grid)."""
        like = next(iter(features.values()))
        out = np.zeros((len(like), self.n_channels, *like.shape[1:]))
        for term, coefs in zip(self.terms, self.coefs.T, strict=True):
            if coefs.any():
                value = monomial(term, features)
                for channel in np.flatnonzero(coefs):
                    out[:, channel] += coefs[channel] * value
        if self.weights:
            read = np.stack([features[int(v)] for v in self.inputs], axis=-1)
            out += np.moveaxis(self.network((read - self.center) / self.scale), -1, 1)
        return out

    def network(self, z):
        """Tanh layers on standardised inputs (..., n_inputs)."""
        for weight, shift in zip(self.weights[:-1], self.shifts[:-1], strict=True):
            z = np.tanh(z @ weight + shift)
        return z @ self.weights[-1] + self.shifts[-1]

    def split(self, boundary):
        """Split off the part that a spectrum can be multiplied by.

        Returns
        -------
        linear : float array of shape (n_channels, n_derivatives)
            Of every channel its own derivatives; without periodic boundary the even ones, which
            keep the symmetry of the mirrored field.
        rest : FieldLaw
        """
        n = len(self.derivatives)
        linear, coefs = np.zeros((self.n_channels, n)), self.coefs.copy()
        for number, term in enumerate(self.terms):
            if len(term) != 1:
                continue
            channel, derivative = divmod(term[0], n)
            is_even = all(order % 2 == 0 for order in self.derivatives[derivative])
            if boundary == "periodic" or is_even:
                linear[channel, derivative] = coefs[channel, number]
                coefs[channel, number] = 0.0
        used = np.flatnonzero(coefs.any(axis=0))
        terms = tuple(self.terms[k] for k in used)
        return linear, replace(self, terms=terms, coefs=coefs[:, used])

    def steepness(self, features, boundary):
        """Largest slope of the rest's outputs along every derivative, (n_derivatives,)."""
        _, rest = self.split(boundary)
        n = len(self.derivatives)
        found, base = np.zeros(n), None
        for variable in rest.variables:
            base = rest.slope(features) if base is None else base
            step = 1e-5 * (np.std(features[variable]) + 1e-12)
            moved = rest.slope(features | {variable: features[variable] + step})
            rise = np.abs(moved - base).sum(axis=1) / step
            found[variable % n] = max(found[variable % n], float(rise.max(initial=0.0)))
        return found


def monomial(term, features):
    """Product of the variables of a term."""
    if not term:
        return np.ones_like(next(iter(features.values())))
    value = features[term[0]]
    for variable in term[1:]:
        value = value * features[variable]
    return value


def library(n_channels, derivatives, degree, inner_order):
    """Terms: 1, all derivatives, products of two of low order, and of more of the values alone."""
    n = len(derivatives)
    low = [k for k, orders in enumerate(derivatives) if sum(orders) <= inner_order]
    inner = [channel * n + k for channel in range(n_channels) for k in low]
    terms = [(), *((v,) for v in range(n_channels * n))]
    if degree > 1:
        terms += combinations_with_replacement(inner, 2)
    for power in range(3, degree + 1):
        terms += combinations_with_replacement(range(0, n_channels * n, n), power)
    return tuple(terms)
