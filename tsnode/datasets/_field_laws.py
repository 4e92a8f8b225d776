"""Fields on periodic grids, solved by their spectra: far more exact than any model of them."""

from dataclasses import dataclass

import numpy as np
from scipy import fft

# Points per axis that the solve has at least, in a multiple of those returned.
LEAST_POINTS = 128
LEAST_POINTS_2D = 64


@dataclass(frozen=True)
class FieldLaw:
    """A partial differential equation u_t = L u + N(u).

    Attributes
    ----------
    title, equation : str
    channels : tuple of str
    linear : callable (kx, ky, **parameters) -> growth rates, (n_channels, ...)
        Of the waves exp(i (kx x + ky y)).
    rest : callable (u, slopes, **parameters) -> (n_channels, ...) or None
        ``slopes`` are those of u along the axes.
    parameters : dict of str -> (default, text)
    length, mean_step, transient : float
    longest_step : float
        Of the solver, in units of time.
    start : callable (random, coordinates, length) -> (n_channels, ...)
    most_axes : int
    """

    title: str
    equation: str
    channels: tuple
    linear: object
    rest: object
    parameters: dict
    length: float
    mean_step: float
    transient: float
    longest_step: float
    start: object
    most_axes: int = 1


def solve_field(law, parameters, start, length, times):
    """Fields at ``times`` (rising from 0), (n_times, n_channels, n_series, *shape), from the first.

    ETDRK4 (Cox and Matthews 2002), phi functions by contour means (Kassam and Trefethen 2005).
    """
    axes = tuple(range(2, start.ndim))
    shape = start.shape[2:]
    waves = wave_numbers(shape, length)
    linear = law.linear(*waves, *[0.0] * (2 - len(waves)), **parameters)
    linear = np.broadcast_to(linear, (len(law.channels), *np.broadcast(*waves, 0.0).shape))
    linear = linear[:, None]  # the same for all series
    kept = np.ones(linear.shape[2:], dtype=bool)
    for wave in waves:  # the upper third folds products back
        kept = kept & (np.abs(wave) <= 2 / 3 * np.abs(wave).max())

    def rest(spectrum):
        u = fft.irfftn(spectrum, s=shape, axes=axes)
        slopes = [fft.irfftn(1j * wave * spectrum, s=shape, axes=axes) for wave in waves]
        return kept * fft.rfftn(law.rest(u, slopes, **parameters), axes=axes)

    spectrum, out, known = fft.rfftn(start, axes=axes), [start], {}
    for gap in np.diff(times):
        n_steps = 1 if law.rest is None else max(int(np.ceil(gap / law.longest_step)), 1)
        h = gap / n_steps
        if law.rest is None:
            spectrum = np.exp(h * linear) * spectrum
        else:
            if round(h, 12) not in known:
                known = {round(h, 12): _coefficients(h, linear)}
            for _ in range(n_steps):
                spectrum = _step(spectrum, rest, *known[round(h, 12)])
        out.append(fft.irfftn(spectrum, s=shape, axes=axes))
    return np.stack(out)


