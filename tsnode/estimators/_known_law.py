"""What is known of a law, checked at the door: function, parameters, remainder, structure."""

import math
import numbers
from dataclasses import dataclass

import numpy as np
import torch

from .._constraints import check_choice, check_count, check_number
from ..batches import to_tensor
from ..dynamics._bounded import LARGE_RATIO, BoundedParameters, middle_of, unread_of
from ..dynamics._energy_field import EnergyField
from ..dynamics._fields import NeuralField
from ..dynamics._polynomial import PolynomialField
from ..dynamics._universal_field import SlopeShapeError, UniversalField

REMAINDERS = ("auto", "neural", "polynomial", None)
STRUCTURES = (None, "hamiltonian", "dissipative", "non_negative")
WITH_ENERGY = ("hamiltonian", "dissipative")
# Share of a column's squares that may lie below zero, as noise puts it there.
MOST_BELOW = 0.1
# What torch and Python raise where a law does not suit its arguments.
FAULTS = (
    RuntimeError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError,
)  # fmt: skip


@dataclass(frozen=True)
class KnownLaw:
    """The parts of a field, and how it is made for given data.

    Attributes
    ----------
    known_dynamics : callable or None
    bounds : dict of str -> (low, start, high)
    remainder : "neural", "polynomial" or None
    structure : str or None
    degree : int
    pairs : int array of shape (n_pairs, 2) or None
    units : dict
        See ``UniversalField``.
    reads_time : bool
        Whether the law reads t, once it was tried.
    """

    known_dynamics: object
    bounds: dict
    remainder: str | None
    structure: str | None
    degree: int
    pairs: np.ndarray | None
    units: dict
    reads_time: bool = False

    @property
    def is_plain(self):
        """Whether it is a plain network, which the engine knows best."""
        is_bare = self.known_dynamics is None and self.structure is None
        return is_bare and self.remainder == "neural"

    def make_field(self, n_states, n_controls, *, hidden_layer_sizes, activation, autonomous,
                   time_scale):  # fmt: skip
        """Make the field with fresh weights."""
        shape = {"hidden_layer_sizes": hidden_layer_sizes, "activation": activation}
        if self.structure in WITH_ENERGY:
            return EnergyField(
                n_states, self.units["scale"], self.units["step"], self.pairs,
                is_dissipative=self.structure == "dissipative", **shape,
            )  # fmt: skip
        remainder = None
        if self.remainder == "neural":
            remainder = NeuralField(
                n_states, n_controls, **shape, autonomous=autonomous, time_scale=time_scale
            )
            # Nothing is left unexplained until a fit says so.
            for weights in remainder.mlp.layers[-1].parameters():
                torch.nn.init.zeros_(weights)
        elif self.remainder == "polynomial":
            remainder = self._polynomial(n_states, n_controls)
        theta = BoundedParameters(self.bounds) if self.bounds else None
        field = UniversalField(
            n_states, n_controls, self.units, law=self.known_dynamics, theta=theta,
            remainder=remainder, is_non_negative=self.structure == "non_negative",
        )  # fmt: skip
        field.autonomous = field.autonomous and not self.reads_time
        return field

    def _polynomial(self, n_states, n_controls):
        center, scale = self.units["center"], self.units["scale"]
        if n_controls:
            center = np.r_[center, self.units["control_center"]]
            scale = np.r_[scale, self.units["control_scale"]]
        size = np.sqrt(np.square(center) + np.square(scale))
        return PolynomialField(n_states, n_controls, self.degree, scale / size, center / size)


