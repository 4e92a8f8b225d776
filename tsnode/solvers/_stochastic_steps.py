"""Steps of stochastic differential equations with noise of its own in every state."""

import torch

# Method -> calculus of the drift it takes.
METHODS = {"euler_maruyama": "ito", "milstein": "ito", "reversible_heun": "stratonovich"}


def euler_maruyama(field, z, u, dt, dw):
    """Step by f dt + g dW: strong order 1/2, weak order 1 (Maruyama 1955)."""
    return z + field.drift(z, u) * dt + field.noise_at(z) * dw


def milstein(field, z, u, dt, dw):
    """Euler-Maruyama + g g' (dW^2 - dt) / 2: strong order 1 (Milstein 1974)."""
    noise = field.noise_at(z)
    correction = 0.5 * noise * field.noise_slope(z) * (dw**2 - dt)
    return z + field.drift(z, u) * dt + noise * dw + correction


class ReversibleHeun:
    """Two coupled states that can be stepped back exactly (Kidger et al. 2021, Algorithm 1).

    Parameters
    ----------
    field : DiffusionField
    z, u : tensors
        State and covariates at the start.
    """

    def __init__(self, field, z, u):
        self.field, self.z, self.other = field, z, z
        self._drift, self._noise = self._at(z, u)

    def _at(self, z, u):
        return self.field.drift(z, u, "stratonovich"), self.field.noise_at(z)

    def step(self, u, dt, dw):
        """State after a step with the increment ``dw``; ``u`` is that of its end."""
        drift, noise = self._drift, self._noise
        self.other = 2 * self.z - self.other + drift * dt + noise * dw
        self._drift, self._noise = self._at(self.other, u)
        self.z = self.z + 0.5 * (drift + self._drift) * dt + 0.5 * (noise + self._noise) * dw
        return self.z


def walk(field, z0, increments, dt, controls=None, method="milstein"):
    """States behind every step.

    Parameters
    ----------
    field : DiffusionField
    z0 : tensor of shape (batch, n_states)
    increments : tensor of shape (n_steps, batch, n_states)
        Of a Wiener process: variance ``dt``.
    dt : float, or tensor of shape (batch, 1)
    controls : tensor of shape (n_steps + 1, batch, n_controls), optional
        At the ends of the steps.
    method : str, default="milstein"
        A key of ``METHODS``.

    Returns
    -------
    tensor of shape (n_steps + 1, batch, n_states)
    """
    z, states = z0, [z0]
    pair = None
    if method == "reversible_heun":
        pair = ReversibleHeun(field, z0, None if controls is None else controls[0])
    for k, dw in enumerate(increments):
        if pair is not None:
            z = pair.step(None if controls is None else controls[k + 1], dt, dw)
        else:
            step = milstein if method == "milstein" else euler_maruyama
            z = step(field, z, None if controls is None else controls[k], dt, dw)
        states.append(z)
    return torch.stack(states)
