"""Forecasts of a state that is observed whole: filter, then solve (or iterate)."""

import copy
import warnings
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch

from ...batches import device_of, to_array, to_tensor
from ...dynamics._fields import NeuralField
from ...exceptions import ForecastWarning
from ...models._state_forecaster import StateForecaster
from ...solvers._event_runs import run_with_events
from ...solvers._events import EventLog
from ...solvers._free_run import N_STEPS_AT_ONCE, iterate_freely, run_freely
from ...solvers._jumps import solve_between_jumps
from ...solvers._kernels import TABLEAUS
from ...solvers._solve import OWN_METHODS, check_differentiable, is_adaptive
from ...solvers._stiff import SCIPY_METHODS
from ...training._field_count import FieldCount
from ...training._first_fit import fit_at_once, plain_report
from ...training._match import smooth_paths
from ...training._net import ForecastNet
from ...training._seeds import seeded
from ...training._shooting import shoot
from ...training._step_match import match_steps
from .._fit_report import epochs_of
from ._observed_paths import observed_paths, older_paths
from ._state_filter import StateFilter
from ._warm_start import begin_at_field

# A forecast so many solver steps ahead (20 s of computing) is one from no history at all.
MOST_STEPS = 50_000
# Solver steps in median steps; those after the first six only for who asks for more than RTOL.
STEPS = tuple(0.5**k for k in range(10))
RTOL, N_STEPS_AT_RTOL = 1e-4, 6
# Median steps between two looks at the conditions of events.
LONGEST_LOOK = 0.25
# Loop parameters that ``shoot`` takes by name; the others go to the net.
SHOOT_PARAMETERS = (
    "max_epochs", "lr", "batch_size", "optimizer", "curriculum", "lead_weights",
    "forcing", "jacobian_penalty", "jacobian_along", "kinetic_penalty",
)  # fmt: skip


@dataclass(frozen=True)
class Solver:
    """Step of a solve in median steps, settings that are not those of the fit, and events.

    The events are of standardised states and times in steps; ``log`` takes what happens.
    """

    step: float
    changed: dict = field(default_factory=dict)
    events: tuple = ()
    log: EventLog = field(default_factory=EventLog)