def wave_numbers(shape, length):
    """Wave numbers per axis, of the shape of a spectrum when broadcast."""
    last = 2 * np.pi / length * np.arange(shape[-1] // 2 + 1)
    if len(shape) == 1:
        return (last,)
    return (2 * np.pi / length * fft.fftfreq(shape[0], 1 / shape[0])[:, None], last[None])


def _coefficients(h, linear):
    z = h * linear[..., None] + np.exp(1j * np.pi * (np.arange(1, 33) - 0.5) / 16)
    half = h * ((np.exp(z / 2) - 1) / z).mean(axis=-1)
    first = h * ((-4 - z + np.exp(z) * (4 - 3 * z + z**2)) / z**3).mean(axis=-1)
    middle = h * ((2 + z + np.exp(z) * (z - 2)) / z**3).mean(axis=-1)
    last = h * ((-4 - 3 * z - z**2 + np.exp(z) * (4 - z)) / z**3).mean(axis=-1)
    return np.exp(h * linear), np.exp(h * linear / 2), half, first, middle, last


def _step(v, rest, whole, part, half, first, middle, last):
    start = rest(v)
    a = part * v + half * start
    at_a = rest(a)
    at_b = rest(part * v + half * at_a)
    c = part * a + half * (2 * at_b - start)
    return whole * v + first * start + 2 * middle * (at_a + at_b) + last * rest(c)


def smooth_waves(random, coordinates, length, n_waves=4):
    """Draw waves of random size and phase, of root mean square 1; the same on every grid."""
    total, power = 0.0, 0.0
    if len(coordinates) == 1:
        pairs = [(k, 0) for k in range(1, n_waves + 1)]
    else:
        pairs = [(k, m) for k in range(n_waves) for m in range(-n_waves + 1, n_waves) if k or m > 0]
    for k, m in pairs:
        size, phase = random.normal() / np.hypot(k, m), random.uniform(0, 2 * np.pi)
        angle = k * coordinates[0] + (m * coordinates[1] if m else 0.0)
        total = total + size * np.cos(2 * np.pi / length * angle + phase)
        power += size**2 / 2
    return total / np.sqrt(power)


def _one(random, coordinates, length):
    return smooth_waves(random, coordinates, length)[None]


def _two(random, coordinates, length):
    return np.stack([smooth_waves(random, coordinates, length) for _ in range(2)])


FIELD_LAWS = {
    "heat": FieldLaw(
        "the heat equation", "u_t = diffusivity (u_xx + u_yy)", ("u",),
        lambda kx, ky, diffusivity: -diffusivity * (kx**2 + ky**2), None,
        {"diffusivity": (0.1, "Of heat, length^2 per time")},
        2 * np.pi, 0.05, 0.0, 1.0, _one, 2,
    ),
    "advection": FieldLaw(
        "a wave carried along", "u_t = -speed u_x", ("u",),
        lambda kx, ky, speed: -1j * speed * kx, None,  # noqa: ARG005
        {"speed": (1.0, "Of the wave, length per time")},
        2 * np.pi, 0.05, 0.0, 1.0, _one,
    ),
    "burgers": FieldLaw(
        "Burgers' equation", "u_t = -u u_x + viscosity u_xx", ("u",),
        lambda kx, ky, viscosity: -viscosity * kx**2,  # noqa: ARG005
        lambda u, slopes, viscosity: -u * slopes[0],  # noqa: ARG005
        {"viscosity": (0.1, "Of the fluid, length^2 per time")},
        2 * np.pi, 0.05, 0.0, 0.01, _one,
    ),
    "kuramoto_sivashinsky": FieldLaw(
        "the Kuramoto-Sivashinsky equation, chaotic at this length",
        "u_t = -u u_x - u_xx - hyperviscosity u_xxxx", ("u",),
        lambda kx, ky, hyperviscosity: kx**2 - hyperviscosity * kx**4,  # noqa: ARG005
        lambda u, slopes, hyperviscosity: -u * slopes[0],  # noqa: ARG005
        {"hyperviscosity": (1.0, "Factor of the fourth derivative")},
        22.0, 0.25, 100.0, 0.05, _one,
    ),
    "reaction_diffusion": FieldLaw(
        "waves of FitzHugh and Nagumo",
        "u_t = diffusivity lap u + u - u^3 - v, v_t = diffusivity lap v + rate (u - 0.5 v)",
        ("u", "v"),
        lambda kx, ky, diffusivity, rate: np.stack(  # noqa: ARG005
            [-diffusivity * (kx**2 + ky**2)] * 2
        ),
        lambda u, slopes, diffusivity, rate: np.stack(  # noqa: ARG005
            [u[0] - u[0] ** 3 - u[1], rate * (u[0] - 0.5 * u[1])]
        ),
        {
            "diffusivity": (0.1, "Of both, length^2 per time"),
            "rate": (0.3, "Of the slow channel, per time"),
        },
        10.0, 0.1, 5.0, 0.02, _two, 2,
    ),
}  # fmt: skip
