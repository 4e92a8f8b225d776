"""Fit a field to targets by regularised nonlinear least squares."""

import numpy as np
import torch

from ._field_count import FieldCount
from ._stochastic import fit_stochastic

# Above this many floating point operations an iteration L-BFGS is the faster tool (about 1 s).
MAX_FLOPS = 3e10
MAX_DUAL_ROWS = 6000
# Evidence starts here and stays within these bounds.
FIRST_ALPHA = 1e-2
ALPHA_RANGE = (1e-9, 1e2)
# Mini-batches that take about as long as a Levenberg-Marquardt step.
STEPS_PER_ITERATION = 75
# Rows of inputs that pass through the function at once where no gradient is asked.
BLOCK = 65_536
# Part of a step at which its curvature is looked at, and its second-order part at most, both in
# parts of the first-order step (Transtrum & Sethna 2012).
PROBE, MOST_BEND = 0.1, 0.4
# Random vectors behind an estimated trace.
N_PROBES = 32


def fit_function(
    function,
    inputs,
    targets,
    *,
    weights=None,
    alpha=None,
    max_iterations=25,
    tolerance=1e-4,
    keep_start=False,
    tool="auto",
    bends=False,
    goal=0.0,
    count=None,
):
    """Minimise ``sum weights (targets / s - f / s)**2 + alpha |theta|**2`` in place.

    ``s`` is the root mean square of the targets and ``theta`` the weights of ``f / s``, so
    that a choice of alpha means the same in any unit. Levenberg-Marquardt solves for the
    residuals (dual) or for the weights (primal), whichever is smaller; L-BFGS takes over where
    both are too large. "stochastic" reads mini-batches, for noisy targets in any number.

    Parameters
    ----------
    function : LayeredFunction or DerivedFunction
        See ``function_of``.
    inputs : float array of shape (n, n_inputs)
    targets : float array of shape (n, n_outputs)
        NaN = no target.
    weights : float array of shape (n,) or (n, n_outputs), default all 1
    alpha : float or None, default=None
        None: by evidence (MacKay 1992). The weights' own spread is their prior and the residuals
        the noise, updated after every step, so exact targets end with next to no penalty.
    max_iterations : int, default=25
        Levenberg-Marquardt steps, rejected ones included; L-BFGS does 25 for each of them,
        mini-batches 75.
    tolerance : float, default=1e-4
        Relative decrease of the objective under which the fit ends.
    keep_start : bool, default=False
        True starts from the function that the weights are now; False reads them as those of a
        map with outputs of size 1 (a fresh network).
    tool : {"auto", "dual", "primal", "lbfgs", "stochastic"}
    bends : bool, default=False
        True lets Levenberg-Marquardt go round bends, to the bottom of the valley in a third of the
        iterations: for exact targets. Of noisy ones the bottom is not the best: with 5 % noise
        free runs of van der Pol were worse by half.
    goal : float, default=0.0
        Loss (see below) at which Levenberg-Marquardt ends, too.
    count : FieldCount, optional
        Whoever gives it counts; where it is spent the fit ends with its best weights.

    Returns
    -------
    dict
        ``tool``, ``derivatives`` (how they are found), ``n_iterations``, ``loss`` (weighted mean
        square in parts of s**2, 1 = no better than zero), ``objective``, ``scale`` (s), ``alpha``;
        after Ctrl-C, which keeps the last accepted step, ``stopped`` = "interrupted"; where the
        count is spent "budget".
    """
    inputs, targets = (np.array(x, dtype=float) for x in (inputs, targets))
    root = _root_weights(weights, targets)
    kept = root.any(axis=1) & np.isfinite(inputs).all(axis=1)
    inputs, targets, root = inputs[kept], np.nan_to_num(targets[kept]), root[kept]
    share = np.square(root).sum()
    scale = float(np.sqrt(np.square(root * targets).sum() / share)) if share > 0 else 0.0
    report = {"tool": "none", "n_iterations": 0, "loss": 0.0, "objective": 0.0, "alpha": 0.0}
    if scale == 0 or not np.isfinite(scale):
        # Nothing to fit, or targets that are all zero: the zero map answers both.
        function.silence()
        return report | {"scale": 0.0}

    arrays = (torch.as_tensor(x).to(function.like) for x in (inputs, targets / scale, root))
    problem = _Problem(function, *arrays, alpha, count)
    problem.goal, problem.bends = goal * share, bends and not function.is_linear
    tool = _cheapest_tool(function, *targets.shape) if tool == "auto" else tool
    with function.in_units_of(scale, keep_start=keep_start):
        if tool == "stochastic":
            n_steps = STEPS_PER_ITERATION * max_iterations
            objective, n_iterations = fit_stochastic(
                problem, is_fresh=not keep_start, n_steps=n_steps
            )
        else:
            run = _fit_lbfgs if tool == "lbfgs" else _fit_levenberg_marquardt
            objective, n_iterations = run(problem, tool, max_iterations, tolerance)
        squares = float(problem.residuals().square().sum())
    if problem.is_interrupted:
        report["stopped"] = "interrupted"
    elif problem.is_spent():
        report["stopped"] = "budget"
    return report | {
        "tool": tool,
        "derivatives": function.route,
        "n_iterations": n_iterations,
        "objective": objective,
        "scale": scale,
        "loss": squares / share,
        "alpha": problem.alpha,
    }


