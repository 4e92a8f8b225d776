"""Hermite-Simpson defects on the mesh of simultaneous collocation."""

import torch


class StateCoupling:
    """Derivatives A of all defects in the states: a block for either end of every gap.

    Attributes
    ----------
    mesh : Mesh
    slopes : tensor of shape (n_points, n_states)
    at_left, at_right : tensors of shape (n_gaps, n_states, n_states)
    """

    def apply_states(self, change):
        """Return ``A change`` of shape (n_gaps, n_states)."""
        left = self.mesh.left
        return _multiply(self.at_left, change[left]) + _multiply(self.at_right, change[left + 1])

    def transpose_states(self, nu):
        """Return ``A' nu`` of shape (n_points, n_states)."""
        out = nu.new_zeros(self.slopes.shape)
        out.index_add_(0, self.mesh.left, _multiply(self.at_left.mT, nu))
        return out.index_add_(0, self.mesh.left + 1, _multiply(self.at_right.mT, nu))

    def add_state_gram(self, system, variance):
        """Add ``A R A'`` for the diagonal R = ``variance`` (n_points, n_states) in place."""
        left, (n, d, _) = self.mesh.left, self.at_left.shape
        blocks = system.view(n, d, n, d)
        r0, r1 = variance[left][:, None, :], variance[left + 1][:, None, :]
        own = (self.at_left * r0) @ self.at_left.mT + (self.at_right * r1) @ self.at_right.mT
        i = torch.arange(n, device=left.device)
        blocks[i, :, i, :] += own.to(system.dtype)
        # Neighbouring gaps of one path share a point.
        (k,) = torch.nonzero(left[1:] == left[:-1] + 1, as_tuple=True)
        shared = ((self.at_right * r1)[k] @ self.at_left[k + 1].mT).to(system.dtype)
        blocks[k, :, k + 1, :] += shared
        blocks[k + 1, :, k, :] += shared.mT


class Defects(StateCoupling):
    """Hermite-Simpson defects of all gaps and their derivatives at given states.

    ``c = x1 - x0 - h/6 (f0 + 4 fm + f1)``, ``fm`` at ``xm = (x0 + x1)/2 + h/8 (f0 - f1)``.

    Parameters
    ----------
    function : LayeredFunction or DerivedFunction
        See ``function_of``. Its outputs times ``scale`` are the slopes.
    mesh : Mesh
    states : tensor of shape (n_points, n_states)
    scale : float

    Attributes
    ----------
    values : tensor of shape (n_gaps, n_states)
    slopes : tensor of shape (n_points, n_states)
        The field at the points of the mesh.
    """

    def __init__(self, function, mesh, states, scale, with_derivatives=True):
        self.mesh, self.scale = mesh, scale
        left, h = mesh.left, mesh.gaps
        ends = function.inputs(
            torch.as_tensor(mesh.times, device=states.device), states, mesh.controls
        )
        with torch.no_grad():
            f = scale * function(ends)
            middle = (states[left] + states[left + 1]) / 2 + h / 8 * (f[left] - f[left + 1])
            mids = function.inputs(
                torch.as_tensor(mesh.mid_times, device=states.device), middle, mesh.mid_controls
            )
            fm = scale * function(mids)
        self.slopes = f
        self.values = states[left + 1] - states[left] - h / 6 * (f[left] + 4 * fm + f[left + 1])
        if with_derivatives:
            self._derive(function, torch.cat([ends, mids]), len(states))

    def _derive(self, function, inputs, n_points):
        d, left, h = function.n_states, self.mesh.left, self.mesh.gaps[:, :, None]
        self.point = function.linearize(inputs)
        slopes = self.scale * self.point.input_jacobian()[:, :, :d]
        f0, f1, fm = slopes[left], slopes[left + 1], slopes[n_points:]
        one = torch.eye(d, dtype=h.dtype, device=h.device)
        # Derivatives in the states at both ends
        self.at_left = -one - h / 6 * (f0 + 4 * fm @ (one / 2 + h / 8 * f0))
        self.at_right = one - h / 6 * (f1 + 4 * fm @ (one / 2 - h / 8 * f1))
        # and in the field's values at left end, middle and right end
        self.of_left = -self.scale * h / 6 * (one + h / 2 * fm)
        self.of_right = -self.scale * h / 6 * (one - h / 2 * fm)
        self.of_middle = -self.scale * 4 * h / 6 * one
        self.n_points = n_points

    def apply_weights(self, direction):
        """``J direction`` of shape (n_gaps, n_states)."""
        change, left, n = self.point.apply(direction), self.mesh.left, self.n_points
        return (
            _multiply(self.of_left, change[left])
            + _multiply(self.of_right, change[left + 1])
            + _multiply(self.of_middle, change[n:])
        )

    def transpose_weights(self, nu):
        """``J' nu`` as one flat vector of weights."""
        left = self.mesh.left
        at_points = nu.new_zeros(self.n_points, nu.shape[1])
        at_points.index_add_(0, left, _multiply(self.of_left.mT, nu))
        at_points.index_add_(0, left + 1, _multiply(self.of_right.mT, nu))
        return self.point.transpose(torch.cat([at_points, _multiply(self.of_middle.mT, nu)]))

    def weight_gram(self, dtype):
        """``J J'`` of shape (n_gaps * n_states, n_gaps * n_states)."""
        return self.point.gram_of(lambda matrix: self._combine_rows(matrix, dtype), dtype)

    def weight_rows(self, dtype):
        """``J`` itself, of shape (n_gaps * n_states, n_weights)."""
        return self._combine_rows(self.point.jacobian(dtype), dtype)

    def _combine_rows(self, matrix, dtype):
        d, left, n = self.of_left.shape[1], self.mesh.left, self.n_points
        blocks = matrix.view(-1, d, matrix.shape[1])
        out = torch.bmm(self.of_left.to(dtype), blocks[left])
        out.baddbmm_(self.of_right.to(dtype), blocks[left + 1])
        out.baddbmm_(self.of_middle.to(dtype), blocks[n:])
        return out.view(len(left) * d, -1)


def _multiply(matrices, vectors):
    return (matrices @ vectors[:, :, None])[:, :, 0]
