"""Solve for the states on a mesh and the weights of the field together."""

import time

import numpy as np
import torch

from ._linearization import read_weights, scale_outputs, write_weights
from ._mesh import Defects, build_mesh

MAX_DEFECTS = 3600
# Variance of a state that was not observed about its last estimate: a trust region.
FREE_VARIANCE = 0.05
# Below this noise (in parts of a standard deviation) single precision is too coarse.
SINGLE_PRECISION_SIGMA = 1e-2
# Values are never taken for more exact than this.
SIGMA_FLOOR = 1e-4
# Longest gap of the mesh in parts of the time in which the fastest channel moves by one
# standard deviation; there the defects' own error is under 1e-4.
LONGEST_GAP = 0.5
# Noise and gaps (in the unit of LONGEST_GAP) below which a match needs no improvement.
EXACT_SIGMA, DENSE_GAP = 1e-3, 0.2
# q in parts of the slopes' root mean square (per root of a median step); data more exact than
# NOISE_OF_Q let the law be held more exactly too.
SHARE_OF_Q, NOISE_OF_Q = 0.05, 0.03
# The law is enforced step by step: at once it would hold the states at a poor field.
Q_SHRINKS = 0.4
# Shares of a step that are tried, and what the damping is multiplied by after each.
DAMPING_AFTER = {1: 0.4, 0.5: 2.0, 0.2: 5.0}
# Where evidence starts, its bounds, and how many iterations it waits between updates. Evidence
# alone often asks for 1.5 and is as good on the orbit; the bound of 5 keeps the field smooth
# beside the orbit too, where the data say nothing (van der Pol, 5 % noise: 2-5 times better).
FIRST_ALPHA, ALPHA_RANGE, ALPHA_EVERY = 5.0, (5.0, 1e3), 3


def collocate_field(
    field,
    paths,
    match_report,
    *,
    alpha=None,
    q=None,
    h_max=None,
    max_iterations=12,
    max_defects=MAX_DEFECTS,
):
    """Improve a matched field by simultaneous collocation, in place.

    Parameters
    ----------
    field : NeuralField
        As ``match_field`` left it.
    paths : list of ObservedPath
    match_report : dict
        What ``match_field`` returned for these paths.
    alpha : float or None
        Precision of the weights (of a field with slopes of root mean square 1) beside data in
        units of their noise; None = by evidence, at least 5.
    q : float or None
        Deviation of the law from the field per root of a median step; None = 5 % of the slopes,
        less where the noise is under 3 % of a standard deviation.
    h_max : float or None
        Longest gap of the mesh in median steps; None = from the slopes.
    max_iterations : int, default=12
    max_defects : int, default=3600
        Size above which the tool declines: its time grows with the cube.

    Returns
    -------
    dict
        ``tool``, ``seconds`` and either ``declined`` (the reason; the field is untouched) or
        ``states`` (list of float arrays of shape (n, n_states), at the stamps), ``alpha``,
        ``q``, ``h_max``, ``n_iterations``, ``n_defects``, ``objective`` and ``sigma``, the
        root mean square distance of observations and states per channel.
    """
    start = time.perf_counter()
    scale = slope_scale(match_report)
    sigma = np.maximum(match_report["sigma"], SIGMA_FLOOR)
    if q is None:
        q = SHARE_OF_Q * scale * min(1.0, float(sigma.min()) / NOISE_OF_Q)
    if h_max is None:
        h_max = LONGEST_GAP / _fastest_slope(match_report)
    report = {"tool": "collocation"}
    reason = _reason_to_decline(field, paths, match_report, h_max, max_defects)
    if reason is None:
        found = collocate(
            field,
            paths,
            match_report,
            alpha=alpha,
            q=q,
            h_max=h_max,
            max_iterations=max_iterations,
        )
        report |= found | {"h_max": h_max, "sigma": _misfit(paths, found["states"])}
    else:
        report["declined"] = reason
    return report | {"seconds": time.perf_counter() - start}


