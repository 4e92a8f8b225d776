"""Sample a law: solve it exactly enough, then thin, blur and blank what is seen of it."""

import numbers

import numpy as np
import pandas as pd

from tsnode._constraints import check_count, check_number

# Far below any noise and any model's error: the solution counts as the truth.
RTOL, ATOL = 1e-10, 1e-12
GAP_LIMITS = (0.05, 5.0)  # of the mean gap: neither doubled stamps nor holes
START_SPREAD = 0.3  # of the usual start's size, for the starts of further series

# One stream of random numbers each, so that e.g. more noise leaves stamps and states as they are.
GAPS, STARTS, NOISE, MISSING = range(4)


def sample_law(
    name,
    law,
    parameters,
    n_samples,
    *,
    mean_step,
    irregular,
    noise,
    missing,
    start,
    transient,
    n_series,
    random_state,
    return_truth,
):
    """Return the observed frame of a law, and its truth if asked; parameters as in generators."""
    from tsnode._random import draw_seed  # takes scikit-learn with it

    check_count("n_samples", n_samples, low=2)
    check_number("mean_step", mean_step, low=0.0, low_open=True)
    check_number("noise", noise, low=0.0)
    check_number("missing", missing, low=0.0, high=0.99)
    check_number("transient", transient, low=0.0)
    check_count("n_series", n_series)
    _check_parameters(name, law, parameters)
    columns = law.name_columns(parameters)
    seed = draw_seed(random_state)
    starts = _draw_starts(law, parameters, start, len(columns), n_series, seed)
    times = [
        _draw_times(n_samples, mean_step, irregular, [seed, GAPS, series])
        for series in range(n_series)
    ]
    states = np.stack(
        [
            _solve(name, law, parameters, first, own_times, transient)
            for first, own_times in zip(starts, times, strict=True)
        ]
    )
    truth = _to_frame(times, states, columns)
    truth.attrs = {
        "law": name,
        "equation": law.equation,
        "parameters": {key: _plain(value) for key, value in parameters.items()},
        "start": (starts[0] if n_series == 1 else starts).tolist(),
        "transient": float(transient),
        "mean_step": float(mean_step),
        "irregular": bool(irregular),
        "noise": float(noise),
        "missing": float(missing),
    }
    observed = _blank(_blur(truth, noise, seed), missing, seed)
    return (observed, truth) if return_truth else observed


def _check_parameters(name, law, parameters):
    for key, value in parameters.items():
        default = law.defaults[key]
        if isinstance(default, int):
            check_count(key, value, low=4)
        elif (
            not isinstance(value, numbers.Real) or isinstance(value, bool) or not np.isfinite(value)
        ):
            msg = f"{key} of {name} must be a finite number; got {value!r}. Set it to one, "
            msg += f"say {default!r}."
            raise ValueError(msg)


def _plain(value):
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _draw_starts(law, parameters, start, n_states, n_series, seed):
    """Return the first states, of shape (n_series, n_states): the usual one, then random ones."""
    usual = law.first_state(parameters)
    if start is not None:
        usual = np.asarray(start, dtype=float)
        if usual.shape not in ((n_states,), (n_series, n_states)) or not np.isfinite(usual).all():
            msg = f"start must hold {n_states} finite numbers, or {n_series} rows of them; "
            msg += f"got an array of shape {usual.shape}. Pass one value per state."
            raise ValueError(msg)
    if usual.ndim == 2:
        return usual
    # The rows are drawn one after the other: more series leave the first ones as they are.
    draws = np.random.default_rng([seed, STARTS]).normal(size=(n_series, n_states))
    draws[0] = 0.0
    if law.stays_positive:
        return usual * np.exp(START_SPREAD * draws)
    return usual + START_SPREAD * np.sqrt(np.mean(usual**2)) * draws


def _draw_times(n_samples, mean_step, irregular, seeds):
    if not irregular:
        return mean_step * np.arange(n_samples)
    gaps = np.random.default_rng(seeds).exponential(size=n_samples - 1).clip(*GAP_LIMITS)
    return np.concatenate([[0.0], mean_step * np.cumsum(gaps)])


def _solve(name, law, parameters, start, times, transient):
    """Return the states at ``times``, of shape (n_samples, n_states); time 0 ends the transient."""
    from scipy.integrate import solve_ivp

    span = (0.0, transient + times[-1])
    # A law that explodes overflows on its way to the refusal below.
    with np.errstate(over="ignore", invalid="ignore"):
        solution = solve_ivp(
            lambda _, z: law.slope(z, **parameters),
            span,
            start,
            method="LSODA" if law.is_stiff(**parameters) else "DOP853",
            t_eval=transient + times,
            rtol=RTOL,
            atol=ATOL,
        )
    if not solution.success or not np.isfinite(solution.y).all():
        msg = f"{name} with {parameters} and start {start.tolist()} cannot be solved to "
        msg += f"time {span[1]:g} ({solution.message}). Choose parameters or a start that stay "
        msg += "finite."
        raise ValueError(msg)
    return solution.y.T


def _to_frame(times, states, columns):
    n_series, n_samples, n_states = states.shape
    index = pd.Index(np.concatenate(times), name="time", dtype="float64")
    if n_series > 1:
        keys = np.repeat(np.arange(n_series), n_samples)
        index = pd.MultiIndex.from_arrays([keys, index], names=["series", "time"])
    return pd.DataFrame(states.reshape(-1, n_states), index=index, columns=columns)


def _blur(truth, noise, seed):
    draws = np.random.default_rng([seed, NOISE]).normal(size=truth.shape)
    return truth + noise * truth.std(ddof=0).to_numpy() * draws


def _blank(observed, missing, seed):
    """Blank the same share of entries in every draw, anywhere in the frame."""
    ranks = np.random.default_rng([seed, MISSING]).permutation(observed.size)
    is_blank = ranks.reshape(observed.shape) < round(missing * observed.size)
    return observed.mask(is_blank)