def check_known_law(estimator):
    """Check the parameters of what is known, beside one another."""
    known = estimator.known_dynamics
    check_choice("remainder", estimator.remainder, REMAINDERS)
    check_choice("structure", estimator.structure, STRUCTURES)
    check_count("degree", estimator.degree, high=9)
    check_number("slack", estimator.slack, low=0, low_open=True, none_ok=True)
    if known is not None and not callable(known):
        msg = "Expected known_dynamics to be None or a function (t, z, u, theta) that returns the "
        msg += f"slopes; got {known!r}. Pass a function."
        raise TypeError(msg)
    bounds = read_bounds(estimator.parameters)
    if bounds and known is None:
        msg = "Expected known_dynamics beside parameters, which are its own; got "
        msg += f"parameters={list(bounds)} alone. Pass the law, or leave parameters out."
        raise ValueError(msg)
    if estimator.remainder is None and not bounds:
        msg = "Expected something to learn; got remainder=None and no parameters. Name what is "
        msg += "unknown in the law in parameters=, or leave remainder out."
        raise ValueError(msg)
    if estimator.structure in WITH_ENERGY:
        _check_energy(estimator)
    elif estimator.pairs is not None:
        msg = "Expected structure='hamiltonian' or 'dissipative' beside pairs; got structure="
        msg += f"{estimator.structure!r}. Leave pairs out."
        raise ValueError(msg)
    is_plain = known is None and estimator.structure is None
    _check_slack(estimator)
    if estimator.series_scaling and not (is_plain and estimator.remainder in ("auto", "neural")):
        msg = "Expected series_scaling=False beside a law, a structure or a polynomial, which need "
        msg += "one scale for all series. Leave one of the two out."
        raise ValueError(msg)


def _check_slack(estimator):
    if estimator.slack is None:
        return
    by_engine = {
        "structure": estimator.structure in WITH_ENERGY,
        "training": estimator.training in ("match", "shooting"),
    }
    taken = [f"{name}={getattr(estimator, name)!r}" for name, is_so in by_engine.items() if is_so]
    if taken:
        msg = f"Expected slack=None beside {' and '.join(taken)}, which fits no states that could "
        msg += f"depart from the law; got slack={estimator.slack!r}. Leave one of them out."
        raise ValueError(msg)


def _check_energy(estimator):
    taken = []
    if estimator.known_dynamics is not None:
        taken.append("known_dynamics")
    if estimator.remainder not in ("auto", "neural"):
        taken.append(f"remainder={estimator.remainder!r}")
    if estimator.features is not None:
        taken.append("features")
    if not estimator.autonomous:
        taken.append("autonomous=False")
    if taken:
        msg = f"Expected nothing beside structure={estimator.structure!r} that could break it, for "
        msg += f"the whole field is made of its energy; got {', '.join(taken)}. Leave that out, or "
        msg += "write the law of the energy into known_dynamics with structure=None."
        raise ValueError(msg)


def words_of_negative(states, columns):
    """Return a warning of columns below zero by more than noise is, "" without any.

    Parameters
    ----------
    states : float array of shape (n_rows, n_states), NaN where not observed
    columns : list of names
    """
    squares = np.nansum(np.square(states), axis=0)
    below = np.nansum(np.square(np.minimum(states, 0)), axis=0)
    names = [str(columns[k]) for k in np.flatnonzero(below > MOST_BELOW * squares)]
    if not names:
        return ""
    words = "structure='non_negative' expects states of at least 0; got rows below zero in "
    return f"{words}{', '.join(names)}. Leave structure out, or look for the origin of y."


def read_bounds(parameters):
    """Name -> (low, start, high) from ``parameters``, checked."""
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        msg = "Expected parameters to be a dict such as {'mu': (0, 10)}; got "
        raise TypeError(msg + f"{parameters!r}. Give every name its bounds.")
    return {name: _read_bound(name, bound) for name, bound in parameters.items()}


def _read_bound(name, bound):
    if not (isinstance(name, str) and name.isidentifier()) or name.startswith("_"):
        msg = f"Expected names of parameters that can be read as theta.name; got {name!r}. Name it "
        raise ValueError(msg + "by letters, such as 'mu'.")
    is_row = isinstance(bound, tuple | list | np.ndarray) and len(bound) in (2, 3)
    if not is_row or not all(_is_real(value) for value in bound):
        msg = f"Expected (low, high) or (low, start, high) for the parameter {name!r}; got "
        raise ValueError(msg + f"{bound!r}. Give its bounds as numbers.")
    bound = tuple(float(value) for value in bound)
    low, high = bound[0], bound[-1]
    if len(bound) == 2 and low < high:
        if math.isinf(low) or math.isinf(high):
            msg = f"Expected a start beside an infinite bound of {name!r}; got {bound!r}. Write "
            raise ValueError(msg + "(low, start, high).")
        bound = (low, middle_of(low, high), high)
    if not low < bound[1] < high:
        words = "low < high" if len(bound) == 2 else "low < start < high"
        msg = f"Expected {words} for the parameter {name!r}; got {bound!r}. Put them in order."
        raise ValueError(msg)
    return bound


