"""Flows trained one by one and mixed: settings, training, steps of the solve, plain data."""

import time as clock_time
from dataclasses import dataclass

import numpy as np

from ..models._flow import Flow
from ..solvers._flow_solve import FlowSolve
from ..training._flow_bases import gaussian_base, mixture_base
from ..training._flow_net import FlowNet, log_densities
from ..training._soap import SOAP
from ..training._splits import GivenSplit
from ._paths_as_data import check_sizes, net_parts, restore_course, with_weights

# Steps of training; the epochs follow from them and the number of batches.
N_TRAINING_STEPS = {"normal": 700, "mixture": 200}
LEARNING_RATES = {"normal": 1e-2, "mixture": 2e-3}
# A mixture is near the data already: no steep units.
SPREADS = {"normal": 8.0, "mixture": 3.0}
N_TRAINED_STEPS = 6
STEPS_TO_TRY = (2, 3, 4, 6, 8, 12, 16, 24, 32)
# Nats by which fewer steps may move the log-density: of the mean, and of rows on average.
MOST_MOVED, MOST_MOVED_ROWS = 1e-3, 4e-3


@dataclass(frozen=True)
class FlowSettings:
    """What all members of a fit share.

    Attributes
    ----------
    loop : dict of parameters of FlowNet that the user set
    """

    hidden_layer_sizes: tuple
    activation: str
    trace: str
    method: str
    n_steps: int | None
    rtol: float
    atol: float
    kinetic_penalty: float
    jacobian_penalty: float
    max_epochs: int | None
    lr: float | None
    batch_size: int | None
    n_iter_no_change: int | None
    device: str
    seed: int
    loop: dict

    def solver(self, n_steps=None):
        """Solver with these steps, else those of training."""
        steps = n_steps or self.n_steps or N_TRAINED_STEPS
        return FlowSolve(self.method, steps, self.rtol, self.atol)


@dataclass(frozen=True)
class FlowRows:
    """Different rows in the units of a flow, each once.

    Attributes
    ----------
    z : float array of shape (n_rows, n_targets)
    u : float array of shape (n_rows, n_context), or None
    weights : float array of shape (n_rows,), positive, with mean 1
    """

    z: np.ndarray
    u: np.ndarray | None
    weights: np.ndarray

    def __len__(self):
        return len(self.z)

    def __getitem__(self, rows):
        return FlowRows(self.z[rows], None if self.u is None else self.u[rows], self.weights[rows])

    @property
    def n_context(self):
        """Columns of the context."""
        return 0 if self.u is None else self.u.shape[1]


def base_of(kind, rows, held_out, seed):
    """Return the base of a member in standardised units; None where it would be the normal one."""
    if kind == "normal":
        return gaussian_base(rows.z, rows.weights)
    return mixture_base(rows.z, rows.weights, held_out.z, held_out.weights, seed)


def make_net(kind, base, n_context, settings, n_rows, before=None):
    """Net of one member, not initialised; its field begins as that of the flow ``before``."""
    batch_size = settings.batch_size or int(np.clip(n_rows // 16, 32, 256))
    n_batches = -(-n_rows // batch_size)
    # Few rows cannot teach for long.
    n_steps = min(N_TRAINING_STEPS[kind], 40 + 2 * n_rows)
    n_epochs = max(n_steps // n_batches, 10)
    has_costs = settings.kinetic_penalty + settings.jacobian_penalty > 0
    flow = Flow(
        base, n_context, settings.hidden_layer_sizes, settings.activation, SPREADS[kind],
        settings.trace, settings.solver(), has_costs,
    )  # fmt: skip
    if before is not None:
        # Trained in single precision, so that nothing is rounded on the way back.
        flow.field.load_state_dict(before.field.state_dict())
    params = {
        "optimizer": SOAP, "ema_decay": 0.99, "lr_schedule": "cosine",
        "iterator_train__seed": settings.seed, "max_epochs": settings.max_epochs or n_epochs,
        "lr": settings.lr or LEARNING_RATES[kind], "batch_size": batch_size,
        "n_iter_no_change": settings.n_iter_no_change, "device": settings.device,
        "kinetic_penalty": settings.kinetic_penalty,
        "jacobian_penalty": settings.jacobian_penalty,
    }  # fmt: skip
    return FlowNet(flow, **(params | settings.loop))


def train(net, rows, kept, held_out):
    """Train a net on the rows kept, by index, judged by those held out; returns its seconds.

    Ctrl-C ends it at the best weights.
    """
    begin = clock_time.perf_counter()
    inputs = {"z": rows.z, "sample_weight": rows.weights}
    if rows.u is not None:
        inputs["u"] = rows.u
    if len(held_out):
        net.set_params(train_split=GivenSplit(kept, held_out))
    net.fit(inputs, np.zeros((len(rows), 4)))
    # Its moments are as large as the weights, and nobody reads them.
    net.optimizer_.state.clear()
    net.module_.double().eval()
    return round(clock_time.perf_counter() - begin, 3)


def steps_needed(flow, rows, settings):
    """Fewest fixed steps that leave the log-densities of rows where 64 steps have them."""
    if settings.n_steps is not None:
        return settings.n_steps

    def score(n_steps):
        return log_densities(flow, rows.z, rows.u, solver=settings.solver(n_steps))

    def mean(moved):
        return np.average(moved, weights=rows.weights)

    fine = score(64)
    for n_steps in STEPS_TO_TRY:
        moved = score(n_steps) - fine
        if abs(mean(moved)) <= MOST_MOVED and mean(np.abs(moved)) <= MOST_MOVED_ROWS:
            return n_steps
    return 64


def member_parts(net):
    """Take a trained member apart into plain data."""
    return net_parts(net, net.module_) | {"n_context": net.module_.field.n_context}


def make_member(kind, parts, settings):
    """Make the net of a member from its parts, on the settings' device."""
    weights = parts["weights"]
    n_components, n_targets = weights["means"].shape
    n_context = parts["n_context"]
    check_sizes((n_targets + n_context + 1, *settings.hidden_layer_sizes, n_targets), weights)
    check_sizes((n_components, n_targets), weights)
    base = {"weights": np.ones(n_components), "means": weights["means"],
            "covariances": np.tile(np.eye(n_targets), (n_components, 1, 1))}  # fmt: skip
    net = make_net(kind, base, n_context, settings, n_rows=1)
    net.initialize()
    with_weights(net.module_.double().eval(), weights)
    restore_course(net, parts)
    return net
