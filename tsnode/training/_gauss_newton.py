"""Gauss-Newton steps in the dual, for the states on a mesh and the weights of a field together."""

import numpy as np
import torch

from ._defects import Defects
from ._field_count import FieldCount
from ._field_function import function_of
from ._flow_defects import FlowDefects
from ._flow_function import FlowFunction
from ._layout import slope_scale
from ._least_squares import trace_of_inverse_product
from ._mesh import Observations, build_mesh
from ._noise_evidence import noise_by_evidence

# Below this noise (in parts of a standard deviation) single precision is too coarse.
SINGLE_PRECISION_SIGMA = 5e-3
# Values are never taken for more exact than this.
SIGMA_FLOOR = 1e-4
# The law is enforced step by step: at once it would hold the states at a poor field.
Q_SHRINKS = 0.4
# Damping of the weights: its start, and its factors after a rejected and a clean step.
FIRST_DAMPING, GROWS, SHRINKS, MOST_REJECTED = 10.0, 5.0, 0.2, 10
# Where evidence starts, its bounds, and how many iterations it waits between updates.
FIRST_ALPHA, ALPHA_RANGE, EVIDENCE_EVERY = 5.0, (1e-2, 1e3), 3
# The smoother's noise stands unless evidence differs by this share: on irregular rows it is within
# a tenth, but far apart and regular ones tell it too little, and it may find none at all. As many
# iterations may be added to those that were asked for.
NOISE_MOVES, MOST_MOVES = 0.2, 12


@torch.no_grad()
def collocate(
    field,
    paths,
    smooth,
    layouts,
    *,
    alpha,
    q,
    max_iterations,
    tolerance=1e-3,
    n_flow_steps=None,
    count=None,
):
    """Minimise noise-weighted misfit plus defects plus penalty by Gauss-Newton in the dual.

    The objective is ``sum (y - x)**2 / sigma**2 + sum c**2 / (q**2 h) + alpha |theta|**2`` over
    states x on the mesh and weights theta, with c the Hermite-Simpson defects, or
    what the flow misses.

    Parameters
    ----------
    field : NeuralField
        Changed in place; its weights are the start.
    paths : list of ObservedPath
    smooth : dict
        Result of ``match_field`` or ``smooth_paths``.
    alpha : float or None
        Precision of the weights of the field whose slopes have root mean square 1; None = by
        evidence.
    q : float
        Deviation of the law from the field, per square root of a median step.
    layouts : list of float arrays
        Points of the mesh per path.
    n_flow_steps : int, optional
        Takes for c what the flow misses at the next point, by so many solver steps in a gap of
        length 1: for laws that jump between two rows.

    Returns
    -------
    dict
        ``states`` (list of arrays at the stamps of every path), ``objective``,
        ``n_iterations``, ``n_defects``, ``alpha``, ``q``, ``noise``.
    """
    function = function_of(field)
    sigma = np.maximum(smooth["sigma"], SIGMA_FLOOR)
    device = function.like.device
    mesh = build_mesh(paths, smooth, layouts, n_controls=field.n_controls, device=device)
    observations = Observations(mesh, paths, sigma)
    scale = slope_scale(smooth)
    with function.in_units_of(scale):
        flow = None if n_flow_steps is None else FlowFunction(function, n_flow_steps, scale)
        run = GaussNewton(function, mesh, observations, scale, alpha, q, sigma, count, flow)
        points, objective, n_iterations = run.minimise(max_iterations, tolerance)
        slopes = run.defects(points).slopes
    states = observations.states(points, slopes).cpu().numpy()
    ends = np.cumsum([path.n_rows for path in paths])[:-1]
    stopped = {"stopped": "budget"} if run.is_spent() else {}
    stopped = {"stopped": "interrupted"} if run.is_interrupted else stopped
    return stopped | {
        "alpha": run.alpha,
        "q": run.q,
        "noise": smooth["sigma"] if run.noise is None else run.noise.cpu().numpy(),
        "states": np.split(states, ends),
        "objective": objective,
        "n_iterations": n_iterations,
        "n_defects": mesh.gaps.numel() * field.n_states,
    }


