"""Fitted paths with their nets as plain data: sizes, weights, the course of training."""

import dataclasses
import numbers

import numpy as np
import torch

from .._monomials import count_terms
from ..batches import pick_device, to_array
from ..dynamics._delay_field import DelayField
from ..dynamics._fields import NeuralField
from ..models._latent_forecaster import LatentForecaster
from ..training._field_count import FieldCount
from ..training._latent_stage import make_net
from ..training._seeds import seeded
from ._net_params import PREFIXES
from ._neural import LOOP_PARAMETERS
from .paths._delay_path import DelayPath
from .paths._diffusion_path import DiffusionPath
from .paths._known_path import KnownPath
from .paths._latent_data import DRIVER_LAGS
from .paths._latent_path import LatentPath
from .paths._state_path import Solver, StatePath


def fill(made, parts):
    """Give an object its attributes; refuse names of methods, where no data may stand."""
    for name, value in parts.items():
        known = getattr(type(made), name, None)
        if not name.isidentifier() or name.startswith("__") or callable(known):
            msg = f"unknown part {name!r} of {type(made).__name__}"
            raise ValueError(msg)
        setattr(made, name, value)
    return made


def state_path_parts(path):
    """Take a StatePath apart; what training left behind and nobody reads is left out."""
    parts = {k: v for k, v in vars(path).items() if k not in ("net", "_notes", "_count")}
    field = path.field
    parts["_batched"] = {"step": path._batched.step, "changed": path._batched.changed}
    if path.module is None:
        field = getattr(field, "inner", field)
        sizes = {name: getattr(field, name) for name in ("n_states", "n_controls", "time_scale")}
        parts["net"] = {"sizes": sizes, **net_parts(path.net, field)}
    return parts


def make_state_path(parts, cls=StatePath):
    """Make a StatePath, on the device of the fit where it is there, else on the CPU."""
    net, batched = parts.pop("net"), parts.pop("_batched")
    path = fill(object.__new__(cls), parts)
    path.device = device_there(path.device)
    path._batched = Solver(**batched)
    path._notes, path._count = [], FieldCount(path.n_evaluations_max)
    sizes, weights = net["sizes"], net["weights"]
    n_inputs = sizes["n_states"] + sizes["n_controls"] + (not path.autonomous)
    check_sizes((n_inputs, *path.hidden_layer_sizes, sizes["n_states"]), weights)
    with seeded(0):
        field = NeuralField(
            sizes["n_states"], sizes["n_controls"], path.hidden_layer_sizes, path.activation,
            path.autonomous, sizes["time_scale"],
        )  # fmt: skip
        field = with_weights(field, weights)
        if cls is DelayPath:
            field = DelayField(field, path.n_delays, path.kind)
        path._keep(field.to(path.device))
    restore_course(path.net, net)
    return path


def known_path_parts(path):
    """Take a KnownPath apart; its law, a function, is refused by whoever writes it."""
    parts = {k: v for k, v in vars(path).items() if k not in ("net", "_notes", "_count")}
    parts["_batched"] = {"step": path._batched.step, "changed": path._batched.changed}
    network = getattr(path.field, "remainder", None)
    sizes = {"n_states": path.field.n_states, "n_controls": path.field.n_controls}
    sizes["time_scale"] = getattr(network, "time_scale", None) or 1.0
    parts["net"] = {"sizes": sizes, **net_parts(path.net, path.field)}
    return parts


def make_known_path(parts):
    """Make a KnownPath, on the device of the fit where it is there, else on the CPU."""
    net, batched = parts.pop("net"), parts.pop("_batched")
    path = fill(object.__new__(KnownPath), parts)
    path.device = device_there(path.device)
    path._batched = Solver(**batched)
    path._notes, path._count = [], FieldCount(path.n_evaluations_max)
    sizes, weights = net["sizes"], net["weights"]
    n_inputs = sizes["n_states"] + sizes["n_controls"]
    widths = path.hidden_layer_sizes
    if path.law.remainder == "polynomial":
        widths = (count_terms(n_inputs, path.law.degree),)
    check_sizes((n_inputs, *widths, 1), weights)
    with seeded(0):
        field = with_weights(path.make_field(**sizes), weights)
        path._keep(field.to(path.device))
    restore_course(path.net, net)
    return path


def latent_path_parts(path):
    """Take a LatentPath apart."""
    parts = {k: v for k, v in vars(path).items() if k != "net"}
    module = path.net.module_
    sizes = {name: getattr(module, name) for name in ("n_channels", "n_drivers")}
    parts["net"] = {"sizes": sizes, **net_parts(path.net, module)}
    return parts