def _reason_to_decline(field, paths, match_report, h_max, max_defects):
    """Say why the tool is not for these data; None if it is."""
    gaps = np.concatenate([np.diff(path.times) for path in paths])
    if len(gaps) == 0:
        return "no series has two rows"
    is_exact = match_report["sigma"].max() < EXACT_SIGMA
    if is_exact and np.median(gaps) * _fastest_slope(match_report) < DENSE_GAP:
        return "dense observations without noise, whose slopes match already"
    n_defects = int(np.maximum(np.ceil(gaps / h_max - 1e-9), 1).sum()) * field.n_states
    if n_defects > max_defects:
        return f"{n_defects} defects, more than {max_defects}"
    return None


def _fastest_slope(smooth):
    """Largest root mean square slope of a channel; 1 where nothing moves."""
    slopes = np.concatenate(smooth["slopes"])
    return float(np.sqrt(np.square(slopes).mean(axis=0).max())) or 1.0


def _misfit(paths, states):
    """Root mean square of observation minus state per channel."""
    rest = np.concatenate([path.values - x for path, x in zip(paths, states, strict=True)])
    n = np.maximum(np.isfinite(rest).sum(axis=0), 1)
    return np.sqrt(np.nansum(np.square(rest), axis=0) / n)


@torch.no_grad()
def collocate(field, paths, smooth, *, alpha, q, h_max, max_iterations, tolerance=1e-3):
    """Minimise noise-weighted misfit plus defects plus penalty by Gauss-Newton in the dual.

    The objective is ``sum (y - x)**2 / sigma**2 + sum c**2 / (q**2 h) + alpha |theta|**2`` over
    states x on the mesh and weights theta, with c the Hermite-Simpson defects.

    Parameters
    ----------
    field : NeuralField
        Changed in place; its weights are the start.
    paths : list of ObservedPath
    smooth : dict
        Result of ``match_field`` or ``smooth_paths``.
    alpha : float
        Precision of the weights of the field whose slopes have root mean square 1.
    q : float
        Deviation of the law from the field, per square root of a median step.
    h_max : float
        Longest gap of the mesh, in median steps.

    Returns
    -------
    dict
        ``states`` (list of arrays at the stamps of every path), ``objective``,
        ``n_iterations``, ``n_defects``.
    """
    weight = field.mlp.layers[-1].weight
    sigma = np.maximum(smooth["sigma"], SIGMA_FLOOR)
    mesh = build_mesh(
        paths, smooth, h_max, sigma, n_controls=field.n_controls, device=weight.device
    )
    scale = slope_scale(smooth)
    scale_outputs(field.mlp, 1 / scale)
    run = _GaussNewton(field, mesh, scale, alpha, q, sigma)
    states, objective, n_iterations = run.minimise(max_iterations, tolerance)
    scale_outputs(field.mlp, scale)
    states = states.cpu().numpy()
    return {
        "alpha": run.alpha,
        "q": run.q,
        "states": [states[rows] for rows in mesh.rows],
        "objective": objective,
        "n_iterations": n_iterations,
        "n_defects": mesh.gaps.numel() * field.n_states,
    }


def slope_scale(smooth):
    """Root mean square of the smoothed slopes over all paths."""
    squares = np.concatenate([np.square(s).ravel() for s in smooth["slopes"]])
    return float(np.sqrt(squares.mean())) or 1.0


