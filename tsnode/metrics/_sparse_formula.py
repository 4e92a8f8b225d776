"""A sparse polynomial for values at many states: which terms, and how far off."""

from dataclasses import dataclass

import numpy as np

from .._monomials import count_terms, exponents_of, name_term

# Of a library whose columns have the size 1.
RIDGE = 1e-10
MOST_TERMS = 1000


@dataclass(frozen=True)
class SparseFormula:
    """Polynomials of few terms, one for every channel.

    Attributes
    ----------
    terms : dict of channel -> dict of term -> coefficient
        Such as ``{"dv/dt": {"v": 1.0, "x^2 v": -1.0}}``.
    errors : dict of channel -> float
        Root mean square of what the formula misses, in parts of that of the values.
    names, exponents, coefficients
        The states, the monomials as int array (n_terms, n_states), float array
        (n_terms, n_channels).
    """

    terms: dict
    errors: dict
    names: tuple
    exponents: np.ndarray
    coefficients: np.ndarray

    def predict(self, states):
        """Evaluate the formula at states, array (n, n_states) to (n, n_channels)."""
        return monomials(np.asarray(states, dtype=float), self.exponents) @ self.coefficients

    def __str__(self):
        width = max(map(len, self.terms))
        lines = [
            f"{channel:<{width}} = {_sum_of(terms)}    (off by {self.errors[channel]:.1%})"
            for channel, terms in self.terms.items()
        ]
        return "\n".join(lines)

    __repr__ = __str__


def find_formula(states, values, names, channels, *, degree=3, tolerance=0.02):
    """Find the sparsest polynomials that are as good as the whole library, but for a tolerance.

    Backward elimination: of all monomials up to ``degree`` the one goes whose loss adds least to
    the squared error, again and again; the shortest formula stays whose root mean square error is
    within ``tolerance`` (of that of the values) of the error of all, as squares add. Its
    coefficients are those of least squares.

    Parameters
    ----------
    states : float array of shape (n, n_states)
    values : float array of shape (n, n_channels)
    names, channels : sequences of str
    degree : int
    tolerance : float

    Returns
    -------
    SparseFormula

    Raises
    ------
    ValueError
        More terms than states, or over 1,000.
    """
    n, n_states = states.shape
    n_terms = count_terms(n_states, degree)
    if n_terms > min(MOST_TERMS, n):
        msg = f"Expected at least as many states as terms, and at most {MOST_TERMS:,} terms; got "
        msg += (
            f"{n} states and {n_terms} terms of {n_states} channels up to degree {degree}. Lower "
        )
        msg += "degree, or pass more states."
        raise ValueError(msg)
    exponents = exponents_of(n_states, degree)
    library = monomials(states, exponents)
    coefficients = np.zeros((n_terms, values.shape[1]))
    terms, errors = {}, {}
    for j, channel in enumerate(channels):
        kept = _shortest(library, values[:, j], tolerance)
        found = np.linalg.lstsq(library[:, kept], values[:, j], rcond=None)[0]
        coefficients[kept, j] = found
        named = [name_term(exponents[k], names) for k in kept]
        terms[channel] = dict(zip(named, map(float, found), strict=True))
        miss = values[:, j] - library[:, kept] @ found
        errors[channel] = float(_size(miss) / (_size(values[:, j]) or 1.0))
    return SparseFormula(terms, errors, tuple(names), exponents, coefficients)


def _shortest(library, values, tolerance):
    """Numbers of the terms of the shortest formula that is good enough."""
    sizes = np.sqrt(np.square(library).mean(axis=0))
    scaled = library / np.where(sizes > 0, sizes, 1.0)
    n = len(values)
    inverse = np.linalg.inv(scaled.T @ scaled / n + RIDGE * np.eye(len(sizes)))
    weights = inverse @ (scaled.T @ values) / n
    error = np.square(values - scaled @ weights).mean()
    most = error + tolerance**2 * np.square(values).mean()
    left = list(range(len(sizes)))
    while left:
        costs = np.square(weights[left]) / inverse[left, left]
        worst = left[int(costs.argmin())]
        error += costs.min()
        if error > most:
            break
        along = inverse[:, worst] / inverse[worst, worst]
        weights = weights - along * weights[worst]
        inverse = inverse - np.outer(along, inverse[worst])
        left.remove(worst)
    return np.array(left, dtype=int)


def monomials(states, exponents):
    """Products of powers of the states, float array (n, n_terms)."""
    return np.prod(states[:, None, :] ** exponents[None, :, :], axis=2)


def _sum_of(terms):
    """Sum in words: ``1.02 v - 0.99 x^2 v``."""
    text = ""
    for term, coefficient in terms.items():
        sign = "-" if coefficient < 0 else "+"
        size = f"{abs(coefficient):.4g}" + ("" if term == "1" else f" {term}")
        text += f" {sign} {size}" if text else size if sign == "+" else f"-{size}"
    return text or "0"


def _size(values):
    return np.sqrt(np.square(values).mean())