def _root_weights(weights, targets):
    """Square roots of the weights per entry, 0 where there is no target."""
    weights = np.ones(len(targets)) if weights is None else np.asarray(weights, dtype=float)
    weights = weights[:, None] if weights.ndim == 1 else weights
    return np.where(np.isfinite(targets), np.sqrt(weights), 0.0)


def _cheapest_tool(function, n, n_outputs):
    """Name the tool by its cost per iteration."""
    n_rows, n_weights = n * n_outputs, function.n_weights
    dual = n_rows**3 / 3 + n_rows**2 * function.gram_width * 2
    primal = n_weights**3 / 3 + n_weights**2 * n_rows * 2
    if n_rows > MAX_DUAL_ROWS:
        dual = np.inf
    if min(dual, primal) > MAX_FLOPS:
        return "lbfgs"
    return "dual" if dual < primal else "primal"


class _SpentError(Exception):
    """No more evaluations of the field are allowed."""


class _Problem:
    """The objective and its Gauss-Newton steps."""

    def __init__(self, function, inputs, targets, root, alpha, count=None):
        self.is_spent = (count or FieldCount()).is_spent
        self.function, self.inputs, self.targets, self.root = function, inputs, targets, root
        self.chooses_alpha = alpha is None
        self.alpha = FIRST_ALPHA if alpha is None else float(alpha)
        self.n_residuals = int((root > 0).sum())
        self.n_linearized, self.goal, self.bends = 0, 0.0, False
        self.is_interrupted = False

    def residuals(self):
        """Weighted residuals of shape (n, n_outputs)."""
        return self.root * (self.targets - self._outputs())

    def _outputs(self):
        with torch.no_grad():
            return torch.cat([self.function(rows) for rows in self.inputs.split(BLOCK)])

    def objective(self):
        """Sum of squares plus penalty, at the weights the network has now."""
        theta = self.function.read()
        return float(self.residuals().square().sum() + self.alpha * theta.square().sum())

    def linearize(self, tool):
        """Return the function damping -> change of the weights at the present point."""
        point = self.function.linearize(self.inputs)
        theta = self.function.read()
        residuals = self.root * (self.targets - point.outputs)
        self.n_linearized += 1
        factorize = (self._dual if tool == "dual" else self._primal)(point, theta, residuals)

        def step(damping):
            solve = factorize(damping)
            if solve is None:
                return None
            change = solve(residuals, theta)
            return self._bend(point, solve, theta, change) if self.bends else change

        return step

    def _dual(self, point, theta, residuals):
        root = self.root.reshape(-1)
        gram = point.gram() * root[:, None] * root
        self._update_alpha(gram, theta, residuals)
        size = float(gram.diagonal().mean())

        def factorize(damping):
            total = max(self.alpha + damping, 1e-13 * size)
            system = gram / total
            system.diagonal().add_(1)
            factor, info = torch.linalg.cholesky_ex(system)

            def solve(residuals, theta):
                middle = -self.alpha / total * theta
                right = residuals - self.root * point.apply(middle)
                nu = torch.cholesky_solve(right.reshape(-1, 1), factor).view_as(residuals)
                return middle + point.transpose(self.root * nu) / total

            return None if int(info) != 0 else solve

        return factorize

    def _primal(self, point, theta, residuals):
        jacobian = point.jacobian() * self.root.reshape(-1, 1)
        normal = jacobian.T @ jacobian
        self._update_alpha(normal, theta, residuals)
        size = float(normal.diagonal().mean())

        def factorize(damping):
            system = normal.clone()
            system.diagonal().add_(max(self.alpha + damping, 1e-13 * size))
            factor, info = torch.linalg.cholesky_ex(system)

            def solve(residuals, theta):
                right = jacobian.T @ residuals.reshape(-1) - self.alpha * theta
                return torch.cholesky_solve(right[:, None], factor)[:, 0]

            return None if int(info) != 0 else solve

        return factorize

    def _bend(self, point, solve, theta, change):
        """Second-order change of the weights; None where it is too large to be believed.

        Geodesic acceleration (Transtrum & Sethna 2012): along the bottom of a curved valley the
        step goes round the bend, where a straight one has to be short.
        """
        self.function.write(theta + PROBE * change)
        ahead = (self._outputs() - point.outputs) / PROBE
        self.function.write(theta)
        curvature = 2 / PROBE * (ahead - point.apply(change))
        bend = solve(-self.root * curvature, torch.zeros_like(theta)) / 2
        # NaN compares as False.
        return change + bend if bend.norm() <= MOST_BEND * change.norm() else None

    def _update_alpha(self, matrix, theta, residuals):
        """MacKay's update from ``J J'`` or ``J' J``, whose nonzero eigenvalues are the same."""
        # The factor costs as much as the step, so every second step does without.
        if not self.chooses_alpha or self.n_linearized % 2 == 0:
            return
        system = matrix / self.alpha
        system.diagonal().add_(1)
        factor, info = torch.linalg.cholesky_ex(system)
        if int(info) != 0:
            return
        # Number of directions that the data determine: sum of e / (e + alpha).
        n_known = max(len(matrix) - trace_of_inverse_product(factor), 1e-3)
        rest = max(self.n_residuals - n_known, 1e-3 * self.n_residuals)
        noise = float(residuals.square().sum()) / rest
        alpha = n_known / max(float(theta.square().sum()), 1e-12) * noise
        # By a factor of 30 at most: early residuals say little.
        alpha = min(max(alpha, self.alpha / 30), self.alpha * 30)
        self.alpha = min(max(alpha, ALPHA_RANGE[0]), ALPHA_RANGE[1])


