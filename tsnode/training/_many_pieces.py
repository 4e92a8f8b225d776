"""Go on with a field that few pieces found on many: weights by normal equations.

A dense solve over all defects (``_collocation``) grows with the cube of their number. Here the
states of every piece are eliminated by themselves and the weights stay, so that the time grows
with the number of pieces; it is the faster one where defects outnumber weights.
"""

import time

import torch

from ._defects import Defects
from ._field_count import FieldCount
from ._field_function import function_of
from ._layout import lay_points, slope_scale
from ._mesh import Observations, build_mesh
from ._pieces import GAPS_PER_PIECE, cut_pieces, spread_pieces

# Products of entries in the normal equations, about 10 s an iteration: on 64-64 networks 104
# pieces. Two sets of 100,000 rows of Lorenz-63 with 5 % noise, MSE 20 steps ahead on other orbits:
# 13 pieces 7e-5 and 1.7e-4; from there 104 pieces 2e-5 and 9e-5 (a third iteration: 7e-5).
MAX_PRODUCTS = 6e11
MOST_PIECES = 200
# Fewer gaps in parts of those before are not worth the time.
LEAST_GROWTH = 1.5
# The square matrix of more weights would take gigabytes, and its factor a minute.
MAX_WEIGHTS = 8000
# Deviation of the law in parts of that of the first pieces: the field is better by now.
SHARE_OF_Q = 0.3
# Newton steps of the states at a fixed field before the weights move: the path of the smoother
# is far from a law that is held so exactly, and weights would move to make up for it.
N_RELAXATIONS = 2
N_ITERATIONS = 2
# Of single precision is left what lies above 1e-7 of the largest curvature, some thousands.
FIRST_DAMPING, GROWS, SHRINKS, MOST_REJECTED = 1e3, 5.0, 0.2, 6
# Rows that are multiplied at once; fewer would move memory more than compute.
N_ROWS_AT_ONCE = 1024
# The matrix is symmetric: blocks of so many columns leave out what is above the diagonal.
N_COLUMNS_AT_ONCE = 512


def collocate_many(field, paths, smooth, layouts, *, alpha, q, sigma, n_gaps, count=None):
    """Improve a field that was found on few pieces by many of them, in place.

    Minimises the objective of ``collocate`` over the pieces, by Gauss-Newton with N + alpha + lam
    as matrix, N the sum over pieces of J' S^-1 J, S = A R A' + Q the covariance of the defects.

    Parameters
    ----------
    field, paths, smooth, layouts : see ``collocate``
        Of the whole paths; pieces are spread over them.
    alpha, q : float
        Of the fit on few pieces.
    sigma : float array of shape (n_states,)
    n_gaps : int
        Gaps of that fit.

    Returns
    -------
    dict
        ``pieces`` (list of Piece), ``n_iterations``, ``seconds``, and ``stopped`` where Ctrl-C
        or a spent count ended it, ``declined`` where a piece failed; or empty, where pieces are
        hardly more or weights too many.
    """
    start = time.perf_counter()
    function = function_of(field)
    if function.n_weights > MAX_WEIGHTS:
        return {}
    pieces = spread_pieces(paths, layouts, _most_gaps(function, layouts))
    if len(pieces) * GAPS_PER_PIECE < LEAST_GROWTH * n_gaps:
        return {}
    cut, parts = cut_pieces(pieces, paths, smooth)
    scale = slope_scale(smooth)
    with function.in_units_of(scale):
        alone = [_alone(parts, k) for k in range(len(cut))]
        states = [
            _PieceStates(function, path, own, lay_points(field, [path], own), sigma, scale, field)
            for path, own in zip(cut, alone, strict=True)
        ]
        run = _Run(function, states, alpha, SHARE_OF_Q * q, count)
        found = run.minimise()
    return found | {"pieces": pieces, "seconds": time.perf_counter() - start}


def _most_gaps(function, layouts):
    """Gaps of the mesh over all pieces that one iteration can afford; half of all at most.

    The other half is to judge.
    """
    affordable = MAX_PRODUCTS / (function.n_states * function.n_weights**2)
    half = sum(len(points) - 1 for points in layouts) // 2
    return int(min(affordable, MOST_PIECES * GAPS_PER_PIECE, half))


def _alone(smooth, k):
    names = ("states", "slopes", "spreads", "slope_spreads")
    return smooth | {name: [smooth[name][k]] for name in names}


