"""The laws of the generated systems: one table, each law a right-hand side and its defaults."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Law:
    """An autonomous law dz/dt = slope(z, **parameters) and how it is usually sampled.

    ``slope`` takes and returns arrays of shape (..., n_states). ``parameters`` maps each name to
    its default and its line of documentation. ``start`` is the first state, or a function of the
    parameters. ``stays_positive``: random starts scale the state instead of shifting it.
    ``is_stiff`` tells by the parameters whether an explicit solver would crawl.
    """

    title: str
    equation: str
    slope: Callable
    columns: tuple[str, ...] | Callable
    parameters: dict[str, tuple[float, str]]
    start: tuple[float, ...] | Callable
    mean_step: float
    transient: float = 0.0
    stays_positive: bool = False
    is_stiff: Callable = lambda **_: False

    @property
    def defaults(self):
        """Return the default of every parameter."""
        return {name: default for name, (default, _) in self.parameters.items()}

    def name_columns(self, parameters):
        """Return the names of the states."""
        return list(self.columns(**parameters) if callable(self.columns) else self.columns)

    def first_state(self, parameters):
        """Return the usual first state, of shape (n_states,)."""
        start = self.start(**parameters) if callable(self.start) else self.start
        return np.array(start, dtype=float)


def harmonic_oscillator(z, *, omega, damping):
    """Return the slope of x'' = -omega² x - 2 damping omega x'."""
    x, v = z[..., 0], z[..., 1]
    return np.stack([v, -(omega**2) * x - 2.0 * damping * omega * v], axis=-1)


def van_der_pol(z, *, epsilon):
    """Return the slope of x'' = epsilon (1 - x²) x' - x."""
    x, v = z[..., 0], z[..., 1]
    return np.stack([v, epsilon * (1.0 - x**2) * v - x], axis=-1)


def lotka_volterra(z, *, alpha, beta, gamma, delta):
    """Return the slope of prey and predators."""
    prey, predator = z[..., 0], z[..., 1]
    prey_slope = alpha * prey - beta * prey * predator
    return np.stack([prey_slope, delta * prey * predator - gamma * predator], axis=-1)


def damped_pendulum(z, *, gravity, length, damping):
    """Return the slope of angle'' = -damping angle' - (gravity / length) sin(angle)."""
    angle, speed = z[..., 0], z[..., 1]
    return np.stack([speed, -damping * speed - gravity / length * np.sin(angle)], axis=-1)


def lorenz63(z, *, sigma, rho, beta):
    """Return the slope of Lorenz 1963, Eqs. (25)-(27)."""
    x, y, w = z[..., 0], z[..., 1], z[..., 2]
    return np.stack([sigma * (y - x), x * (rho - w) - y, x * y - beta * w], axis=-1)


def roessler(z, *, a, b, c):
    """Return the slope of Rössler 1976."""
    x, y, w = z[..., 0], z[..., 1], z[..., 2]
    return np.stack([-y - w, x + a * y, b + w * (x - c)], axis=-1)


def lorenz96(z, *, n_sites, forcing):  # noqa: ARG001 (the sites are the last axis of z)
    """Return the slope of Lorenz 1996: advection, damping and forcing on a ring."""
    ahead, behind, two_behind = (np.roll(z, shift, axis=-1) for shift in (-1, 1, 2))
    return (ahead - two_behind) * behind - z + forcing


def spiral(z, *, decay, rotation):
    """Return the slope of the cubic spiral, dz/dt = z³ A with z a row vector."""
    matrix = np.array([[-decay, rotation], [-rotation, -decay]])
    return z**3 @ matrix


