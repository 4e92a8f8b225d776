"""The user's own module as field: how it is built, and what is checked at the door."""

import copy
import inspect
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from .._constraints import check_choice
from ..batches import to_tensor
from ..dynamics._module_field import ModuleField
from ..models._state_forecaster import StateForecaster
from ..solvers._solve import solve

UNITS = ("standardised", "physical")
# Parameters, with their defaults, that describe the built-in network.
BUILT_IN = {"hidden_layer_sizes": (64, 64), "activation": "tanh", "autonomous": True}
# What a constructor may ask for by name and gets from the data.
SIZES = ("n_states", "n_controls")
# Ways to find a gradient that carry many directions through the solve by torch.func.
BY_DIRECTIONS = ("forward", "finite_difference")
FORECASTER = tuple(list(inspect.signature(StateForecaster).parameters)[1:])


@dataclass(frozen=True)
class UserModule:
    """A module, class or factory with its parameters.

    Parameters
    ----------
    module : nn.Module, or callable (**parameters) -> nn.Module
        A module is copied, never trained in place.
    parameters : dict
        For the constructor; ``n_states`` and ``n_controls`` are added where it names them.
    units : dict or None
        See ``ModuleField``.
    gradient : str, default="backprop"
        Of shooting; some ways of finding it are not for every module.
    """

    module: object
    parameters: dict = field(default_factory=dict)
    units: dict | None = None
    gradient: str = "backprop"

    def make_field(self, series, controls=None, device="cpu"):
        """Build the field and try it on the first rows of ``series`` (standardised).

        Raises
        ------
        TypeError
            The factory makes no module.
        ValueError
            The module has nothing to train, cannot be called with these states and controls,
            returns something else than one slope per state of every row on its own, or cannot
            bear the way in which ``gradient`` is found.
        """
        n_states = series.n_channels
        n_controls = 0 if controls is None else controls.n_controls
        module = self._build(n_states, n_controls)
        made = ModuleField(module, n_states, n_controls, self.units).to(device)
        if not any(p.requires_grad for p in made.parameters()):
            msg = f"Expected a module with parameters to train; {_name(module)} has none that "
            msg += "require a gradient. Make what is unknown an nn.Parameter."
            raise ValueError(msg)
        if n_controls and made.reads in (("z",), ("t", "z"), ("z", "t")):
            msg = f"Expected a module that reads the {n_controls} covariates; forward of "
            msg += f"{_name(module)} takes {', '.join(made.reads)} only. Give it an argument u, "
            msg += "or leave the covariates out."
            raise ValueError(msg)
        z, t, u = _first_rows(series, controls, device)
        _try(made, z, t, u, span=float(np.ptp(series.times)))
        if self.gradient in BY_DIRECTIONS:
            _try_gradient(made, z, t, u, self.gradient)
        return made

    def _build(self, n_states, n_controls):
        if isinstance(self.module, nn.Module):
            return copy.deepcopy(self.module)
        named = _parameters_of(self.module)
        sizes = dict(zip(SIZES, (n_states, n_controls), strict=True))
        sizes = {name: size for name, size in sizes.items() if name in named}
        made = self.module(**(sizes | self.parameters))
        if not isinstance(made, nn.Module):
            msg = f"Expected {_name(self.module)} to make a torch.nn.Module; got "
            msg += f"{type(made).__name__}. Return the module."
            raise TypeError(msg)
        return copy.deepcopy(made)


def constructor_parameters(module, net_params):
    """Those of ``module__...`` that the constructor of the user's module takes, by their names."""
    if module is None or isinstance(module, nn.Module):
        return {}
    named = _parameters_of(module)
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in named.values())
    found = {}
    for key, value in net_params.items():
        prefix, _, name = key.partition("__")
        is_own = name in named or (takes_all and name not in FORECASTER)
        if prefix == "module" and is_own:
            found[name] = value
    return found


def check_module(estimator):
    """Check ``module`` and ``module_units`` beside the other parameters."""
    module = estimator.module
    check_choice("module_units", estimator.module_units, UNITS)
    if module is None:
        if estimator.module_units != UNITS[0]:
            msg = "Expected a module of your own beside module_units='physical'; the built-in "
            msg += "network works on standardised states. Set module=, or leave module_units out."
            raise ValueError(msg)
        return
    if not isinstance(module, nn.Module) and not callable(module):
        msg = "Expected module to be a torch.nn.Module, a class of one or a function that makes "
        msg += f"one; got {module!r}. Leave module out for the built-in network."
        raise TypeError(msg)
    given = {name: getattr(estimator, name, default) for name, default in BUILT_IN.items()}
    given = [name for name, value in given.items() if _as_tuple(value) != BUILT_IN[name]]
    if given:
        msg = f"Expected no parameters of the built-in network beside module=; got {given}. "
        msg += "Give your module parameters of its own, as module__NAME=."
        raise ValueError(msg)
    if estimator.module_units == "physical" and estimator.series_scaling:
        msg = "Expected series_scaling=False beside module_units='physical', which needs one scale "
        msg += "for all series. Leave one of the two out."
        raise ValueError(msg)
    _check_names(module, estimator._net_params)


