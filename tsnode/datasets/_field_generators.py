"""The public generators of fields: one function per equation, with one signature."""

import numbers

import numpy as np
import pandas as pd

from tsnode._constraints import check_count, check_number
from tsnode.datasets._field_laws import FIELD_LAWS, LEAST_POINTS, LEAST_POINTS_2D, solve_field
from tsnode.datasets._public_generators import make_generator
from tsnode.datasets._sampling import NOISE, STARTS, _blank, _draw_times

DOCUMENTATION = """Sample {title}, on a periodic grid.

    The law is ``{equation}``.

    Parameters
    ----------
    n_samples : int, default=200
        Rows per series.
    n_points : int, default=64
        Points of the grid{axes_text}.
    length : float, default={length:.4g}
        Of the region, after which it repeats.
    mean_step : float, default={mean_step:.4g}
        Mean gap between stamps.
    irregular : bool, default=False
        Exponential gaps, clipped to 0.05 and 5 mean steps; else all gaps are equal.
    noise : float, default=0.0
        Standard deviation of the added Gaussian noise, in parts of each channel's own.
    missing : float, default=0.0
        Share of the entries that are NaN, drawn at random.
    transient : float, default={transient:g}
        Time that passes between the first field, a few random waves, and the first row.
    n_series : int, default=1
        Over 1: a panel, index (series, time), every series with its own stamps and start.
    random_state : int, RandomState or None, default=None
        Seed of stamps, starts, noise and missing entries, each with a stream of its own. The start
        is the same field whatever ``n_points``.
    return_truth : bool, default=False
        Return the fields without noise and gaps as well.
{parameters}

    Returns
    -------
    observed : DataFrame of shape (n_series * n_samples, {n_columns})
        Columns (channel, x{more_axes}); a float index named "time" that starts at 0. ``attrs``
        holds the law's name, equation and parameters.
    truth : DataFrame of that shape
        If ``return_truth``.

    Notes
    -----
    By Fourier series; products by ETDRK4 on at least 128 points (64 an axis in 2-D).

    Examples
    --------
    >>> from tsnode.datasets import make_{name}
    >>> frame = make_{name}(5, n_points=16, noise=0.01, transient=0.0, random_state=0)
    >>> frame.shape, frame.columns.names, frame.attrs["law"]
    ((5, {n_shown}), FrozenList(['channel', 'x']), {name!r})
    """

SHARED = {
    "irregular": False,
    "noise": 0.0,
    "missing": 0.0,
    "transient": None,
    "n_series": 1,
    "random_state": None,
    "return_truth": False,
}


def _build_generator(name):
    """Return ``make_<name>``, with a full signature."""
    law = FIELD_LAWS[name]
    keywords = {"n_points": 64, "length": law.length, "mean_step": law.mean_step, **SHARED}
    keywords["transient"] = law.transient
    keywords |= {"n_axes": 1} if law.most_axes > 1 else {}
    keywords |= {key: default for key, (default, _) in law.parameters.items()}

    def sample(settings):
        parameters = {key: settings.pop(key) for key in law.parameters}
        return _sample(name, law, parameters, **settings)

    return make_generator(name, __name__, _write_documentation(name, law), 200, keywords, sample)


def _write_documentation(name, law):
    lines = ["    n_axes : {1, 2}, default=1\n        Of space."] if law.most_axes > 1 else []
    lines += [
        f"    {key} : float, default={default:.4g}\n        {text}."
        for key, (default, text) in law.parameters.items()
    ]
    n = len(law.channels)
    return DOCUMENTATION.format(
        name=name, title=law.title, equation=law.equation, length=law.length,
        mean_step=law.mean_step, transient=law.transient, parameters="\n".join(lines),
        n_columns="n_points" if n == 1 else f"{n} * n_points", n_shown=n * 16,
        axes_text=", per axis" if law.most_axes > 1 else "",
        more_axes="[, y]" if law.most_axes > 1 else "",
    )  # fmt: skip


def _sample(
    name, law, parameters, n_samples, n_points, length, mean_step, irregular, noise, missing,
    transient, n_series, random_state, return_truth, n_axes=1,
):  # fmt: skip
    from tsnode._random import draw_seed  # takes scikit-learn with it

    check_count("n_samples", n_samples, low=2)
    check_count("n_points", n_points, low=4)
    check_count("n_axes", n_axes, low=1, high=law.most_axes)
    check_count("n_series", n_series)
    for key, value in {"length": length, "mean_step": mean_step}.items():
        check_number(key, value, low=0.0, low_open=True)
    for key, value in {"noise": noise, "transient": transient}.items():
        check_number(key, value, low=0.0)
    check_number("missing", missing, low=0.0, high=0.99)
    for key, value in parameters.items():
        is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not is_real or not np.isfinite(value) or (key != "speed" and value < 0):
            msg = f"{key} of {name} must be a finite number{'' if key == 'speed' else ' from 0'}; "
            msg += f"got {value!r}. Set it to one, say {law.parameters[key][0]!r}."
            raise ValueError(msg)
    seed = draw_seed(random_state)
    least = LEAST_POINTS if n_axes == 1 else LEAST_POINTS_2D
    every = -(-least // n_points)
    line = length / (n_points * every) * np.arange(n_points * every)
    coordinates = np.meshgrid(*[line] * n_axes, indexing="ij")
    times = [
        _draw_times(n_samples, mean_step, irregular, [seed, 0, number])
        for number in range(n_series)
    ]
    starts = [
        law.start(np.random.default_rng([seed, STARTS, number]), coordinates, length)
        for number in range(n_series)
    ]
    # Series of the same stamps are solved together.
    groups = [[number] for number in range(n_series)] if irregular else [range(n_series)]
    states = []
    for group in groups:
        own = times[group[0]]
        asked = np.r_[0.0, transient + own] if transient else own
        start = np.stack([starts[number] for number in group], axis=1)
        found = solve_field(law, parameters, start, length, asked)[-n_samples:]
        states += list(np.moveaxis(found[(..., *[slice(None, None, every)] * n_axes)], 2, 0))
    truth = _to_frame(times, np.stack(states), law.channels, line[::every], n_axes)
    truth.attrs = {
        "law": name, "equation": law.equation, "parameters": parameters, "length": float(length),
        "boundary": "periodic", "mean_step": float(mean_step), "noise": float(noise),
        "missing": float(missing), "irregular": bool(irregular),
    }  # fmt: skip
    spreads = np.stack(states).std(axis=(0, 1, *range(3, 3 + n_axes)))
    sizes = np.repeat(spreads, n_points**n_axes)
    draws = np.random.default_rng([seed, NOISE]).normal(size=truth.shape)
    observed = _blank(truth + noise * sizes * draws, missing, seed)
    return (observed, truth) if return_truth else observed


def _to_frame(times, states, channels, line, n_axes):
    n_series, n_samples = states.shape[:2]
    index = pd.Index(np.concatenate(times), name="time", dtype="float64")
    if n_series > 1:
        keys = np.repeat(np.arange(n_series), n_samples)
        index = pd.MultiIndex.from_arrays([keys, index], names=["series", "time"])
    names = ["channel", "x", "y"][: n_axes + 1]
    columns = pd.MultiIndex.from_product([channels, *[line] * n_axes], names=names)
    values = states.reshape(n_series * n_samples, -1)
    return pd.DataFrame(values, index=index, columns=columns)


make_heat = _build_generator("heat")
make_advection = _build_generator("advection")
make_burgers = _build_generator("burgers")
make_kuramoto_sivashinsky = _build_generator("kuramoto_sivashinsky")
make_reaction_diffusion = _build_generator("reaction_diffusion")
