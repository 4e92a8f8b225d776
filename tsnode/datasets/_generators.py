"""The public generators: one function per law of the table, with one signature."""

from tsnode.datasets._laws import LAWS
from tsnode.datasets._public_generators import make_generator
from tsnode.datasets._sampling import sample_law

DOCUMENTATION = """Sample {title} on regular or irregular stamps.

    The law is ``{equation}``.

    Parameters
    ----------
    n_samples : int, default=1000
        Rows per series.
    mean_step : float, default={mean_step:.4g}
        Mean gap between stamps, in units of the law's time.
    irregular : bool, default=False
        Exponential gaps, clipped to 0.05 and 5 mean steps; else all gaps are equal.
    noise : float, default=0.0
        Standard deviation of the added Gaussian noise, in parts of each channel's own.
    missing : float, default=0.0
        Share of the entries that are NaN, drawn at random.
    start : array-like of shape ({n_states},) or (n_series, {n_states}), default=None
        State at which the solve starts, before the transient. None: {start};
        with several series the later ones start at random around it.
    transient : float, default={transient:g}
        Time that passes between ``start`` and the first row.
    n_series : int, default=1
        Over 1: a panel, index (series, time), every series with its own stamps and start.
    random_state : int, RandomState or None, default=None
        Seed of stamps, starts, noise and missing entries. Each has a stream of its own: another
        ``noise`` leaves stamps and states as they are.
    return_truth : bool, default=False
        Return the states without noise and gaps as well.
{parameters}

    Returns
    -------
    observed : DataFrame of shape (n_series * n_samples, {n_states})
        Columns {columns}; a float index named "time" that starts at 0. ``attrs`` holds the law's
        name, equation, parameters and start.
    truth : DataFrame of that shape
        If ``return_truth``.

    Notes
    -----
    Solved with rtol 1e-10. A chaotic law forgets its start: two machines may differ from some 25
    Lyapunov times on, each with an orbit of the attractor.

    Examples
    --------
    >>> from tsnode.datasets import make_{name}
    >>> frame = make_{name}(20, irregular=True, noise=0.05, missing=0.1, random_state=0)
    >>> frame.shape, frame.attrs["law"]
    ((20, {n_columns}), {name!r})
    """

SHARED = {
    "irregular": False,
    "noise": 0.0,
    "missing": 0.0,
    "start": None,
    "transient": None,
    "n_series": 1,
    "random_state": None,
    "return_truth": False,
}


def _build_generator(name):
    """Return ``make_<name>``: the shared machinery bound to one law, with a full signature."""
    law = LAWS[name]
    keywords = {"mean_step": law.mean_step, **SHARED, "transient": law.transient, **law.defaults}

    def sample(settings):
        parameters = {key: settings.pop(key) for key in law.parameters}
        return sample_law(name, law, parameters, **settings)

    return make_generator(name, __name__, _write_documentation(name, law), 1000, keywords, sample)


def _write_documentation(name, law):
    columns = law.name_columns(law.defaults)
    first = law.first_state(law.defaults).tolist()
    is_long = len(columns) > 3
    lines = [
        f"    {key} : {type(default).__name__}, default={default:.4g}\n        {text}."
        for key, (default, text) in law.parameters.items()
    ]
    return DOCUMENTATION.format(
        name=name,
        n_columns=len(columns),
        title=law.title,
        equation=law.equation,
        mean_step=law.mean_step,
        transient=law.transient,
        n_states="n_sites" if is_long else len(columns),
        columns=f"{columns[0]}, {columns[1]}, ..." if is_long else ", ".join(columns),
        start="the forcing everywhere, one site nudged" if is_long else first,
        parameters="\n".join(lines),
    )


make_harmonic_oscillator = _build_generator("harmonic_oscillator")
make_van_der_pol = _build_generator("van_der_pol")
make_lotka_volterra = _build_generator("lotka_volterra")
make_damped_pendulum = _build_generator("damped_pendulum")
make_lorenz63 = _build_generator("lorenz63")
make_roessler = _build_generator("roessler")
make_lorenz96 = _build_generator("lorenz96")
make_spiral = _build_generator("spiral")
