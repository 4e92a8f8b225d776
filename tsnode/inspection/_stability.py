"""What eigenvalues at a fixed point say: node, focus or saddle, stable or not."""

import numpy as np

# In parts of the largest eigenvalue: real parts below it are none.
NONE = 1e-7


def sort_eigenvalues(jacobians, *, of_map=False):
    """Eigenvalues of Jacobians, complex of shape (n, n_channels), the fastest growing first.

    ``of_map``: multipliers, which grow where they are longer than 1.
    """
    found = np.linalg.eigvals(jacobians).astype(complex)
    growth = np.abs(found) if of_map else found.real
    # Of a pair the one that turns forward comes first; rounding must not part the two.
    order = np.lexsort((-found.imag, -np.round(growth, 12)), axis=1)
    return np.take_along_axis(found, order, axis=1)


def name_stability(eigenvalues, *, of_map=False):
    """Return kind and whether small deviations die out.

    Parameters
    ----------
    eigenvalues : complex array of shape (n_channels,)
    of_map : bool, default=False
        Multipliers of a step map: those shorter than 1 shrink.

    Returns
    -------
    kind : str
        "stable" or "unstable", and "node" (all real) or "focus"; "saddle" or "saddle focus";
        "centre" where nothing grows or shrinks and all turn; "marginal" where an eigenvalue
        that neither grows nor shrinks leaves stability to terms of higher order.
    is_stable : bool

    Examples
    --------
    >>> name_stability(np.array([-0.1 + 2j, -0.1 - 2j]))
    ('stable focus', True)
    >>> name_stability(np.array([1.5, 0.2]), of_map=True)
    ('saddle', False)
    """
    size = np.abs(eigenvalues)
    growth = np.log(np.maximum(size, 1e-300)) if of_map else eigenvalues.real
    tolerance = NONE * (1.0 if of_map else max(size.max(), 1e-300))
    turns = np.abs(eigenvalues.imag) > NONE * max(size.max(), 1e-300)
    grows, shrinks = growth > tolerance, growth < -tolerance
    if grows.any():
        if shrinks.any():
            return "saddle focus" if turns.any() else "saddle", False
        if grows.all():
            return "unstable focus" if turns.any() else "unstable node", False
        return "marginal", False
    if shrinks.all():
        return "stable focus" if turns.any() else "stable node", True
    is_centre = turns.all() and not shrinks.any()
    return "centre" if is_centre else "marginal", False
