"""Known terms of a field equation, and the names of all terms, in the units of the user."""

from collections import Counter
from itertools import product

import numpy as np

from ..exceptions import GridError
from ..training._field_match import Parameter

# Name -> order of its derivatives.
KNOWN_TERMS = {"diffusion": 2, "advection": 1}


def check_known_terms(terms):
    """Refuse terms that are none, all at once."""
    if terms is None:
        return
    strange = [name for name in terms if name not in KNOWN_TERMS] if isinstance(terms, dict) else 1
    if strange:
        msg = f"known_terms must be a dict of {', '.join(map(repr, KNOWN_TERMS))}; got {terms!r}. "
        raise ValueError(msg + "Pass, say, {'diffusion': None} for a coefficient to be found.")


def check_order(terms, order, grid):
    """Refuse derivatives that the grid has too few points for."""
    needs = {f"known_terms[{name!r}]": KNOWN_TERMS[name] for name in terms or ()}
    needs |= {"order": order} if order is not None else {}
    for name, needed in needs.items():
        if needed > grid.most_order:
            half = -(-needed // 2)
            least = 2 * half + 1 if grid.boundary == "periodic" else half + 2
            msg = f"Expected at least {least} points along every axis of the grid, for the "
            msg += f"derivatives of order {needed} that {name} asks for; got {grid.shape}. Pass "
            msg += "more points"
            raise GridError(msg + (", or a lower order." if name == "order" else "."))


def known_values(name, value, n_channels, n_axes):
    """Given coefficients of a term, (n_channels, n_numbers), NaN = to be found."""
    shape = (n_channels, n_axes if name == "advection" else 1)
    if value is None:
        return np.full(shape, np.nan)
    try:
        given = np.asarray(value, dtype=float)
        if not np.isfinite(given).all():
            raise ValueError  # noqa: TRY301
        if given.shape == (n_channels,) and shape != (n_channels, n_channels):
            given = given[:, None]
        return np.broadcast_to(given, shape).copy()
    except (TypeError, ValueError) as error:
        msg = f"known_terms[{name!r}] must be None or finite numbers of shape {shape} "
        msg += f"(channels, numbers each); got {value!r}. Pass one number for all channels."
        raise ValueError(msg) from error


def known_parameters(terms, law_terms, derivatives, n_channels, factors):
    """Parameters to be found in the known terms, coefficients given, and terms they stand for.

    Parameters
    ----------
    terms : dict of str -> array of ``known_values``
    law_terms : tuple
    factors : dict of str -> float array of shape (n_axes,)
        Of derivatives along an axis: from the unit of the user to that of the law.

    Returns
    -------
    list of Parameter, float array (n_channels, n_terms), set of (channel, term number)
    """
    n, n_axes = len(derivatives), len(derivatives[0])
    number = {term: k for k, term in enumerate(law_terms)}
    found, given, taken = [], np.zeros((n_channels, len(law_terms))), set()
    for name, values in terms.items():
        order = KNOWN_TERMS[name]
        along = [tuple(order if a == axis else 0 for a in range(n_axes)) for axis in range(n_axes)]
        for channel in range(n_channels):
            places = [number[(channel * n + derivatives.index(one),)] for one in along]
            parts = list(zip(places, factors[name].tolist(), strict=True))
            taken |= {(channel, place) for place in places}
            groups = [parts] if name == "diffusion" else [[part] for part in parts]
            for value, group in zip(values[channel], groups, strict=True):
                if np.isnan(value):
                    found.append(Parameter(channel, tuple(group), is_known=True))
                    continue
                for place, factor in group:
                    given[channel, place] += factor * value
    return found, given, taken


def variable_names(channels, derivatives):
    """Name of every variable: u, u_x, u_xx, v_xy."""
    names = ["u"] if channels == (None,) else [str(one) for one in channels]
    axes = "xy"
    found = []
    for name, orders in product(names, derivatives):
        below = "".join(axes[axis] * order for axis, order in enumerate(orders))
        found.append(f"{name}_{below}" if below else name)
    return found


def physical_terms(law, center, scale, spacing, step):
    """Coefficients by products of variables, in the units of the user: one Counter a channel.

    A standardised value is (u - center) / scale, so that products are multiplied out.
    """
    n = len(law.derivatives)
    found = [Counter() for _ in range(law.n_channels)]
    for term, coefs in zip(law.terms, law.coefs.T, strict=True):
        if not coefs.any():
            continue
        sums = Counter({(): 1.0})
        for variable in term:
            channel, derivative = divmod(variable, n)
            unit = np.prod(np.power(spacing, law.derivatives[derivative])) / scale[channel]
            shift = -center[channel] * unit if derivative == 0 else 0.0
            ahead = Counter()
            for monomial, value in sums.items():
                ahead[tuple(sorted((*monomial, variable)))] += value * unit
                if shift:
                    ahead[monomial] += value * shift
            sums = ahead
        for channel in np.flatnonzero(coefs):
            for monomial, value in sums.items():
                found[channel][monomial] += value * coefs[channel] * scale[channel] / step
    return found


def write_equations(law, channels, center, scale, spacing, step):
    """Polynomial part of every channel's law as text, by the name of the channel."""
    names = variable_names(channels, law.derivatives)
    with np.errstate(over="ignore", invalid="ignore"):
        found = physical_terms(law, center, scale, spacing, step)
    equations = {}
    for k, (channel, terms) in enumerate(zip(channels, found, strict=True)):
        left = names[k * len(law.derivatives)]
        parts = [
            f"{value:+.4g} {' '.join(names[v] for v in term)}".rstrip()
            for term, value in terms.items()
        ]
        parts += ["+ network"] if law.weights else []
        equations[left if channel is None else channel] = f"{left}_t = {' '.join(parts) or 0}"
    return equations


def read_edges(values, n_channels, n_axes):
    """Values that a boundary is given, (n_channels, 2); None where it has those of the data."""
    if values is None:
        return None
    try:
        given = np.asarray(values, dtype=float)
        if not np.isfinite(given).all() or (given.ndim and n_axes > 1):
            raise ValueError  # noqa: TRY301
        return np.broadcast_to(given, (n_channels, 2))
    except (TypeError, ValueError) as error:
        what = "a number or (left, right)" if n_axes == 1 else "one number"
        msg = f"boundary_values must be {what}; got {values!r}. Pass None to take the values of "
        raise ValueError(msg + "the edges' points.") from error
