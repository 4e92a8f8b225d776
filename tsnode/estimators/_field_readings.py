"""What a fitted field on observed states shows: slopes, Jacobians, free runs."""

from dataclasses import replace

import numpy as np
import torch

from .._constraints import check_number
from .._monomials import count_terms
from ..batches import device_of, to_array, to_tensor
from ..metrics._sparse_formula import find_formula
from ._events import check_events, events_frame, warn_endless
from ._free_runs import FreeRuns
from .paths._state_path import MOST_STEPS
from .rows._reading import read_rows


class FieldReadings(FreeRuns):
    """Read-outs in physical units of a forecaster whose path may hold a field."""

    def vector_field(self, states, X=None):
        """Slope dy/dt at given states, in units of y per ``time_unit_``.

        Parameters
        ----------
        states : array-like of shape (n, n_channels) or (n_channels,)
            Columns of a frame are found by name.
        X : as in predict, n rows, default=None
            Stamps (and covariates) of the states; needed if the field has covariates or time.

        Returns
        -------
        ndarray of shape (n, n_channels) or (n_channels,), in the order of fit
        """
        z, t, u = self._field_inputs(states, X)
        with torch.no_grad():
            slopes = self._path.field.eval()(t, z, u)
        slopes = to_array(slopes) * self._scale / self._step
        return slopes if np.ndim(states) == 2 else slopes[0]

    def jacobian(self, states, X=None):
        """Jacobian of the slope in the states, per ``time_unit_``.

        Parameters
        ----------
        states, X : see ``vector_field``

        Returns
        -------
        ndarray of shape (n, n_channels, n_channels), or (n_channels, n_channels) of one state
            Entry [k, i, j] is the derivative of slope i by state j, in their units.
        """
        z, t, u = self._field_inputs(states, X)
        z.requires_grad_(True)
        slopes = self._path.field.eval()(t, z, u)
        directions = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
        directions = directions[:, None].expand(-1, len(z), -1)
        rows = torch.autograd.grad(slopes, z, directions, is_grads_batched=True)[0]
        found = to_array(rows.transpose(0, 1)) / self._step
        found = found * self._scale[:, None] / self._scale[None, :]
        return found if np.ndim(states) == 2 else found[0]

    @property
    def equation_(self):
        """Sparse polynomial formula of the field on the rows of fit, with its error.

        Up to degree 3, or less where the rows are fewer than the terms; of states alone. See
        ``tsnode.inspection.equation``, which has the choices.
        """
        self._check_law()
        rows = self.observed_states_
        rows = rows[np.isfinite(rows).all(axis=1)]
        names = [f"x{k}" if n is None else str(n) for k, n in enumerate(self.container_.columns)]
        degree = max(k for k in (1, 2, 3) if k == 1 or count_terms(len(names), k) <= len(rows))
        channels = [f"d{name}/dt" for name in names]
        return find_formula(rows, self.vector_field(rows), names, channels, degree=degree)

    def simulate(self, start, n_steps, step=None, events=None, return_events=False):
        """Free runs of the field from one start or many, without covariates.

        Parameters
        ----------
        start : array-like of shape (n_channels,) or (n_starts, n_channels)
            Columns of a frame are found by name.
        n_steps : int
        step : float, default=None
            In ``time_unit_``; None = the median step of fit.
        events : sequence of ``tsnode.Event``, default=None
            Stop a run, or reset its state, where conditions change sign. Their time counts from
            the start, in ``time_unit_``.
        return_events : bool, default=False
            Whether to return what happened, too.

        Returns
        -------
        path : ndarray of shape (n_steps + 1, n_channels), or (n_starts, n_steps + 1, n_channels)
            The start first; NaN after an event that stops the run, and from where a run diverges
            (with a ForecastWarning).
        happened : DataFrame
            Only with ``return_events``: number of the ``start`` (where there are many), ``time``,
            number of the ``event``, and the channels just before it, one row per event.

        Raises
        ------
        ValueError
            For starts that are not finite or lack channels, a fit with covariates or on a latent
            state, and a step over 50,000 steps of the solver.

        Notes
        -----
        Runs of a fixed-step method march together: eight runs cost little more time than one, and
        no memory but their states. The solver's step is ``step``, or the longest part of it that
        keeps ``rtol``; where ``step`` is shorter than that, states between are interpolated.
        """
        starts = self._checked_starts(start, n_steps)
        solver = self._solver()
        longest = MOST_STEPS * solver.step * self._step
        step = self._step if step is None else step
        check_number("step", step, low=0, high=float(f"{longest:.2g}"), low_open=True)
        events = [
            event.in_steps(lambda t: t * self._step, self._center, self._scale)
            for event in check_events(events)
        ]
        solver = replace(solver, events=tuple(events))
        paths = self._run_freely(starts, n_steps, step / self._step, solver)
        log = solver.log
        warn_endless(log, lambda t: f"t = {t * self._step:g}")
        has_many = np.ndim(start) == 2
        paths = paths if has_many else paths[0]
        return (paths, self._happened_since(log, has_many)) if return_events else paths

    def _happened_since(self, log, has_many):
        """Events of a simulation as a frame, in time."""
        met = sorted(log.met, key=lambda one: one[1])
        runs, steps, numbers, states = zip(*met, strict=True) if met else ((),) * 4
        first = {"start": np.array(runs, dtype=np.int64)} if has_many else {}
        first |= {"time": np.array(steps, dtype=float) * self._step}
        columns = self.container_.columns
        return events_frame(first, numbers, states, columns, self._center, self._scale)

    def _field_inputs(self, states, X):
        """Standardised states, times in steps and controls as tensors."""
        self._check_law()
        states = self._checked_states(states)
        needs_rows = self._covariates.n_controls or not self._path.field.autonomous
        if needs_rows and X is None:
            msg = "Expected X with the stamps of the states, because the field has covariates or "
            msg += "time as inputs; got None. Pass one row of X per state; where there is no X to "
            msg += "pass, refit without covariates and with autonomous=True."
            raise ValueError(msg)
        t, u = torch.tensor(0.0, dtype=torch.float64), None
        if X is not None:
            t, u = self._row_inputs(X, len(states))
        z = to_tensor((states - self._center) / self._scale, device=device_of(self._path.field))
        return z, t, u

    def _row_inputs(self, X, n_states):
        rows = read_rows(self, X, reset=False, only_times=self.states_in_x_)
        if len(rows) != n_states:
            msg = f"Expected one row of X per state ({n_states}); got {len(rows)}. "
            msg += "Pass as many stamps as states."
            raise ValueError(msg)
        times = self.clock_.to_model(rows.timed.index)
        t = to_tensor(self._to_steps(times), device=device_of(self._path.field))
        u = None
        if self._covariates.n_controls:
            u = self._covariates.values(rows)
            u = to_tensor(u, device=device_of(self._path.field))
        return t, u
