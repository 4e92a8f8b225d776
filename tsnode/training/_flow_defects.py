"""Where the flow misses the next state: defects of collocation for laws that jump in a gap."""

import torch

from ._defects import StateCoupling


class FlowDefects(StateCoupling):
    """Defects ``c = x1 - flow(x0)`` of all gaps and their derivatives; the face of ``Defects``.

    The flow takes as many steps as a jump needs within a gap, and they ask for no further states.

    Parameters
    ----------
    flow : FlowFunction
    mesh : Mesh
        Of the stamps.
    states : tensor of shape (n_points, n_states)
    with_derivatives : bool
    dtype : torch dtype
        Of the derivatives in the weights.

    Attributes
    ----------
    values : tensor of shape (n_gaps, n_states)
    slopes : tensor of shape (n_points, n_states)
        Zeros: no stamp lies between the points of the mesh.
    """

    def __init__(self, flow, mesh, states, *, with_derivatives, dtype):
        self.mesh, self.scale, self.slopes = mesh, flow.scale, torch.zeros_like(states)
        left = mesh.left
        times = torch.as_tensor(mesh.times, device=states.device)[left, None]
        inputs = torch.cat([states[left], times, mesh.gaps], dim=1)
        if with_derivatives:
            self.point = flow.linearize(inputs, dtype)
            change = self.point.outputs
            self.at_left = -self.point.of_start
            self.at_right = torch.eye(states.shape[1]).to(states).expand_as(self.at_left)
        else:
            with torch.no_grad():
                change = flow(inputs)
        self.values = states[left + 1] - states[left] - self.scale * change

    def apply_weights(self, direction):
        """``J direction`` of shape (n_gaps, n_states)."""
        return -self.scale * self.point.apply(direction)

    def transpose_weights(self, nu):
        """``J' nu`` as one flat vector of weights."""
        return -self.scale * self.point.transpose(nu)

    def weight_gram(self, dtype):
        """``J J'`` of shape (n_gaps * n_states, n_gaps * n_states)."""
        return self.point.gram().mul_(self.scale**2).to(dtype)
