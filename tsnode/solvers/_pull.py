"""Pull a state towards data between two gaps of a solve."""

import torch


class Pull:
    """z <- (1 - a) z + a z_data, entry by entry; entries without data stay as they are.

    Generalised teacher forcing: gradients through a chain of n pulls shrink by (1 - a)^n, which
    keeps them bounded where the dynamics stretch (Hess, Monfared, Brenner and Durstewitz 2023,
    eq. 5).

    Parameters
    ----------
    data : tensor of shape (batch, n_leads, n_states)
        States at the stamps after the start; NaN = not pulled.
    share : float in [0, 1]
    """

    def __init__(self, data, share):
        known = torch.isfinite(data)
        self.weights = share * known
        self.data = torch.where(known, data, 0.0)

    def __call__(self, lead, z):
        """Return the state that goes on from the stamp number ``lead``, 0 the first one."""
        return z + self.weights[:, lead] * (self.data[:, lead] - z)


def no_pull(lead, z):  # noqa: ARG001
    """Return the state as it is."""
    return z