def trace_of_inverse_product(factor, matrix=None):
    """Estimate the trace of S^-1 (or S^-1 matrix) from the Cholesky factor of S.

    Hutchinson 1989: the mean of v' S^-1 v over random signs v, always the same ones. The inverse
    itself would cost twice the factor; for k determined directions the estimate is off by about
    sqrt(k / 16), a few per cent of k, and evidence asks for no more.
    """
    generator = torch.Generator(device="cpu").manual_seed(0)
    signs = torch.randint(0, 2, (len(factor), N_PROBES), generator=generator) * 2 - 1
    signs = signs.to(factor)
    solved = torch.cholesky_solve(signs, factor)
    return float((solved * (signs if matrix is None else matrix @ signs)).sum()) / N_PROBES


def _fit_levenberg_marquardt(problem, tool, max_iterations, tolerance):
    """Descend; Ctrl-C ends at the last accepted step, if there is one."""
    problem.accepted, first = None, problem.function.read()
    try:
        return _descend(problem, tool, max_iterations, tolerance)
    except KeyboardInterrupt:
        problem.function.write(first if problem.accepted is None else problem.accepted)
        if problem.accepted is None:
            raise
        problem.is_interrupted = True
        return problem.objective(), problem.n_linearized


def _descend(problem, tool, max_iterations, tolerance):
    # A linear map is solved by the first undamped step.
    damping = 0.0 if problem.function.is_linear else 1.0
    step = problem.linearize(tool)
    objective = problem.objective()
    n_iterations = n_small = n_rejected = 0
    while n_iterations < max_iterations and not problem.is_spent():
        n_iterations += 1
        start = problem.function.read()
        change = step(damping)
        tried = np.inf
        if change is not None:
            problem.function.write(start + change)
            tried = problem.objective()
        # A NaN compares as False, so a failed step is never accepted; one that changes nothing
        # is, so that alpha can go on.
        if not tried <= objective * (1 + 1e-12):
            problem.function.write(start)
            damping = 5 * damping if damping > 0 else 1e-6
            n_rejected += 1
            if damping > 1e9:
                break
            continue
        # Twice, because alpha moves at every second step only.
        n_small = n_small + 1 if objective - tried < tolerance * objective else 0
        objective = tried
        problem.accepted = start + change
        if n_small == 2 or objective <= problem.goal:
            break
        # Where the last step needed its damping, the next one does too: a try costs a solve.
        damping *= 0.2 if n_rejected == 0 else 0.5
        n_rejected = 0
        alpha = problem.alpha
        step = problem.linearize(tool)
        if abs(problem.alpha - alpha) > 0.1 * alpha:
            n_small = 0
        objective = problem.objective()
    return objective, n_iterations