LAWS = {
    "harmonic_oscillator": Law(
        title="a harmonic oscillator",
        equation="x'' = -omega**2 x - 2 damping omega x'",
        slope=harmonic_oscillator,
        columns=("x", "v"),
        parameters={
            "omega": (1.0, "Angular frequency; the period is 2 pi / omega"),
            "damping": (0.0, "Share of the critical damping"),
        },
        start=(1.0, 0.0),
        mean_step=0.1,
    ),
    "van_der_pol": Law(
        title="the van der Pol oscillator",
        equation="x'' = epsilon (1 - x**2) x' - x",
        slope=van_der_pol,
        columns=("x", "v"),
        parameters={"epsilon": (1.0, "Strength of the nonlinear damping; 10 is stiff")},
        start=(2.0, 0.0),
        mean_step=0.1,
        is_stiff=lambda *, epsilon: epsilon > 20.0,
    ),
    "lotka_volterra": Law(
        title="prey and predators of Lotka and Volterra",
        equation="prey' = alpha prey - beta prey predator; "
        "predator' = delta prey predator - gamma predator",
        slope=lotka_volterra,
        columns=("prey", "predator"),
        parameters={
            "alpha": (1.5, "Growth of the prey"),
            "beta": (1.0, "Loss of prey to a predator"),
            "gamma": (3.0, "Death of the predators"),
            "delta": (1.0, "Growth of the predators by prey"),
        },
        start=(1.0, 1.0),
        mean_step=0.1,
        stays_positive=True,
    ),
    "damped_pendulum": Law(
        title="a damped pendulum",
        equation="angle'' = -damping angle' - (gravity / length) sin(angle)",
        slope=damped_pendulum,
        columns=("angle", "angular_velocity"),
        parameters={
            "gravity": (9.81, "In m/s²"),
            "length": (1.0, "Of the rod, in m"),
            "damping": (0.1, "Friction per moment of inertia, in 1/s"),
        },
        start=(2.0, 0.0),
        mean_step=0.05,
    ),
    "lorenz63": Law(
        title="the convection model of Lorenz (1963)",
        equation="x' = sigma (y - x); y' = x (rho - z) - y; z' = x y - beta z",
        slope=lorenz63,
        columns=("x", "y", "z"),
        parameters={
            "sigma": (10.0, "Prandtl number"),
            "rho": (28.0, "Reduced Rayleigh number; chaos from 24.74"),
            "beta": (8.0 / 3.0, "Geometry of the rolls"),
        },
        start=(1.0, 1.0, 1.0),
        mean_step=0.02,
        transient=20.0,
    ),
    "roessler": Law(
        title="the attractor of Rössler (1976)",
        equation="x' = -y - z; y' = x + a y; z' = b + z (x - c)",
        slope=roessler,
        columns=("x", "y", "z"),
        parameters={
            "a": (0.2, "Growth of the rotation"),
            "b": (0.2, "Inflow of z"),
            "c": (5.7, "Height of x at which z takes off"),
        },
        start=(1.0, 1.0, 0.0),
        mean_step=0.1,
        transient=100.0,
    ),
    "lorenz96": Law(
        title="the ring of weather sites of Lorenz (1996)",
        equation="x_i' = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + forcing, i on a ring",
        slope=lorenz96,
        columns=lambda *, n_sites, forcing: [f"x{site + 1}" for site in range(n_sites)],  # noqa: ARG005
        parameters={
            "n_sites": (40, "Number of sites, at least 4"),
            "forcing": (8.0, "Chaos from about 5"),
        },
        # Forcing everywhere is a fixed point; a nudge at one site leaves it.
        start=lambda *, n_sites, forcing: [forcing + 0.01, *[forcing] * (n_sites - 1)],
        mean_step=0.05,
        transient=20.0,
    ),
    "spiral": Law(
        title="the cubic spiral of torchdiffeq's demo",
        equation="z' = z**3 A, A = [[-decay, rotation], [-rotation, -decay]]",
        slope=spiral,
        columns=("x", "y"),
        parameters={
            "decay": (0.1, "Pull to the origin"),
            "rotation": (2.0, "Speed of the turn"),
        },
        start=(2.0, 0.0),
        # The demo's 1000 points over 25 time units.
        mean_step=25.0 / 999.0,
    ),
}
