"""A state that a path of observations drives, and a linear read-out of it."""

from torch import nn

from ..dynamics._controlled_field import ControlledField
from ..solvers._control_paths import solve_controlled


class ControlledState(nn.Module):
    """z(t_0) = A x(t_0) + b, dz = F(z) dX, read out linearly (Kidger et al. 2020, eq. 4 and 5).

    Parameters
    ----------
    n_controls : int
        Channels of the path, its time among them.
    n_outputs : int
    latent_dim : int
    hidden_layer_sizes, activation
        See ``MLP``.
    method : str, default="rk4"
        Kernel of the steps, see ``solve_controlled``.
    n_drivers : int, default=0
        Covariates that all three maps read: A, F and the read-out.
    """

    def __init__(
        self, n_controls, n_outputs, latent_dim, hidden_layer_sizes, activation="silu",
        method="rk4", *, n_drivers=0,
    ):  # fmt: skip
        super().__init__()
        self.method = method
        self.encoder = nn.Linear(n_controls - 1 + n_drivers, latent_dim)
        self.field = ControlledField(
            latent_dim, n_controls, hidden_layer_sizes, activation, n_drivers=n_drivers
        )
        self.head = nn.Linear(latent_dim + n_drivers, n_outputs)
        self.double()

    def states(self, first, slopes):
        """States (batch, n_knots, latent_dim) at all knots of the path."""
        return solve_controlled(self.field, self.encoder(first), slopes, method=self.method)

    def forward(self, first, slopes):
        """Read the outputs (batch, n_outputs) at the end of the path.

        Parameters
        ----------
        first : tensor of shape (batch, n_controls - 1)
            Values of the path at its first stamp.
        slopes : tensor of shape (batch, n_steps, 3, n_controls)
        """
        return self.head(self.states(first, slopes)[:, -1])
