"""States on a mesh and the weights of a known law together, in time linear in the mesh."""

import time

import numpy as np
import torch

from ..dynamics._universal_field import UNIT_OF_PARAMETERS
from ._collocation import NOISE_OF_Q, reason_to_decline
from ._defects import Defects
from ._field_count import FieldCount
from ._field_function import function_of
from ._gauss_newton import SIGMA_FLOOR
from ._layout import lay_points, slope_scale
from ._linearised_law import LinearisedLaw
from ._mesh import Observations, build_mesh
from ._pieces import cut_pieces, spread_pieces
from ._term_selection import select_terms

# Deviations from the law that are tried, in parts of the slopes per root of a median step, for
# noise of NOISE_OF_Q or more. The first is that of collocation; the last holds the law to the
# accuracy of the mesh.
SHARES_OF_Q = (0.05, 0.01, 0.002, 0.0004, 0.00008)
# A law is believed until the data speak against it by odds of e^5 = 150 (Kass & Raftery 1995,
# "very strong"): of van der Pol with 2 % noise the strict fit has half the error of the likeliest
# q, and 1 of 24 data sets refuses the true law by odds of 20.
BELIEF = 5.0
MAX_ITERATIONS, TOLERANCE = 15, 1e-4
FIRST_DAMPING, GROWS, SHRINKS, MOST_REJECTED = 1e-3, 10.0, 0.1, 8
# Precision of remaining weights of size 1: of a polynomial next to none, of a network by evidence.
WEAK_ALPHA, FIRST_ALPHA, ALPHA_RANGE = 1e-2, 5.0, (1e-2, 1e3)
# Spread of the numbers behind bounded parameters: 5 is 0.7 % from a bound. Wide beside what any
# data say, it keeps a parameter that is pressed to its bound from running away.
SPREAD_OF_PARAMETERS = 5.0
# Entries of the Jacobian in the weights: 256 MB.
MAX_ENTRIES = 2**25
# States that nobody observed are held this loosely where the fit is judged (variance).
LOOSE = 25.0
MAX_SELECTIONS = 4
PRECISION = (UNIT_OF_PARAMETERS / SPREAD_OF_PARAMETERS) ** 2