class _PieceStates:
    """States of one piece, and what they say about the weights."""

    def __init__(self, function, path, smooth, layouts, sigma, scale, field):
        self.function, self.scale = function, scale
        self.mesh = build_mesh(
            [path], smooth, layouts, n_controls=field.n_controls, device=function.like.device
        )
        self.observations = Observations(self.mesh, [path], sigma)
        self.points = self.tried = self.mesh.start

    def objective(self, points, q):
        """Misfit plus defects at the present weights."""
        defects = Defects(self.function, self.mesh, points, self.scale, with_derivatives=False)
        law = (defects.values.square() / (q**2 * self.mesh.gaps)).sum()
        return float(self.observations.misfit(points, defects.slopes) + law)

    def linearize(self, q):
        """Linearise the defects at the present states and weights."""
        self.defects = Defects(self.function, self.mesh, self.points, self.scale)
        self.pull = self.observations.pull(self.points, self.defects.slopes)
        self.rest = -(self.defects.values + self.defects.apply_states(self.pull))
        system = torch.diag((q**2 * self.mesh.gaps).expand_as(self.rest).reshape(-1))
        self.defects.add_state_gram(system, self.observations.variance)
        self.factor = torch.linalg.cholesky(system)

    def whitened_rows(self, dtype):
        """Jacobian in the weights and what it is to explain, (n_defects, n_weights + 1)."""
        rows = self.defects.weight_rows(dtype)
        rows = torch.cat([rows, self.rest.reshape(-1, 1).to(dtype)], dim=1)
        one = torch.eye(len(rows), dtype=self.factor.dtype, device=rows.device)
        return torch.linalg.solve_triangular(self.factor, one, upper=False).to(dtype) @ rows

    def after(self, change=None):
        """States that follow from a change of the weights."""
        rest = self.rest if change is None else self.rest - self.defects.apply_weights(change)
        nu = torch.cholesky_solve(rest.reshape(-1, 1), self.factor).view_as(rest)
        moved = self.observations.variance * self.defects.transpose_states(nu)
        return self.points + self.pull + moved


class _Run:
    """Weights and the states of all pieces, the objective and its steps."""

    def __init__(self, function, pieces, alpha, q, count):
        self.function, self.pieces, self.alpha, self.q = function, pieces, alpha, q
        self.is_spent = (count or FieldCount()).is_spent
        self.n_iterations = 0

    @torch.no_grad()
    def minimise(self):
        """Move the weights; Ctrl-C and states that leave the law end it at the last good step."""
        self.accepted = self.function.read()
        try:
            self._descend()
        except KeyboardInterrupt:
            self.function.write(self.accepted)
            return {"n_iterations": self.n_iterations, "stopped": "interrupted"}
        except torch.linalg.LinAlgError:
            self.function.write(self.accepted)
            reason = "the states of a piece are no longer finite"
            return {"n_iterations": self.n_iterations, "declined": reason}
        stopped = {"stopped": "budget"} if self.is_spent() else {}
        return stopped | {"n_iterations": self.n_iterations}

    def _descend(self):
        damping = FIRST_DAMPING
        while self.n_iterations < N_ITERATIONS and not self.is_spent():
            self.n_iterations += 1
            normal = NormalEquations(self.function.n_weights + 1, self.function.like.device)
            for piece in self.pieces:
                self._relax(piece)
                normal.add(piece.whitened_rows(normal.dtype))
            n_rejected = self._step(normal.lower(), damping)
            if n_rejected == MOST_REJECTED:
                return
            damping *= GROWS**n_rejected if n_rejected else SHRINKS

    def _relax(self, piece):
        for _ in range(N_RELAXATIONS):
            piece.linearize(self.q)
            piece.points = piece.after()
        piece.linearize(self.q)

    def _step(self, lower, damping):
        """Damp the weights until the objective falls; return the number of rejected steps."""
        theta = self.function.read()
        right = lower[-1, :-1].to(theta.dtype) - self.alpha * theta
        before = self._objective()
        for n_rejected in range(MOST_REJECTED):
            change = _solve(lower[:-1, :-1], self.alpha + damping * GROWS**n_rejected, right)
            if change is None:
                continue
            self.function.write(theta + change)
            for piece in self.pieces:
                piece.tried = piece.after(change)
            # NaN compares as False, so a failed step is never kept.
            if self._objective(is_tried=True) < before:
                for piece in self.pieces:
                    piece.points = piece.tried
                self.accepted = theta + change
                return n_rejected
        self.function.write(theta)
        return MOST_REJECTED

    def _objective(self, *, is_tried=False):
        parts = (p.objective(p.tried if is_tried else p.points, self.q) for p in self.pieces)
        return sum(parts) + self.alpha * float(self.function.read().square().sum())


class NormalEquations:
    """Sum of J' J over rows that come in parts, in single precision.

    Parameters
    ----------
    n : int
        Columns of the rows.
    device : torch device
    """

    dtype = torch.float32

    def __init__(self, n, device):
        self.total = torch.zeros(n, n, dtype=self.dtype, device=device)
        self._rows, self._n_rows = [], 0

    def add(self, rows):
        """Add the product of (n_rows, n) with itself."""
        self._rows.append(rows)
        self._n_rows += len(rows)
        if self._n_rows >= N_ROWS_AT_ONCE:
            self._multiply()

    def lower(self):
        """Return the sum, shape (n, n), whose entries above the diagonal are not all right."""
        if self._rows:
            self._multiply()
        return self.total

    def _multiply(self):
        rows = torch.cat(self._rows)
        self._rows, self._n_rows = [], 0
        for start in range(0, rows.shape[1], N_COLUMNS_AT_ONCE):
            end = start + N_COLUMNS_AT_ONCE
            self.total[start:end, :end].addmm_(rows[:, start:end].T, rows[:, :end])


def _solve(lower, ridge, right):
    """Solve a positive definite system, given its lower half; None if rounding spoiled it."""
    system = lower.clone()
    system.diagonal().add_(ridge)
    factor, info = torch.linalg.cholesky_ex(system)
    if int(info) != 0:
        return None
    return torch.cholesky_solve(right[:, None].to(system.dtype), factor)[:, 0].to(right.dtype)