class GaussNewton:
    """States and weights, the objective and its steps."""

    def __init__(self, function, mesh, observations, scale, alpha, q, sigma, count=None, flow=None):
        self.is_spent = (count or FieldCount()).is_spent
        self.function, self.mesh, self.observations = function, mesh, observations
        self.scale = scale
        self.chooses_alpha = alpha is None
        self.alpha = FIRST_ALPHA if alpha is None else float(alpha)
        self.q_goal, self.q = q, q
        self.is_interrupted, self.flow = False, flow
        self.noise, self.noise_moves = None, False
        is_noisy = sigma.min() >= SINGLE_PRECISION_SIGMA
        self.dtype = torch.float32 if is_noisy else torch.float64

    def defects(self, points, with_derivatives=False):
        """Defects at the present weights."""
        if self.flow is not None:
            settings = {"with_derivatives": with_derivatives, "dtype": self.dtype}
            return FlowDefects(self.flow, self.mesh, points, **settings)
        return Defects(self.function, self.mesh, points, self.scale, with_derivatives)

    def objective(self, points):
        """Objective at the present weights."""
        defects = self.defects(points)
        theta = self.function.read()
        return float(
            self.observations.misfit(points, defects.slopes)
            + (defects.values.square() / self._process()).sum()
            + self.alpha * theta.square().sum()
        )

    def _process(self):
        """Variance of the defects of every gap."""
        return self.q**2 * self.mesh.gaps

    def _start_loose(self, points):
        """Begin with the q that the first defects ask for; from there it shrinks to its goal."""
        found = float((self.defects(points).values.square() / self.mesh.gaps).mean().sqrt())
        self.q = max(self.q_goal, found)

    def minimise(self, max_iterations, tolerance):
        """Return states on the mesh, objective and number of linearisations.

        Ctrl-C ends it at the last accepted step.
        """
        self.accepted, self.n_iterations = (self.mesh.start, self.function.read()), 0
        try:
            self._descend(max_iterations, tolerance)
        except KeyboardInterrupt:
            self.is_interrupted = True
            self.function.write(self.accepted[1])
        points, self.q = self.accepted[0], self.q_goal
        return points, self.objective(points), self.n_iterations

    def _descend(self, max_iterations, tolerance):
        points, damping = self.mesh.start, FIRST_DAMPING
        self._start_loose(points)
        n_moves = 0
        # Whatever came before a change of the noise was for other data.
        while self.n_iterations < max_iterations + min(n_moves, MOST_MOVES) and not self.is_spent():
            self.n_iterations += 1
            updates = self.noise_moves or self.n_iterations % EVIDENCE_EVERY == 0
            solve = self.linearize(points, updates=updates)
            n_moves += self.noise_moves
            objective = self.objective(points)
            points, found, n_rejected = self._step(solve, points, objective, damping)
            self.accepted = points, self.function.read()
            damping *= GROWS**n_rejected if n_rejected else SHRINKS
            if n_rejected == MOST_REJECTED:
                break
            # A step that had to be damped may have been small for that alone.
            is_small = objective - found < tolerance * objective and n_rejected == 0
            if is_small and self.q == self.q_goal and not self.noise_moves:
                break
            self.q = max(self.q_goal, Q_SHRINKS * self.q)

    def _step(self, solve, points, objective, damping):
        """Damp the weights until the objective falls; (points, objective, rejected steps)."""
        theta = self.function.read()
        for n_rejected in range(MOST_REJECTED):
            change = solve(damping * GROWS**n_rejected)
            if change is not None:
                self.function.write(theta + change[1])
                tried = self.objective(points + change[0])
                # NaN compares as False, so a failed step is never kept.
                if tried < objective:
                    return points + change[0], tried, n_rejected
        self.function.write(theta)
        return points, objective, MOST_REJECTED

    def linearize(self, states, updates=False):
        """Return the function damping -> changes of states and weights."""
        defects = self.defects(states, with_derivatives=True)
        theta = self.function.read()
        gram = defects.weight_gram(self.dtype)
        process = self._process().expand_as(defects.values).reshape(-1)
        if updates:
            self._update_by_evidence(defects, gram, process, theta, states)
        pull = self.observations.pull(states, defects.slopes)
        constant = defects.values + defects.apply_states(pull)

        def solve(damping):
            total = self.alpha + damping
            middle = -self.alpha / total * theta
            right = -(constant + defects.apply_weights(middle)).reshape(-1)
            system = self._system(defects, gram / total, process)
            nu = _solve(system, right)
            if nu is None:
                return None
            nu = nu.view_as(constant)
            change = pull + self.observations.variance * defects.transpose_states(nu)
            return change, middle + defects.transpose_weights(nu) / total

        return solve

    def _system(self, defects, system, process):
        """Covariance of the linearised defects, built in place on the weights' part."""
        system.diagonal().add_(process.to(self.dtype))
        defects.add_state_gram(system, self.observations.variance)
        return system

    def _update_by_evidence(self, defects, gram, process, theta, states):
        """MacKay's updates: of the weights' precision, and of a noise that is clearly wrong."""
        system = self._system(defects, gram / self.alpha, process)
        factor, info = torch.linalg.cholesky_ex(system)
        if int(info) != 0:
            return

        def solve(rows):
            return torch.cholesky_solve(rows.to(factor.dtype), factor).to(rows.dtype)

        sigma = noise_by_evidence(defects, self.observations, solve, theta, states)
        if self.chooses_alpha:
            n_known = trace_of_inverse_product(factor, gram) / self.alpha
            alpha = n_known / max(float(theta.square().sum()), 1e-12)
            self.alpha = min(max(alpha, ALPHA_RANGE[0]), ALPHA_RANGE[1])
        sigma = sigma.clamp(min=SIGMA_FLOOR)
        change = float((sigma / self.observations.sigma).log().abs().max())
        # NaN compares as False, so no failed estimate is taken.
        self.noise_moves = change > NOISE_MOVES
        if self.noise_moves:
            self.noise, self.observations = sigma, self.observations.of_noise(sigma)


def _solve(system, right):
    factor, info = torch.linalg.cholesky_ex(system)
    if int(info) != 0:
        return None
    return torch.cholesky_solve(right[:, None].to(system.dtype), factor)[:, 0].to(right.dtype)