def fit_law(
    field, paths, smooth, *, alpha=None, chooses_terms=False, slack=None, only=None, count=None
):
    """Fit a UniversalField to noisy data by simultaneous collocation, in place.

    Gauss-Newton on ``sum (y - x)^2 / sigma^2 + sum c^2 / (q^2 h) + alpha |w|^2`` over states x on
    a mesh and all weights, with c the defects of the law; the parameters of the known law are
    free, so that the remainder w gets what the law cannot explain. Unlike in ``collocate`` q is
    found: it falls step by step, and the least one stays that the evidence does not refuse.

    Parameters
    ----------
    field : UniversalField
        Its weights are the start.
    paths : list of ObservedPath
    smooth : dict
        Result of ``smooth_paths``.
    alpha : float or None
        Precision of the remainder's weights; None = by evidence, next to none of a polynomial.
    chooses_terms : bool, default=False
        Leave out terms of a polynomial that the data do not ask for.
    slack : float or None, default=None
        q itself, in parts of the slopes per root of a median step; None = found.
    only : str, optional
        Beginning of the names of parameters that are moved, all others stay.
    count : FieldCount, optional
        Where it is spent the fit ends behind that iteration.

    Returns
    -------
    dict
        ``seconds`` and either ``declined`` (the reason; the field is untouched) or ``q``,
        ``alpha``, ``n_iterations``, ``n_defects``, ``standard_errors`` of the parameters of the
        law, and ``states`` at the stamps, or instead of them ``n_pieces`` where only pieces of
        the data were used.
    """
    begin = time.perf_counter()
    function = function_of(field)
    reason = reason_to_decline(paths, smooth, is_for_exact=True)
    report = {}
    if reason is None:
        layouts = _lay_finely(field, paths, smooth)
        n_gaps = sum(len(points) - 1 for points in layouts)
        most = max(MAX_ENTRIES // (3 * function.n_weights * field.n_states), 1)
        if n_gaps > most:
            pieces = spread_pieces(paths, layouts, most)
            reason = None if pieces else f"{function.n_weights} weights, too many for the memory"
            if pieces:
                paths, smooth = cut_pieces(pieces, paths, smooth)
                layouts = _lay_finely(field, paths, smooth)
                report["n_pieces"] = len(pieces)
    if reason is None:
        run = _LawFit(field, function, paths, smooth, layouts, alpha, slack, only, count)
        reason = run.fit(chooses_terms=chooses_terms)
    if reason is not None:
        return {"declined": reason, "seconds": time.perf_counter() - begin}
    found = run.report()
    if "n_pieces" in report:
        del found["states"]
    return report | found | {"seconds": time.perf_counter() - begin}


def _lay_finely(field, paths, smooth):
    """Points of the mesh per path, twice as many as collocation takes.

    Held strictly, a law passes the error of the mesh on to its parameters: of van der Pol with
    mu = 3 (200 rows, 2 % noise) a shift by 1.1 standard errors, and by 0.3 on half the gaps.
    """
    layouts = lay_points(field, paths, smooth)
    return [
        np.interp(np.arange(2 * len(points) - 1) / 2, np.arange(len(points)), points)
        for points in layouts
    ]


class _LawFit:
    """States, weights, q and alpha; the descent and the choices."""

    def __init__(self, field, function, paths, smooth, layouts, alpha, slack, only, count):
        self.field, self.function, self.paths = field, function, paths
        self.is_spent = (count or FieldCount()).is_spent
        device = function.like.device
        self.sigma = np.maximum(smooth["sigma"], SIGMA_FLOOR)
        self.mesh = build_mesh(paths, smooth, layouts, n_controls=field.n_controls, device=device)
        self.observations = Observations(self.mesh, paths, self.sigma)
        scale = slope_scale(smooth)
        strict = scale * min(1.0, float(self.sigma.min()) / NOISE_OF_Q)
        self.all_q = [share * strict for share in SHARES_OF_Q]
        self.slack = None if slack is None else slack * scale
        if slack is not None:
            # From loose to strict all the same: at once a poor start would hold the states.
            self.all_q = [q for q in self.all_q if q > self.slack] + [self.slack]
        self.points, self.q = self.mesh.start, self.all_q[0]
        self.names = np.repeat(function.names, [p.numel() for p in function.parameters()])
        self.is_remainder = np.char.startswith(self.names.astype(str), "remainder.")
        self.of_parameters = np.zeros(len(self.names))
        if field.theta is not None:
            self.of_parameters[~self.is_remainder] = np.where(field.theta.has_bound, PRECISION, 0.0)
        self.free = self._sought(only)
        self.is_polynomial = hasattr(field.remainder, "kept")
        self.chooses_alpha = alpha is None and not self.is_polynomial
        first = WEAK_ALPHA if self.is_polynomial else FIRST_ALPHA
        self.alpha = first if alpha is None else float(alpha)
        self.n_iterations, self.stopped = 0, None

    def _sought(self, only):
        free = np.ones(len(self.names), dtype=bool)
        if only is not None:
            free = np.char.startswith(self.names.astype(str), only)
        if hasattr(self.field.remainder, "kept"):
            free[self.is_remainder] &= self.field.remainder.kept.cpu().numpy().ravel()
        return free

    @property
    def prior(self):
        """Precisions of the free weights."""
        return np.where(self.is_remainder, self.alpha, self.of_parameters)[self.free]

    def fit(self, *, chooses_terms):
        """Descend through all q and choose one; return why it failed, or None."""
        start, stages = self.function.read(), []
        try:
            for q in self.all_q:
                stages.append(self._at(q))
        except np.linalg.LinAlgError as error:
            # Held too strictly, or no law at all.
            if not stages:
                self.function.write(start)
                return str(error)
        except KeyboardInterrupt:
            if not stages:
                raise
            self.stopped = "interrupted"
        best = max(stage["evidence"] for stage in stages)
        if self.slack is not None:
            best = -np.inf
        self._go_to([stage for stage in stages if not stage["evidence"] < best - BELIEF][-1])
        for _ in range(MAX_SELECTIONS if chooses_terms and self.is_polynomial else 0):
            if self.stopped or not self._leave_out_terms():
                break
            self._at(self.q)
        if self.is_spent():
            self.stopped = "budget"
        return None

    def _at(self, q):
        """Descend at one q; what was reached."""
        self.q = q
        self._descend()
        law = self._linearise(loose=True)
        weights = self._weights()
        evidence = law.log_evidence(weights, self.prior) if len(weights) else 0.0
        self.covariance = np.linalg.inv(law.information + np.diag(self.prior + _least(law)))
        return {
            "q": q, "alpha": self.alpha, "points": self.points, "weights": self.function.read(),
            "evidence": evidence, "covariance": self.covariance,
        }  # fmt: skip

    def _go_to(self, stage):
        self.q, self.alpha, self.points = stage["q"], stage["alpha"], stage["points"]
        self.covariance = stage["covariance"]
        self.function.write(stage["weights"])

    def _weights(self):
        return self.function.read().cpu().numpy()[self.free]

    def _write(self, weights):
        flat = self.function.read()
        flat[torch.as_tensor(self.free)] = torch.as_tensor(weights).to(flat)
        self.function.write(flat)

    def _linearise(self, *, loose=False):
        defects = Defects(self.function, self.mesh, self.points, 1.0)
        observations = self.observations.held_loosely(LOOSE) if loose else self.observations
        return LinearisedLaw(defects, observations, self.points, self.q, self.free)

    def _objective(self, points):
        defects = Defects(self.function, self.mesh, points, 1.0, with_derivatives=False)
        return float(
            self.observations.misfit(points, defects.slopes)
            + (defects.values.square() / (self.q**2 * self.mesh.gaps)).sum()
        ) + float(self.prior @ np.square(self._weights()))

    def _descend(self):
        damping = FIRST_DAMPING
        for _ in range(MAX_ITERATIONS):
            if self.is_spent():
                return
            law = self._linearise()
            self._update_alpha(law)
            objective = self._objective(self.points)
            self.n_iterations += 1
            found, n_rejected = self._step(law, objective, damping)
            if n_rejected == MOST_REJECTED:
                return
            damping = damping * GROWS**n_rejected if n_rejected else damping * SHRINKS
            # A step that had to be damped may have been small for that alone.
            if objective - found < TOLERANCE * objective and n_rejected == 0:
                return

    def _step(self, law, objective, damping):
        """Damp until the objective falls; (objective, rejected steps)."""
        weights, prior = self._weights(), self.prior
        system = law.information + np.diag(prior + _least(law))
        for n_rejected in range(MOST_REJECTED):
            size = damping * GROWS**n_rejected * system.diagonal()
            change = np.linalg.solve(system + np.diag(size), law.force - prior * weights)
            self._write(weights + change)
            points = self.points + law.change_of_states(change)
            tried = self._objective(points)
            # NaN compares as False, so a failed step is never kept.
            if tried <= objective:
                self.points = points
                return tried, n_rejected
        self._write(weights)
        return objective, MOST_REJECTED

    def _update_alpha(self, law):
        """MacKay's update: directions known from the data over the weights' square."""
        own = self.is_remainder[self.free]
        if not self.chooses_alpha or not own.any() or self.n_iterations == 0:
            return
        inverse = np.linalg.inv(law.information + np.diag(self.prior + _least(law)))
        n_known = own.sum() - self.alpha * inverse.diagonal()[own].sum()
        squares = np.square(self._weights()[own]).sum()
        # By a factor of 30 at most: weights that are still zero say little.
        alpha = np.clip(n_known / max(squares, 1e-12), self.alpha / 30, self.alpha * 30)
        self.alpha = float(np.clip(alpha, *ALPHA_RANGE))

    def _leave_out_terms(self):
        """Leave out what the data do not ask for; whether there was such a term."""
        own = self.is_remainder[self.free]
        n_observed = sum(int(np.isfinite(path.values).sum()) for path in self.paths)
        kept, weights = select_terms(self._weights(), self.covariance, own, n_observed)
        if kept.all():
            return False
        self._write(weights)
        left_out = np.flatnonzero(self.free)[~kept]
        self.free[left_out] = False
        mask = self.free[self.is_remainder].reshape(self.field.remainder.kept.shape)
        self.field.remainder.kept.copy_(torch.as_tensor(mask))
        return True

    def report(self):
        """Say what the fit found, see ``fit_law``."""
        defects = Defects(self.function, self.mesh, self.points, 1.0, with_derivatives=False)
        states = self.observations.states(self.points, defects.slopes).cpu().numpy()
        ends = np.cumsum([path.n_rows for path in self.paths])[:-1]
        stopped = {"stopped": self.stopped} if self.stopped else {}
        return stopped | {
            "q": self.q, "alpha": self.alpha, "n_iterations": self.n_iterations,
            "n_defects": self.mesh.gaps.numel() * self.field.n_states,
            "standard_errors": self._standard_errors(), "states": np.split(states, ends),
        }  # fmt: skip

    def _standard_errors(self):
        """Of the law's parameters, all else marginalised; inf where the data say nothing.

        Without the prior of their numbers, whose slopes vanish at a bound: of the parameter as if
        it had none.
        """
        if self.field.theta is None:
            return np.zeros(0)
        own = ~self.is_remainder[self.free]
        told = 1 / self.covariance.diagonal()[own] - self.prior[own]
        slopes = self.field.theta.slopes().cpu().numpy() * UNIT_OF_PARAMETERS
        # What the inverse of the information loses to rounding is no information.
        told = np.where(told > 1e-6 * PRECISION, told, 0.0)
        with np.errstate(divide="ignore"):
            return slopes / np.sqrt(told)


def _least(law):
    """Precision that keeps the system regular where data say nothing of a weight."""
    return 1e-12 * max(float(law.information.diagonal().max(initial=0.0)), 1.0)
