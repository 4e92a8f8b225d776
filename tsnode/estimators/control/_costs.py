"""What a controlled run costs: words for a quadratic cost, or a function of the user's."""

import inspect
from collections.abc import Mapping

import numpy as np
import torch

from ..._constraints import check_number

WORDS = ("setpoint", "weights", "final_weights", "control_weights")


def read_cost(cost, channels, drivers, n_rows):
    """Return the cost as a function (states, control, elapsed) -> tensor of shape ().

    States and control are dicts of tensors of shape (n_rows,), by name.

    Parameters
    ----------
    cost : mapping or callable, see ``optimise_control``
    channels, drivers : sequences of names that may be weighed
    n_rows : int
    """
    if isinstance(cost, Mapping):
        return _quadratic(cost, channels, drivers, n_rows)
    if callable(cost):
        _check_arguments(cost)
        return _Checked(cost, channels, drivers)
    msg = "cost must be a callable (states, control, elapsed) or a dict such as "
    msg += "{'setpoint': {'temp': 20.0}, 'control_weights': {'heat': 0.1}}; got "
    msg += f"{cost!r}. Pass one of these."
    raise ValueError(msg)


class _Checked:
    """A cost of the user's that says what is wrong with what it returns."""

    def __init__(self, cost, channels, drivers):
        self.cost, self.channels, self.drivers = cost, channels, drivers

    def __call__(self, states, control, elapsed):
        remedy = "Write it in operators (+, **, .mean(), .clamp(min=0)) or torch's functions."
        try:
            found = self.cost(states, control, elapsed)
        except KeyError as error:
            if not {*error.args}.isdisjoint([*self.channels, *self.drivers]):
                raise
            msg = f"Expected a cost of the states {_listed(self.channels)} and the control "
            msg += f"{_listed(self.drivers)}; it asked for {error}. Correct the name."
            raise ValueError(msg) from error
        except (RuntimeError, TypeError, AttributeError) as error:
            # What NumPy says to a tensor that asks for a gradient, or to its arguments.
            msg = "Expected a cost that torch can differentiate; it failed with "
            msg += f"{type(error).__name__}: {error}. {remedy}"
            raise ValueError(msg) from error
        if not torch.is_tensor(found):
            msg = f"Expected a cost that returns a tensor; got {type(found).__name__}. {remedy}"
            raise ValueError(msg)  # noqa: TRY004 - what a function returns is no argument
        if found.numel() != 1:
            msg = "Expected a cost that returns one number; got a tensor of shape "
            msg += f"{tuple(found.shape)}. End it with .mean() or .sum()."
            raise ValueError(msg)
        return found.reshape(())


def _check_arguments(cost):
    try:
        inspect.signature(cost).bind({}, {}, None)
    except TypeError as error:
        msg = "Expected a cost of three arguments, (states, control, elapsed); got one to which "
        msg += f"they cannot be passed: {error}. Write lambda states, control, elapsed: ..."
        raise ValueError(msg) from error
    except ValueError:  # a callable without a signature
        return


def _quadratic(cost, channels, drivers, n_rows):
    unknown = [word for word in cost if word not in WORDS]
    if unknown or "setpoint" not in cost:
        msg = f"cost must hold 'setpoint' and may hold {', '.join(map(repr, WORDS[1:]))}; got "
        msg += f"{list(cost)}. Use these words, or pass a callable."
        raise ValueError(msg)
    setpoint = _by_name(cost["setpoint"], "setpoint", channels)
    weights = {name: 1.0 for name in setpoint} | _weights(cost, "weights", setpoint)
    finals = _weights(cost, "final_weights", setpoint)
    efforts = _weights(cost, "control_weights", drivers)
    targets = {name: _as_rows(value, name, n_rows) for name, value in setpoint.items()}

    def evaluate(states, control, elapsed):  # noqa: ARG001
        total = torch.zeros((), dtype=torch.float64)
        for name, target in targets.items():
            miss = torch.square(states[name] - target.to(states[name].device))
            total = total.to(miss.device) + weights[name] * miss.mean()
            total = total + finals.get(name, 0.0) * miss[-1]
        for name, weight in efforts.items():
            total = total + weight * torch.square(control[name]).mean()
        return total

    return evaluate


def _by_name(value, word, names):
    """Read a dict by names that are there."""
    if not isinstance(value, Mapping) or not value:
        msg = f"cost[{word!r}] must be a dict of name to number; got {value!r}. Name at least one "
        msg += f"of {_listed(names)}."
        raise ValueError(msg)
    missing = [name for name in value if name not in names]
    if missing:
        msg = f"cost[{word!r}] must name some of {_listed(names)}; got {_listed(missing)}. "
        msg += "Correct the name(s)."
        raise ValueError(msg)
    return dict(value)


def _weights(cost, word, names):
    given = _by_name(cost[word], word, list(names)) if word in cost else {}
    return {name: float(check_number(f"{word}[{name!r}]", w, low=0)) for name, w in given.items()}


def _as_rows(value, name, n_rows):
    """Setpoint as a tensor: one number, or one of every row."""
    try:
        target = np.asarray(value, dtype=float)
        if target.shape not in ((), (n_rows,)) or not np.isfinite(target).all():
            raise ValueError  # noqa: TRY301
    except (TypeError, ValueError) as error:
        msg = f"setpoint of {name!r} must be a finite number or one a row ({n_rows} pieces); got "
        msg += f"{value!r}. Pass one number, or as many as n_pieces."
        raise ValueError(msg) from error
    return torch.tensor(target)


def _listed(names):
    return ", ".join(map(repr, names))
