"""Solvers: own fixed-step kernels with per-row steps, torchdiffeq and SciPy behind one door."""

from ._events import Event

__all__ = ["Event"]
