"""What data tell of the weights of a law, once the states are eliminated."""

import numpy as np
import torch
from scipy.linalg import cho_solve_banded, cholesky_banded


class LinearisedLaw:
    """A law and its data, linearised at states on a mesh and at weights.

    The defects c of the law are Gaussian, with the covariance ``S = q^2 h + A R A'`` where R is
    that of the observed states. A couples neighbours only, so S is block-tridiagonal, and all
    comes from its banded Cholesky factor, in time linear in the mesh.

    Parameters
    ----------
    defects : Defects, with derivatives
    observations : Observations
    states : tensor of shape (n_points, n_states)
    q : float
        Deviation from the law per root of a unit of time.
    free : bool array of shape (n_weights,)
        Weights that are sought.

    Attributes
    ----------
    information : float array of shape (n_free, n_free)
        Fisher information of the weights.
    force : float array of shape (n_free,)
        Half of the gradient of the log-likelihood.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the law or its derivatives are not finite.
    """

    def __init__(self, defects, observations, states, q, free):
        self.defects, self.variance = defects, observations.variance
        self.pull = observations.pull(states, defects.slopes)
        constant = defects.values + defects.apply_states(self.pull)
        self.constant = constant.reshape(-1).cpu().numpy()
        self.rows = defects.weight_rows(torch.float64).cpu().numpy()[:, free]
        process = q**2 * defects.mesh.gaps
        band = banded_covariance(defects, self.variance, process)
        parts = (band, self.constant, self.rows)
        if not all(np.isfinite(part).all() for part in parts):
            msg = "the law is not finite"
            raise np.linalg.LinAlgError(msg)
        self.factor = cholesky_banded(band, lower=True, check_finite=False)
        self.solved_rows, self.solved = self._solve(self.rows), self._solve(self.constant)
        self.information = self.rows.T @ self.solved_rows
        self.force = -self.rows.T @ self.solved

    def _solve(self, right):
        return cho_solve_banded((self.factor, True), right, check_finite=False)

    def change_of_states(self, change):
        """Change of the states that goes with a change of the free weights."""
        nu = -(self.solved + self.solved_rows @ change)
        nu = torch.as_tensor(nu).to(self.pull).view_as(self.defects.values)
        return self.pull + self.variance * self.defects.transpose_states(nu)

    def log_evidence(self, weights, prior):
        """Log of the probability of the data, up to a constant that depends on the data alone.

        ``prior`` holds the precisions of the free weights about 0; those without one (0) are
        integrated out as they are, which suits a comparison of q at the same weights.
        """
        force = self.force + self.information @ weights
        squares = self.constant @ self.solved + weights @ (self.force + force)
        system = self.information + np.diag(prior)
        squares -= force @ np.linalg.solve(system, force)
        log_det = 2 * np.log(self.factor[0]).sum() + np.linalg.slogdet(system)[1]
        return -0.5 * (squares + log_det - np.log(prior[prior > 0]).sum())


def banded_covariance(defects, variance, process):
    """Lower banded form of ``process + A R A'``, shape (2 * n_states, n_gaps * n_states).

    Parameters
    ----------
    defects : Defects
    variance : tensor of shape (n_points, n_states), the diagonal of R
    process : tensor of shape (n_gaps, 1)
    """
    left, (n, d, _) = defects.mesh.left, defects.at_left.shape
    before, behind = defects.at_left, defects.at_right
    r0, r1 = variance[left][:, None, :], variance[left + 1][:, None, :]
    own = (before * r0) @ before.mT + (behind * r1) @ behind.mT
    own = own + torch.diag_embed(process.expand(n, d))
    # Neighbouring gaps of one path share a point.
    (k,) = torch.nonzero(left[1:] == left[:-1] + 1, as_tuple=True)
    below = torch.zeros_like(own)
    below[k] = before[k + 1] @ (behind * r1)[k].mT
    blocks = torch.cat([own, below], dim=1).cpu().numpy()
    band = np.zeros((2 * d, n, d))
    for column in range(d):
        # From the diagonal down: what lies in a column of this block and of the next one.
        band[: 2 * d - column, :, column] = blocks[:, column:, column].T
    return band.reshape(2 * d, n * d)
