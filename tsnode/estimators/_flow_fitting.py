"""How a density of flows is fitted: checks, members trained and mixed."""

import time as clock_time
from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin

from .._constraints import check_choice, check_count, check_flag, check_layers, check_number
from .._random import draw_seed
from ..batches import pick_device
from ..dynamics._flow_field import SLOPES
from ..exceptions import FitWarning, warn_user
from ..solvers._flow_solve import FlowSolve
from ..solvers._solve import DIFFERENTIABLE
from ..training._flow_bases import refit_mixture, stack
from ..training._flow_net import log_densities, pull_back
from ..training._optimizers import find_optimizer
from ..training._seeds import seeded
from ._fit_report import FitReport
from ._flow_members import (
    FlowSettings,
    base_of,
    make_member,
    make_net,
    member_parts,
    steps_needed,
    train,
)
from ._flow_reading import FlowReading
from ._net_params import NetParamsMixin, check_callbacks
from ._paths_as_data import device_there, fill
from ._sklearn_callbacks import CallbackSupportMixin
from ._warm_checks import check_same_design

METHODS = tuple(name for name in DIFFERENTIABLE if name != "exponential_euler")
BASES = {"auto": ("normal", "mixture"), "normal": ("normal",), "mixture": ("mixture",)}
# Beside the sizes of the layers, what decides the form of flows and their number.
DESIGN = ("activation", "base", "conditional")
# Fewer rows cannot spare any for validation.
FEWEST_TO_SPLIT = 10
# Held-out rows on which steps and weights of members are chosen.
N_JUDGES = 2000
# Penalties where the user sets none.
KINETIC, JACOBIAN = 0.01, 0.003
# Above this number of columns a deep field's trace is estimated in training.
N_MOST_EXACT = 8