class _GaussNewton:
    """States and weights, the objective and its steps."""

    def __init__(self, field, mesh, scale, alpha, q, sigma):
        self.field, self.mesh, self.scale = field, mesh, scale
        self.chooses_alpha = alpha is None
        self.alpha = FIRST_ALPHA if alpha is None else float(alpha)
        self.q_goal, self.q = q, q
        self.is_observed = ~torch.isnan(mesh.observed)
        self.variance = torch.where(
            self.is_observed, mesh.variance, torch.full_like(mesh.variance, FREE_VARIANCE)
        )
        is_noisy = sigma.min() >= SINGLE_PRECISION_SIGMA
        self.dtype = torch.float32 if is_noisy else torch.float64

    def objective(self, states):
        """Objective at the present weights."""
        defects = Defects(self.field, self.mesh, states, self.scale, with_derivatives=False)
        theta = read_weights(self.field.mlp)
        misfit = self._pull(states).square() / self.variance
        return float(
            misfit.sum()
            + (defects.values.square() / self._process()).sum()
            + self.alpha * theta.square().sum()
        )

    def _process(self):
        """Variance of the defects of every gap."""
        return self.q**2 * self.mesh.gaps

    def _start_loose(self, states):
        """Begin with the q that the first defects ask for; from there it shrinks to its goal."""
        defects = Defects(self.field, self.mesh, states, self.scale, with_derivatives=False)
        found = float((defects.values.square() / self.mesh.gaps).mean().sqrt())
        self.q = max(self.q_goal, found)

    def _pull(self, states):
        """Observation minus state, 0 where there is none."""
        return torch.where(self.is_observed, self.mesh.observed - states, 0.0)

    def minimise(self, max_iterations, tolerance):
        states = self.mesh.start
        self._start_loose(states)
        objective = self.objective(states)
        damping, n_iterations = 10.0, 0
        solve = self.linearize(states)
        while n_iterations < max_iterations:
            n_iterations += 1
            found = solve(damping)
            tried, share = self._search(states, objective, found)
            if share == 0:
                damping *= 10
                if damping > 1e8:
                    break
                continue
            states = states + share * found[0]
            decrease = (objective - tried) / objective
            damping *= DAMPING_AFTER[share]
            if share == 1 and decrease < tolerance and self.q == self.q_goal:
                break
            self.q = max(self.q_goal, Q_SHRINKS * self.q)
            if n_iterations == max_iterations:
                break
            solve = self.linearize(states, updates_alpha=n_iterations % ALPHA_EVERY == 0)
            objective = self.objective(states)
        return states, self.objective(states), n_iterations

    def _search(self, states, objective, found):
        """Go along the step as far as the objective falls; (objective, share of the step)."""
        if found is None:
            return np.inf, 0
        theta = read_weights(self.field.mlp)
        for share in DAMPING_AFTER:
            write_weights(self.field.mlp, theta + share * found[1])
            tried = self.objective(states + share * found[0])
            # NaN compares as False, so a failed step is never kept.
            if tried < objective:
                return tried, share
        write_weights(self.field.mlp, theta)
        return np.inf, 0

    def linearize(self, states, updates_alpha=False):
        """Return the function damping -> changes of states and weights."""
        defects = Defects(self.field, self.mesh, states, self.scale)
        theta, pull = read_weights(self.field.mlp), self._pull(states)
        gram = defects.weight_gram(self.dtype)
        constant = defects.values + defects.apply_states(pull)
        process = self._process().expand_as(constant).reshape(-1)
        if updates_alpha and self.chooses_alpha:
            self._update_alpha(defects, gram, process, theta)

        def solve(damping):
            total = self.alpha + damping
            middle = -self.alpha / total * theta
            right = -(constant + defects.apply_weights(middle)).reshape(-1)
            system = self._system(defects, gram / total, process)
            nu = _solve(system, right)
            if nu is None:
                return None
            nu = nu.view_as(constant)
            change = pull + self.variance * defects.transpose_states(nu)
            return change, middle + defects.transpose_weights(nu) / total

        return solve

    def _system(self, defects, system, process):
        """Covariance of the linearised defects, built in place on the weights' part."""
        system.diagonal().add_(process.to(self.dtype))
        defects.add_state_gram(system, self.variance)
        return system

    def _update_alpha(self, defects, gram, process, theta):
        """MacKay's update: directions known from the data over the weights' square."""
        system = self._system(defects, gram / self.alpha, process)
        factor, info = torch.linalg.cholesky_ex(system)
        if int(info) != 0:
            return
        inverse = torch.cholesky_inverse(factor)
        n_known = float((inverse * gram).sum()) / self.alpha
        alpha = n_known / max(float(theta.square().sum()), 1e-12)
        self.alpha = min(max(alpha, ALPHA_RANGE[0]), ALPHA_RANGE[1])


def _solve(system, right):
    factor, info = torch.linalg.cholesky_ex(system)
    if int(info) != 0:
        return None
    return torch.cholesky_solve(right[:, None].to(system.dtype), factor)[:, 0].to(right.dtype)