class StatePath:
    """A field (or a map) on the observed channels themselves.

    Works on standardised values; times are in median steps (kind "ode") or in whole steps of
    the grid (kinds "residual" and "plain").

    Parameters
    ----------
    kind : {"ode", "residual", "plain"}
    loop : dict
        Parameters of the training loop that the user set; asks for shooting if not empty.
    match_iterations : int or None, default=None
        Most iterations of the match, None = by the data; fewer for a trial.
    refines : bool, default=False
        Take the time to fit many pieces of long noisy data, not only a few.
    module : UserModule or None, default=None
        Makes the field; None: the built-in network.
    n_evaluations_max : int or None, default=None
        Evaluations of the field after which training ends.
    training, training_horizon, method, ... : see ``NeuralODERegressor``

    Attributes
    ----------
    net : ForecastNet
    rehearsal : ForecastNet or None
        What the older rows alone gave, if a loop was rehearsed on them; not kept in a file.
    report : dict
    """

    def __init__(
        self, *, kind, hidden_layer_sizes, activation, autonomous=True, alpha=None, training="auto",
        training_horizon=None, method="rk4", rtol=1e-4, atol=1e-6, early_stopping=True,
        validation_fraction=0.2, n_iter_no_change=None, loop=None, match_iterations=None,
        refines=False, module=None, n_evaluations_max=None, device="cpu", seed=0,
    ):  # fmt: skip
        self.n_evaluations_max = n_evaluations_max
        self.kind, self.training, self.training_horizon = kind, training, training_horizon
        self.hidden_layer_sizes, self.activation = hidden_layer_sizes, activation
        self.autonomous, self.alpha = autonomous, alpha
        self.method, self.rtol, self.atol = method, rtol, atol
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.n_iter_no_change, self.match_iterations = n_iter_no_change, match_iterations
        self.loop, self.device, self.seed = dict(loop or {}), device, seed
        self.module, self.refines = module, refines

    # ---------------------------------------------------------------- fit

    def fit(self, series, controls=None, start=None):
        """Fit a new field to the rows of all series; from the weights of the path ``start``."""
        with seeded(self.seed, self.device):
            field = self._new_field(series, controls)
            if start is not None:
                self._begin_at(field, start.field)
            self._train(field, series, controls, is_new=start is None)
        return self

    def _new_field(self, series, controls):
        if self.module is not None:
            return self.module.make_field(series, controls, self.device)
        n_controls = 0 if controls is None else controls.n_controls
        return NeuralField(
            series.n_channels,
            n_controls,
            self.hidden_layer_sizes,
            self.activation,
            self.autonomous,
            time_scale=max(float(np.ptp(series.times)), 1.0),
        ).to(self.device)

    def _begin_at(self, field, before):
        begin_at_field(field, before)

    def continue_fit(self, series, controls=None, since=None):  # noqa: ARG002 - all rows count
        """Train on from the present weights, with old and new rows."""
        with seeded(self.seed, self.device):
            self._train(self.field, series, controls, is_new=False)
        return self

    @property
    def field(self):
        """The trained field, a torch module."""
        return self.net.module_.field

    @property
    def reads_back(self):
        """How much of the past a forecast reads: rows, and steps of time."""
        return 1, 1.5 * self._filter.reach

    def _train(self, field, series, controls, *, is_new):
        paths, self._notes = observed_paths(series, controls), []
        self.rehearsal = None
        self._count = FieldCount(self.n_evaluations_max)
        if self._shoots():
            check_differentiable(self.method)
            self._train_by_shooting(field, paths, is_new)
        else:
            self.report, _ = self._first_fit(field, paths, is_new)
            self._keep(field)
        self.report["field_evaluations"] = self._count.by_stage
        step = self._choose_step(series, controls)
        self._steps = {(self.method, self.rtol): step}
        self._batched = self._choose_batched(series, controls)
        advance = self._advance(controls, self.solver())
        self._filter = StateFilter.fit(series, self._noise(), advance)
        self.report.update(solver_step=step, filter_reach=self._filter.reach)
        numbers = np.flatnonzero(np.diff(series.starts))
        self.report["recoveries"] = [note.in_series(numbers) for note in self._notes]

    def _noise(self):
        """Give the standard deviation of an observation of every state."""
        return np.asarray(self.report["sigma"], dtype=float)

    def _window_states(self, paths, field):  # noqa: ARG002 - delay coordinates need its sizes
        """Finite states of all rows, for windows to start from before any fit to them."""
        return smooth_paths(paths)["states"]

    def _model(self, field):
        own = {"kind": self.kind, "method": self.method, "rtol": self.rtol, "atol": self.atol}
        own["gradient"] = self.loop.get("gradient", "backprop")
        return StateForecaster(field, **{**own, **self._params_of("module__")})

    def _params_of(self, prefix):
        return {
            name.removeprefix(prefix): value
            for name, value in self.loop.items()
            if name.startswith(prefix)
        }

    def _first_fit(self, field, paths, is_new):
        """Fit without a loop; return the report and a finite state for every row."""
        count = self._count
        settings = {"alpha": self.alpha, "keep_start": not is_new}
        if self.kind != "ode":
            settings |= {"kind": self.kind, "validation_fraction": self.validation_fraction}
            with count.counting("match", field):
                return match_steps(field, paths, **settings)
        # A loop goes on from there, and has the longer data to itself.
        refines = self.refines and not self._shoots()
        return fit_at_once(
            field, paths, collocates=self.training in ("auto", "collocation"), refines=refines,
            max_iterations=self.match_iterations, count=count, **settings,
        )  # fmt: skip

    def _shoots(self):
        asked = bool(self.loop) or (self.training_horizon or 0) > 1
        return self.training == "shooting" or (self.training == "auto" and asked)

    def _train_by_shooting(self, field, paths, is_new):
        """Find the number of epochs on the newest part, then train so long on everything.

        The start of the rehearsal has not seen the newest part: else no epoch could beat it.
        Ctrl-C or the last evaluation allowed, in the rehearsal or a first fit, keeps what that
        has found.
        """
        n_epochs, judged = None, {}
        fraction = self.validation_fraction if self.early_stopping else 0.0
        older = older_paths(paths, fraction)
        rehearsal = None
        if is_new and fraction > 0 and all(path.n_rows > 1 for path in older):
            trial = copy.deepcopy(field)
            self.report, _ = self._first_fit(trial, older, is_new)
            if "stopped" in self.report:
                return self._keep(trial)
            states = self._window_states(paths, trial)
            net, rehearsal = self._shoot(trial, paths, states, fraction)
            judged, self.rehearsal = epochs_of(net), net
            self._notes += rehearsal["recoveries"]
            n_epochs = rehearsal["best_epoch"]
            if rehearsal["stopped"] in ("interrupted", "budget"):
                self.net = net
                return self._say_shot(rehearsal, judged, stopped=rehearsal["stopped"])
        self.report, states = self._first_fit(field, paths, is_new)
        if "stopped" in self.report:
            return self._keep(field)
        if n_epochs == 0:
            self._keep(field)
            self.report["tool"] = f"{self.report['tool']} (shooting was no better)"
        else:
            fraction = fraction if n_epochs is None else 0.0
            self.net, shot = self._shoot(field, paths, states, fraction, max_epochs=n_epochs)
            self._notes += shot["recoveries"]
            return self._say_shot(rehearsal or shot, judged, stopped=shot["stopped"])
        self.report["shooting"] = plain_report(rehearsal)
        self.report.update(judged)
        return None

    def _keep(self, field):
        """Hold a field as it is."""
        self.net = ForecastNet(self._model(field), device=self.device).initialize()

    def _say_shot(self, shot, judged, stopped):
        self.report["tool"] = f"{self.report['tool']}, then shooting"
        self.report["shooting"] = plain_report(shot)
        self.report.update(judged)
        if stopped in ("interrupted", "budget"):
            self.report["stopped"] = stopped

    def _shoot(self, field, paths, states, fraction, *, max_epochs=None):
        series = [
            (p.times, start, p.values, p.weights, p.controls)
            for p, start in zip(paths, states, strict=True)
        ]
        loop = {name: v for name, v in self.loop.items() if not name.startswith("module__")}
        loop.pop("gradient", None)
        named = {name: loop.pop(name) for name in SHOOT_PARAMETERS if name in loop}
        if loop.pop("window_starts", None) == "learned":
            smooth = smooth_paths(paths)
            named |= {"spreads": smooth["spreads"], "noise": smooth["sigma"]}
        if max_epochs is not None:
            named["max_epochs"] = max_epochs
        if self.n_iter_no_change is not None:
            named["n_iter_no_change"] = self.n_iter_no_change
        if self.training_horizon is not None:
            named["training_horizon"] = max(round(self.training_horizon), 1)
        if self.kind != "ode":
            # A map takes one step per row: windows must not span empty cells.
            named["max_gap"] = 1.5
        return shoot(
            self._model(field),
            series,
            validation_fraction=fraction,
            alpha=self.alpha,
            device=self.device,
            seed=self.seed,
            net_params=loop,
            count=self._count,
            **named,
        )

    def _choose_step(self, series, controls, changed=None, n_starts=32, n_steps=8.0):
        """Longest solver step (in median steps) whose halving changes nothing above rtol."""
        changed = changed or {}
        if self.kind != "ode" or is_adaptive(changed.get("method", self.method)):
            return 1.0
        rows = np.flatnonzero(series.is_observed.all(axis=1))
        if not len(rows):
            return STEPS[1]
        rows = rows[:: max(1, len(rows) // n_starts)]
        rtol = changed.get("rtol", self.rtol)
        before, longest = None, STEPS[0]
        for step in STEPS[: N_STEPS_AT_RTOL if rtol >= RTOL else None]:
            number, start = series.series_of_row[rows], series.times[rows]
            ahead = self._solve(
                series.values[rows], number, start, np.arange(len(rows)), start + n_steps,
                controls, Solver(step, changed),
            )  # fmt: skip
            if before is not None:
                moves = ~(np.abs(ahead - before).max(axis=1) < rtol)
                longest = longest if moves.all() else 2 * step
                rows, ahead = rows[moves], ahead[moves]
            if not len(rows):
                return longest
            before = ahead
        # Starts that diverge with every step are no reason for a short one.
        return step if np.isfinite(before).all(axis=1).any() else longest

    def _choose_batched(self, series, controls):
        """Solver of the filter: the fit's own, or a kernel where that solves row by row.

        The filter makes thousands of short solves. An observation is known no better than rtol, so
        that another method of that accuracy serves as well.
        """
        if self.kind != "ode" or self.method in OWN_METHODS:
            return self.solver()
        is_stiff = self.method in SCIPY_METHODS
        changed = {"method": "exponential_euler" if is_stiff else "rk4"}
        return Solver(self._choose_step(series, controls, changed), changed)

    def solver(self, training_rows=None, **settings):
        """Solver by settings of now, which may have changed since the fit.

        A step not needed before is chosen on the training rows and kept.

        Parameters
        ----------
        training_rows : callable () -> series, controls
        **settings
            ``method``, ``rtol``, ``atol``; left out: those of the fit.
        """
        changed = {name: v for name, v in settings.items() if v != getattr(self, name)}
        key = (settings.get("method", self.method), settings.get("rtol", self.rtol))
        if key not in self._steps:
            self._steps[key] = self._choose_step(*training_rows(), changed)
        return Solver(self._steps[key], changed)

    # ---------------------------------------------------------------- forecast

    def forecast(self, series, requests, controls=None, solver=None):
        """Forecast Requests from the rows of ``series``; array (n_asked, n_channels).

        ``solver`` is None for that of the fit.
        """
        solver = solver or self.solver()
        out = np.zeros((len(requests), series.n_channels))
        started = requests.cutoff >= 0
        started &= ~self._is_far(series, requests, solver)
        if not started.any():
            return out
        # A start for a run backwards must not know the rows that it runs back to.
        cutoff = requests.cutoff[started]
        is_back = series.times[cutoff] > requests.times[started]
        code, row = np.unique(2 * cutoff + is_back, return_inverse=True)
        cutoffs, alone = code // 2, code % 2 == 1
        start = self._filter.estimate(series, cutoffs, self._advance(controls, solver), alone=alone)
        number = series.series_of_row[cutoffs]
        out[started] = self._solve(
            start, number, series.times[cutoffs], row, requests.times[started], controls, solver
        )
        if solver.events:
            stopped = np.zeros(len(requests), dtype=bool)
            stopped[started] = solver.log.stopped
            solver.log.stopped = stopped
            solver.log.name_runs(list(zip(number, series.times[cutoffs], strict=True)))
        return out

    def _is_far(self, series, requests, solver):
        """Whether so much time lies behind the start that nothing of it is left; warns of such."""
        known = requests.cutoff >= 0
        start = series.times[np.where(known, requests.cutoff, 0)] if series.n_rows else 0.0
        is_far = known & (np.abs(requests.times - start) > MOST_STEPS * solver.step)
        if is_far.any():
            msg = f"{int(is_far.sum())} row(s) lie over {MOST_STEPS:,} steps of the solver from "
            msg += "the row they start from; they are answered by the mean of the training rows. "
            msg += "Ask for nearer stamps, pass a history= that ends nearer to them, or drop "
            msg += "training rows that nearly repeat a stamp, since they make the steps short."
            warnings.warn(msg, ForecastWarning, stacklevel=5)
        return is_far

    def free_run(self, starts, n_steps, step, solver=None):
        """States after 0 to n_steps steps; array (n_starts, n_steps + 1, n_channels).

        NaN from where a run is no longer finite, or an event stops it. ``step`` counts median
        steps, and like ``solver`` is for fields alone.
        """
        if self.kind != "ode":
            z0 = to_tensor(starts, device=device_of(self.field))
            return iterate_freely(self.net.module_.eval().step_map, z0, n_steps)
        solver = solver or self.solver()
        method = solver.changed.get("method", self.method)
        if method in TABLEAUS and not solver.events:
            z0 = to_tensor(starts, device=device_of(self.field))
            field = self.field.eval()
            return run_freely(field, z0, n_steps, step, longest=solver.step, method=method)
        # An adaptive solver begins anew at every block, so that memory does not grow with time.
        # With events it does not: they begin to look anew, and may look past one.
        size = n_steps if solver.events else N_STEPS_AT_ONCE
        out, row = np.empty((len(starts), n_steps + 1, starts.shape[1])), np.arange(len(starts))
        out[:, 0] = starts
        for done in range(0, n_steps, size):
            times = step * np.arange(done + 1, min(done + size, n_steps) + 1)
            start = np.full(len(starts), done * step)
            found = self._solve(
                out[:, done], row, start, row.repeat(len(times)), np.tile(times, len(starts)),
                None, solver,
            )  # fmt: skip
            later = slice(done + 1, done + 1 + len(times))
            out[:, later] = found.reshape(len(starts), len(times), -1)
        return out

    def _advance(self, controls, solver):
        """Give the model as the filter asks for it: every state from its t0 to its t1."""
        # What happens between observed rows moves the estimate, and is nobody's answer.
        solver = replace(solver, log=EventLog())
        if solver.changed.get("method", self.method) not in OWN_METHODS:
            batched = self._batched
            solver = replace(solver, step=batched.step, changed=batched.changed)

        def advance(z, series, t0, t1):
            return self._solve(z, series, t0, np.arange(len(z)), t1, controls, solver)

        return advance

    def _solve(self, z0, series, t0, row, times, controls, solver):
        """States at ``times`` of the starts ``row``; NaN where the solution is not finite."""
        if solver.events:
            plain = replace(solver, events=())

            def solve(rows, z, t, row, times):
                return self._solve(z, series[rows], t, row, times, controls, plain)

            look = min(solver.step, LONGEST_LOOK)
            return run_with_events(
                solve, z0, t0, row, times, solver.events, look=look, log=solver.log
            )
        control = None
        if controls is not None:
            control = lambda rows, at: controls.at(series[rows], at)  # noqa: E731
        model = self.net.module_.eval()
        start = to_tensor(z0, device=device_of(model))
        solve = partial(model.answer, **solver.changed)
        if self.kind == "ode" and controls is not None and controls.jumps is not None:
            jumps, which = controls.jumps_of(series)
            settings = {"jumps": jumps, "which": which, "resolution": controls.resolution}
            solve = partial(solve_between_jumps, solve, **settings)
        with np.errstate(all="ignore"), torch.no_grad():
            return to_array(solve(start, t0, row, times, step=solver.step, control=control))
