"""Forecasts of states that are observed whole: an ODE, a residual map or a plain map."""

import torch
from torch import nn

from ..solvers._fixed_grid import iterate_requests, without_overhead
from ..solvers._pull import Pull, no_pull
from ..solvers._solve import solve, solve_asked
from ..solvers._windows import control_times

# The map of one step made from the network f.
STEP_MAPS = {
    "residual": lambda z, change: z + change,
    "plain": lambda z, change: change,  # noqa: ARG005
}
KINDS = ("ode", *STEP_MAPS)


class StateForecaster(nn.Module):
    """States at later stamps from the state at the first one.

    Parameters
    ----------
    field : nn.Module, ``forward(t, z, u)``
        The slope of an ODE, or f of the map.
    kind : {"ode", "residual", "plain"}, default="ode"
        dz/dt = f(z, u, t); z' = z + f(z, u); z' = f(z, u).
    method : str, default="rk4"
        Solver of the ODE.
    gradient : str, default="backprop"
        How the gradient of a training solve is found, see ``solvers._solve.solve``.
    n_substeps : int, default=1
        Fixed steps per gap of a training window.
    rtol, atol : float
        Tolerances of adaptive methods, in standardised units: observation noise is larger.
    """

    def __init__(
        self, field, kind="ode", method="rk4", n_substeps=1, rtol=1e-4, atol=1e-5,
        gradient="backprop",
    ):  # fmt: skip
        super().__init__()
        self.field = field
        self.kind = kind
        self.method = method
        self.n_substeps = n_substeps
        self.rtol = rtol
        self.atol = atol
        self.gradient = gradient

    def control_times(self, times):
        """Return the times at which ``forward`` reads u, shape (batch, n_leads, n_nodes).

        Start, middle and end of every substep of an ODE; the start of every step of a map.
        """
        return control_times(times, self.n_substeps) if self.kind == "ode" else times[:, :-1, None]

    def forward(self, z0, times, controls=None, forced=None, forcing=None):
        """Forecast the states at the stamps of every window.

        Parameters
        ----------
        z0 : tensor of shape (batch, n_states)
            State at ``times[:, 0]``.
        times : tensor of shape (batch, n_leads + 1)
            For maps only their number and the controls matter, one step each.
        controls : tensor of shape (batch, n_leads, n_nodes, n_controls), optional
            u at ``control_times(times)``.
        forced : tensor of shape (batch, n_leads, n_states), optional
            Data that the state is pulled towards behind every stamp, see ``Pull``; NaN = not.
        forcing : tensor of shape (), optional
            Share of the way, 0 to 1.

        Returns
        -------
        tensor of shape (batch, n_leads, n_states)
        """
        pull = no_pull if forced is None else Pull(forced, forcing)
        if self.kind == "ode":
            return solve(
                self.field, z0, times, method=self.method, gradient=self.gradient, pull=pull,
                n_substeps=self.n_substeps, controls=controls, rtol=self.rtol, atol=self.atol,
            )  # fmt: skip
        z, states = z0, []
        for lead in range(times.shape[1] - 1):
            u = None if controls is None else controls[:, lead, 0]
            z = self.step_map(times[:, lead], z, u)
            states.append(z)
            z = pull(lead, z)
        return torch.stack(states, dim=1)

    def step_map(self, t, z, u=None):
        """State one step later; only for maps."""
        return STEP_MAPS[self.kind](z, self.field(t, z, u))

    def answer(
        self, z0, t0, row, times, *, step=1.0, control=None, method=None, rtol=None, atol=None
    ):
        """States at asked times, each independent of what else is asked.

        Parameters
        ----------
        z0 : tensor of shape (n_rows, n_states)
        t0 : float array of shape (n_rows,)
        row : int array of shape (n_asked,)
            Which start an asked time belongs to.
        times : float array of shape (n_asked,)
            Maps answer at whole steps, linear between them.
        step : float or float array of shape (n_rows,), default=1.0
            Solver step of the ODE (fixed-step methods), or length of a step of the map.
        control : callable (rows, times) -> array (len(times), n_controls), optional
        method, rtol, atol : optional
            Another solver than that of the model.

        Returns
        -------
        tensor of shape (n_asked, n_states)
            Not finite from where a row diverges.
        """
        if self.kind == "ode":
            return solve_asked(
                self.field, z0, t0, row, times, step=step, control=control,
                method=self.method if method is None else method,
                rtol=self.rtol if rtol is None else rtol,
                atol=self.atol if atol is None else atol,
            )  # fmt: skip
        field, make = without_overhead(self.field), STEP_MAPS[self.kind]

        def step_map(t, z, u):
            return make(z, field(t, z, u))

        return iterate_requests(step_map, z0, t0, row, times, step=step, control=control)