def is_near_bound(value, bound, share=0.01):
    """Whether a value is within a hundredth of the way (for far bounds, of powers) to a bound."""
    low, _, high = bound
    if low > 0 and high / low >= LARGE_RATIO and math.isfinite(high):
        low, value, high = (math.log(x) for x in (low, value, high))
    near = share * (high - low) if math.isfinite(high - low) else 0.0
    return not low + near < value < high - near


def _is_real(value):
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and not math.isnan(value)


def try_law(field, series, controls, place, columns):
    """Call the law on the observed rows as every tool will; whether it reads the time.

    Parameters
    ----------
    field : UniversalField
    series : SeriesSet, standardised, in median steps
    controls : controls over the same times, or None
    place : callable (series, time in steps) -> words
    columns : sequence of str

    Raises
    ------
    ValueError
        The law fails, returns another shape, reads rows together, never reads a parameter, or is
        not finite at an observed row; says where.
    """
    rows = np.flatnonzero(series.is_observed.all(axis=1))
    # Where no row is whole, the mean stands for what is missing.
    rows = rows if len(rows) else np.arange(series.n_rows)[:1]
    device = field.center.device
    z = to_tensor(np.nan_to_num(series.values[rows]), device=device)
    t, u = to_tensor(series.times[rows], device=device), None
    if controls is not None:
        u = controls.at(series.series_of_row[rows], series.times[rows])
        u = to_tensor(np.asarray(u, dtype=float), device=device)
    slopes = _called(field, t, z, u)
    _check_finite(field, slopes, series, rows, place, columns)
    first = slice(0, 3)
    u_first = None if u is None else u[first]
    alone = [
        _called(field, t[[k]], z[[k]], None if u is None else u[[k]]) for k in range(len(z[first]))
    ]
    if not torch.allclose(slopes[first], torch.cat(alone), rtol=1e-5, atol=1e-8):
        msg = "Expected known_dynamics to treat every row on its own; a row alone gives another "
        msg += "slope than the row among others. Write it per row, by columns such as z[:, 0]."
        raise ValueError(msg)
    span = float(np.ptp(series.times))
    later = _called(field, t[first] + 0.37 * span + 0.61, z[first], u_first)
    return not torch.equal(later, slopes[first])


def _called(field, t, z, u):
    """Slopes of the law alone, its faults put into words."""
    theta = None
    if field.theta is not None:
        theta = field.theta()
    try:
        with torch.no_grad():
            slopes = field.known(t, z, u, theta)
    except SlopeShapeError:
        raise
    except FAULTS as error:
        shapes = f"t {tuple(t.shape)}, z {tuple(z.shape)}"
        shapes += "" if u is None else f", u {tuple(u.shape)}"
        msg = f"Expected known_dynamics to take rows of shape {shapes}; calling it failed: "
        msg += f"{type(error).__name__}: {error}. Read columns as z[:, 0], and only parameters "
        raise ValueError(msg + "that parameters= names.") from error
    unread = [] if theta is None else unread_of(theta)
    if unread:
        msg = f"Expected known_dynamics to read every parameter; it never reads {unread}. Leave "
        raise ValueError(msg + "them out of parameters=, or check their spelling.")
    return slopes


def _check_finite(field, slopes, series, rows, place, columns):
    wrong = np.flatnonzero(~torch.isfinite(slopes).all(dim=1).cpu().numpy())
    if not len(wrong):
        return
    k = wrong[0]
    row = rows[k]
    state = series.values[row] * field.scale.cpu().numpy() + field.center.cpu().numpy()
    names = [f"x{j}" if name is None else name for j, name in enumerate(columns)]
    at = ", ".join(f"{name} = {x:.6g}" for name, x in zip(names, state, strict=True))
    bad = [name for name, s in zip(names, slopes[k], strict=True) if not torch.isfinite(s)]
    msg = f"Expected known_dynamics to be finite at every observed row; got {len(wrong)} row(s) "
    where = place(int(series.series_of_row[row]), series.times[row])
    msg += f"where it is not, the first at {where}"
    msg += f" ({at}), in the slope of {', '.join(map(str, bad))}. Write it so that it is finite "
    raise ValueError(msg + "there, or leave out such rows.")