def _fit_lbfgs(problem, tool, max_iterations, tolerance):  # noqa: ARG001
    n_stages = 3 if problem.chooses_alpha else 1
    n_iterations = 0
    for _ in range(n_stages):
        objective, n = _run_lbfgs(problem, max_iterations / n_stages, tolerance)
        n_iterations += n
        if problem.is_interrupted or problem.is_spent():
            break
        if problem.chooses_alpha:
            # Without the Gram matrix: a prior of variance 1 against the mean residual.
            noise = float(problem.residuals().square().sum()) / problem.n_residuals
            problem.alpha = min(max(noise, ALPHA_RANGE[0]), ALPHA_RANGE[1])
    return objective, n_iterations


def _run_lbfgs(problem, max_iterations, tolerance):
    function = problem.function
    theta = function.read().requires_grad_()
    best = [problem.objective(), function.read()]
    least = [np.inf, best[1]]
    optimizer = torch.optim.LBFGS(
        [theta],
        max_iter=max(int(25 * max_iterations), 1),
        history_size=50,
        tolerance_change=tolerance * 1e-5,
        line_search_fn="strong_wolfe",
    )

    def closure():
        if problem.is_spent():
            raise _SpentError
        function.write(theta.detach())
        rest = problem.root * (problem.targets - function(problem.inputs))
        # Per row, so that the first step length and the tolerances fit any size of the data.
        loss = (rest.square().sum() + problem.alpha * function.squares()) / len(rest)
        found = torch.autograd.grad(loss, function.parameters())
        theta.grad = function.flatten(found)
        loss = loss.detach()
        if float(loss) < least[0]:
            least[:] = float(loss), theta.detach().clone()
        return loss

    try:
        optimizer.step(closure)
    except _SpentError:
        # The line search was on its way to a point that nobody has looked at.
        theta.data.copy_(least[1])
    except KeyboardInterrupt:
        problem.is_interrupted = True
    n_iterations = optimizer.state[theta].get("n_iter", 0)
    function.write(theta.detach())
    found = problem.objective()
    if not found < best[0]:
        function.write(best[1])
        found = best[0]
        if problem.is_interrupted:
            raise KeyboardInterrupt
    return found, n_iterations