def make_latent_path(parts):
    """Make a LatentPath, on the device of the fit where it is there, else on the CPU."""
    net = parts.pop("net")
    path = fill(object.__new__(LatentPath), parts)
    _check_loop(path.settings.net_params)
    settings = dataclasses.replace(path.settings, device=device_there(path.settings.device))
    path.settings = settings
    sizes, weights = net["sizes"], net["weights"]
    n_channels, n_drivers = sizes["n_channels"], sizes["n_drivers"]
    n_features = weights["encoder.weight"].shape[1]
    hidden = tuple(path.module_params["hidden_layer_sizes"])
    widths = hidden if path.n_latent else ()
    check_sizes((n_features, n_channels, max(n_drivers, 1), *widths, path.n_latent), weights)
    with seeded(0):
        module = LatentForecaster(
            n_features, n_channels, path.periods, path.max_lead,
            n_controls=n_drivers // len(DRIVER_LAGS), n_drivers=n_drivers,
            recent=path.features.recent(n_channels), **path.module_params,
        )  # fmt: skip
        path.net = make_net(with_weights(module, weights), settings, n_epochs=0)
    restore_course(path.net, net)
    return path


def window_path_parts(path):
    """Take a WindowPath apart."""
    parts = {k: v for k, v in vars(path).items() if k not in ("net", "rehearsal")}
    module = path.net.module_
    sizes = {name: getattr(module, name) for name in path.size_names}
    parts["net"] = {"sizes": sizes, **net_parts(path.net, module)}
    return parts


def make_window_path(parts, cls):
    """Make a WindowPath, on the device of the fit where it is there, else on the CPU."""
    net = parts.pop("net")
    path = fill(object.__new__(cls), parts)
    _check_loop(path.loop)
    path.device, path.rehearsal = device_there(path.device), None
    sizes, weights = net["sizes"], net["weights"]
    check_sizes(path.widths(**sizes), weights)
    path.net = path.make_net(with_weights(path.make_module(**sizes), weights))
    restore_course(path.net, net)
    return path


def diffusion_path_parts(path):
    """Take a DiffusionPath apart."""
    parts = {k: v for k, v in vars(path).items() if k not in ("net", "rehearsal")}
    sizes = {name: getattr(path.field, name) for name in ("n_states", "n_controls")}
    sizes["scale"] = to_array(path.field.scale)
    parts["net"] = {"sizes": sizes, **net_parts(path.net, path.field)}
    return parts


def make_diffusion_path(parts):
    """Make a DiffusionPath, on the device of the fit where it is there, else on the CPU."""
    net = parts.pop("net")
    path = fill(object.__new__(DiffusionPath), parts)
    _check_loop(path.loop)
    path.device, path.rehearsal = device_there(path.device), None
    sizes, weights = net["sizes"], net["weights"]
    n_inputs = sizes["n_states"] + sizes["n_controls"]
    check_sizes((n_inputs, *path.hidden_layer_sizes, sizes["n_states"]), weights)
    path.net = path.make_net(with_weights(path.make_field(**sizes), weights))
    restore_course(path.net, net)
    return path


def _check_loop(names):
    """Refuse what is no parameter of the training loop, but would reach skorch's net."""
    known = {*LOOP_PARAMETERS, *PREFIXES}
    unknown = [name for name in names if not {name, name.partition("__")[0]} & known]
    if unknown:
        msg = f"unknown parameters of the training loop {unknown}"
        raise ValueError(msg)


def net_parts(net, module):
    """Weights of a module, and what the net around it recorded."""
    weights = {name: to_array(tensor) for name, tensor in module.state_dict().items()}
    rows = [{k: v for k, v in row.items() if _is_figure(v)} for row in net.history]
    return {"weights": weights, "history": rows, "report": getattr(net, "report_", None)}


def _is_figure(value):
    return isinstance(value, str | numbers.Real)


def restore_course(net, parts):
    for row in parts["history"]:
        net.history.new_epoch()
        net.history[-1].update(row)
    if parts["report"] is not None:
        net.report_ = parts["report"]


def with_weights(module, weights):
    # Strict: every tensor must be there, with its shape.
    module.load_state_dict({name: torch.as_tensor(array) for name, array in weights.items()})
    return module


def check_sizes(sizes, weights):
    """Refuse layers that the weights cannot fill, before memory is taken for them."""
    n_weights = sum(array.size for array in weights.values())
    products = np.array(sizes[:-1], dtype=object) * np.array(sizes[1:], dtype=object)
    if min(sizes) < 0 or max([*sizes, *products]) > n_weights:
        msg = f"layers of widths {tuple(sizes)} for {n_weights} weights"
        raise ValueError(msg)


def device_there(name):
    """Device of the fit where it is there, else the CPU."""
    try:
        return str(pick_device(name))
    except ValueError:
        return "cpu"