def _check_names(module, net_params):
    taken = [*constructor_parameters(module, net_params), *FORECASTER]
    asked = [key.partition("__")[2] for key in net_params if key.startswith("module__")]
    unknown = [name for name in asked if name not in taken]
    if unknown:
        own = [] if isinstance(module, nn.Module) else list(_parameters_of(module))
        msg = f"Expected module__NAME with NAME one of {sorted({*own, *FORECASTER})}; got "
        msg += f"{unknown}. Check the spelling, or pass a class, whose constructor takes them."
        raise TypeError(msg)


def _first_rows(series, controls, device):
    """States, times and controls of up to three rows, as tensors."""
    # Whole rows first: a law may have no value at the mean that stands for a missing entry.
    order = np.argsort(~series.is_observed.all(axis=1), kind="stable")[:3]
    z = to_tensor(np.nan_to_num(series.values[order]), device=device)
    t, u = to_tensor(series.times[order], device=device), None
    if controls is not None:
        u = controls.at(series.series_of_row[order], series.times[order])
        u = to_tensor(np.asarray(u, dtype=float), device=device)
    return z, t, u


def _try(made, z, t, u, *, span):
    """Call the field on a few rows as every tool will, and set what it turns out to need."""
    made.eval()
    slopes = _called(made, t, z, u)
    if not torch.is_tensor(slopes) or slopes.shape != z.shape:
        found = tuple(slopes.shape) if torch.is_tensor(slopes) else type(slopes).__name__
        msg = f"Expected {_name(made.module)} to return one slope per state, shape "
        msg += f"{tuple(z.shape)}; got {found}. Return a tensor of the shape of z."
        raise ValueError(msg)
    rows = range(len(z))
    alone = [_called(made, t[k], z[[k]], None if u is None else u[[k]]) for k in rows]
    if not torch.allclose(slopes, torch.cat(alone), rtol=1e-5, atol=1e-8, equal_nan=True):
        msg = f"Expected {_name(made.module)} to treat every row on its own; a row alone gives "
        msg += "another slope than the row among others. Write operations per row (dim=-1)."
        raise ValueError(msg)
    later = _called(made, t + 0.37 * span + 0.61, z, u)
    made.autonomous = made.autonomous or torch.equal(later, slopes)


def _try_gradient(made, z, t, u, gradient):
    """Find the gradient of one short solve in the way that shooting will."""
    # A copy: in training a module may change its buffers.
    trial = copy.deepcopy(made).train()
    times = torch.stack([t, t + 0.01], dim=1)
    controls = None if u is None else u[:, None, None, :].expand(-1, 1, 3, -1)
    try:
        states = solve(trial, z, times, gradient=gradient, controls=controls)
        states.sum().backward()
    except RuntimeError as error:
        msg = f"Expected a module that torch.func can differentiate beside gradient={gradient!r}; "
        msg += f"{_name(made.module)} fails: {error}. Set gradient='backprop' or 'adjoint'."
        raise ValueError(msg) from error


def _called(made, t, z, u):
    """Slopes without a gradient, as in predict; with one inside where the module needs it."""
    try:
        with torch.no_grad():
            return made(t, z, u)
    except RuntimeError as error:
        if not made.needs_grad:
            # A module that differentiates inside itself.
            made.needs_grad = True
            return _called(made, t, z, u)
        shapes = f"t {(len(z), 1)}, z {tuple(z.shape)}"
        shapes += "" if u is None else f", u {tuple(u.shape)}"
        msg = f"Expected {_name(made.module)} to take rows of shape {shapes}; calling it failed: "
        msg += f"{error}. Check its input sizes; parameters and buffers are made float64."
        raise ValueError(msg) from error


def _parameters_of(made):
    """Parameters of a constructor or factory by name; none where it does not tell."""
    try:
        return inspect.signature(made).parameters
    except (TypeError, ValueError):
        return {}


def _as_tuple(value):
    return tuple(value) if isinstance(value, list | np.ndarray) else value


def _name(module):
    return getattr(module, "__name__", type(module).__name__)