class BaseFlow(FlowReading, CallbackSupportMixin, NetParamsMixin, DensityMixin, BaseEstimator):
    """Fits flows one by one and mixes them."""

    # ---------------------------------------------------------------- fit

    def _check_parameters(self):
        self._check_net_params()
        check_callbacks(self.callbacks)
        check_layers("hidden_layer_sizes", self.hidden_layer_sizes)
        check_choice("activation", self.activation, tuple(SLOPES))
        check_choice("base", self.base, tuple(BASES))
        check_choice("trace", self.trace, ("auto", "exact", "hutchinson"))
        self._check_solver()
        for name in ("conditional", "early_stopping", "warm_start"):
            check_flag(name, getattr(self, name))
        for name in ("kinetic_penalty", "jacobian_penalty"):
            check_number(name, getattr(self, name), low=0, none_ok=True)
        for name in ("max_epochs", "batch_size", "n_iter_no_change"):
            check_count(name, getattr(self, name), none_ok=True)
        check_number("lr", self.lr, low=0, low_open=True, none_ok=True)
        check_number("validation_fraction", self.validation_fraction, low=0, high=0.9)
        pick_device(self.device)
        if self.base == "mixture" and not (self.early_stopping and self.validation_fraction):
            msg = "Expected early_stopping=True and a validation_fraction above 0 beside "
            msg += "base='mixture', whose components held-out rows choose; got "
            msg += f"{self.early_stopping!r} and {self.validation_fraction!r}. Hold rows out, or "
            msg += "set base='normal'."
            raise ValueError(msg)
        if self.optimizer is not None:
            find_optimizer(self.optimizer)

    def _check_solver(self):
        check_choice("method", self.method, METHODS)
        check_count("n_steps", self.n_steps, none_ok=True)
        check_number("rtol", self.rtol, low=0, low_open=True)
        check_number("atol", self.atol, low=0, low_open=True)

    def _fit(self, X, y, sample_weight):
        begin = clock_time.perf_counter()
        made = self._design()
        before = self._before(made)
        rows = self._read_training(X, y, sample_weight, anew=before is None)
        seed = draw_seed(self.random_state)
        settings = self._settings(rows.z.shape[1], seed)
        kept, held_out = self._split(len(rows), seed)
        self._made, self.net_, self.members_ = made, [], []
        figures = {"n_rows": len(rows), "n_held_out": len(held_out)}
        starts = self._first(rows, kept, held_out, seed) if before is None else before
        for kind, base, flow in starts:
            with seeded(seed, settings.device):
                net = make_net(kind, base, rows.n_context, settings, len(kept), flow)
                seconds = train(net, rows, kept, held_out)
            self.net_.append(net)
            self.members_.append(kind)
            figures[kind] = {"n_components": len(base["weights"]), "seconds": seconds}
            if net.report_["stopped"] == "interrupted":
                break
        judges = rows[(held_out if len(held_out) else kept)[:N_JUDGES]]
        self._mix(judges, settings, figures, len(held_out) > 0)
        self._refit_mixtures(rows, settings)
        self._report(figures, settings, begin)

    def _design(self):
        """Return the parameters that a fit must share with the one that it goes on from."""
        sizes = tuple(int(width) for width in self.hidden_layer_sizes)
        return {"hidden_layer_sizes": sizes} | {name: getattr(self, name) for name in DESIGN}

    def _before(self, made):
        """Return kinds, bases and flows to go on from; None where fit is to start anew."""
        if not self.warm_start or not hasattr(self, "net_"):
            return None
        check_same_design(self._made, made)
        flows = [net.module_ for net in self.net_]
        return [(k, base_arrays(f), f) for k, f in zip(self.members_, flows, strict=True)]

    def _first(self, rows, kept, held_out, seed):
        """Yield kinds and bases of new members, with no flow before them."""
        kinds = ("normal",) if self.conditional and self.base == "auto" else BASES[self.base]
        for kind in kinds:
            base = None
            if kind == "normal" or len(held_out):
                base = base_of(kind, rows[kept], rows[held_out], seed % 2**31)
            if base is not None:
                yield kind, base, None
            elif len(kinds) == 1:
                yield "normal", base_of("normal", rows[kept], None, seed), None

    def _settings(self, n_targets, seed):
        sizes = self._design()["hidden_layer_sizes"]
        trace = self.trace
        if trace == "auto":
            trace = "exact" if len(sizes) <= 2 or n_targets <= N_MOST_EXACT else "hutchinson"
        loop = {"callbacks": self.callbacks, "optimizer": self.optimizer}
        loop = {name: value for name, value in loop.items() if value is not None}
        kinetic = KINETIC if self.kinetic_penalty is None else self.kinetic_penalty
        jacobian = JACOBIAN if self.jacobian_penalty is None else self.jacobian_penalty
        return FlowSettings(
            sizes, self.activation, trace, self.method, self.n_steps, self.rtol, self.atol,
            kinetic, jacobian, self.max_epochs, self.lr, self.batch_size,
            self.n_iter_no_change if self.early_stopping else None,
            device_there(self.device), seed, loop | self._net_params,
        )  # fmt: skip

    def _split(self, n_rows, seed):
        """Rows that train, and those that choose epoch, base and weights; both in random order."""
        order, n_held = np.random.default_rng(seed).permutation(n_rows), 0
        if self.early_stopping and n_rows >= FEWEST_TO_SPLIT and self.validation_fraction:
            n_held = max(round(self.validation_fraction * n_rows), min(20, n_rows // 4))
        return order[n_held:], order[:n_held]

    def _mix(self, judges, settings, figures, is_held_out):
        """Choose the steps of every member's solve, and the weights of the members."""
        self.n_steps_ = [steps_needed(net.module_, judges, settings) for net in self.net_]
        densities = np.array(
            [
                log_densities(net.module_, judges.z, judges.u, solver=settings.solver(n))
                for net, n in zip(self.net_, self.n_steps_, strict=True)
            ]
        )
        equal = np.full(len(self.net_), 1 / len(self.net_))
        self.weights_ = stack(densities, judges.weights) if is_held_out else equal
        name = "held_out_log_likelihood" if is_held_out else "log_likelihood"
        mixed = np.logaddexp.reduce(densities + _log(self.weights_)[:, None], axis=0)
        # In the units of the rows.
        volume = self._units.log_volume
        for kind, found, weight, n in zip(
            self.members_, densities, self.weights_, self.n_steps_, strict=True
        ):
            found = np.average(found, weights=judges.weights)
            figures[kind] |= {name: found + volume, "weight": weight, "n_steps": n}
        figures[name] = np.average(mixed, weights=judges.weights) + volume
        some = judges[:200]
        figures["field_calls"] = {
            "chosen": self._calls(some.z, some.u, settings.solver),
            "dopri5 (1e-5)": self._calls(
                some.z, some.u, lambda n: FlowSolve("dopri5", n, 1e-5, 1e-5)
            ),
        }

    def _refit_mixtures(self, rows, settings):
        """Let the held-out rows, which have done their work, teach the bases too."""
        for kind, net, n in zip(self.members_, self.net_, self.n_steps_, strict=True):
            if kind == "mixture":
                flow = net.module_
                start = pull_back(flow, rows.z, rows.u, solver=settings.solver(n))
                flow.set_base(refit_mixture(base_arrays(flow), start, rows.weights))

    def _solver(self, n_steps):
        return FlowSolve(self.method, self.n_steps or n_steps, self.rtol, self.atol)

    def _calls(self, z, u, solver_of):
        """Field calls of one score, over all members."""
        solvers = [solver_of(n) for n in self.n_steps_]
        for net, solver in zip(self.net_, solvers, strict=True):
            log_densities(net.module_, z, u, solver=solver)
        return sum(solver.n_calls for solver in solvers)

    def _report(self, figures, settings, begin):
        notes = [note for net in self.net_ for note in net.report_["recoveries"]]
        found = {
            "tool": "likelihood", "stopped": self.net_[0].report_["stopped"], "trace":
            settings.trace, "kinetic_penalty": settings.kinetic_penalty,
            "jacobian_penalty": settings.jacobian_penalty, **figures, "recoveries": notes,
        }  # fmt: skip
        seconds = round(clock_time.perf_counter() - begin, 3)
        self.fit_report_ = FitReport.of(found, self.net_[0], columns=[None], seconds=seconds)
        if msg := self.fit_report_.words_of_mending("y" if self.conditional else "X"):
            warn_user(msg, FitWarning)

    def _weighted(self):
        """Members whose weight is above 0, with their steps and log-weights."""
        triples = zip(self.net_, self.n_steps_, _log(self.weights_), strict=True)
        return [(net, n, weight) for net, n, weight in triples if np.isfinite(weight)]

    # ---------------------------------------------------------------- files

    def _fitted_as_data(self):
        kept = {*self.get_params(deep=False), "_net_params", "net_"}
        state = {name: value for name, value in vars(self).items() if name not in kept}
        return state | {"_parts": [member_parts(net) for net in self.net_]}

    def _restore_fitted(self, state):
        parts = state.pop("_parts")
        fill(self, state)
        # As made: parameters may have been set since.
        made = {name: self._made[name] for name in ("hidden_layer_sizes", "activation")}
        settings = replace(self._settings(len(self._units.center), 0), **made)
        with seeded(0):
            self.net_ = [
                make_member(kind, part, settings)
                for kind, part in zip(self.members_, parts, strict=True)
            ]
        return self


def _log(weights):
    with np.errstate(divide="ignore"):
        return np.log(weights)


def base_arrays(flow):
    factors = flow.factors.cpu().numpy()
    return {"weights": flow.log_weights.exp().cpu().numpy(), "means": flow.means.cpu().numpy(),
            "covariances": factors @ factors.transpose(0, 2, 1)}  # fmt: skip
