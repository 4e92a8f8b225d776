"""Monomials of several values: which there are up to a degree, and their names."""

from itertools import combinations_with_replacement
from math import comb

import numpy as np


def count_terms(n_inputs, degree):
    """Count the monomials up to ``degree``."""
    return comb(n_inputs + degree, degree)


def exponents_of(n_inputs, degree):
    """Exponents of all monomials up to ``degree``, int array (n_terms, n_inputs)."""
    rows = [
        np.bincount(np.array(chosen, dtype=int), minlength=n_inputs)
        for size in range(degree + 1)
        for chosen in combinations_with_replacement(range(n_inputs), size)
    ]
    return np.array(rows, dtype=np.int64)


def name_term(exponents, names):
    """Write a monomial: ``x^2 v``; "1" for the constant."""
    powers = zip(names, exponents, strict=True)
    parts = [str(name) if k == 1 else f"{name}^{k}" for name, k in powers if k]
    return " ".join(parts) or "1"
