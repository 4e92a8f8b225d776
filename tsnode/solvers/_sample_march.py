"""Many sample paths of a stochastic differential equation side by side."""

import numpy as np
import torch

from ._stochastic_steps import ReversibleHeun, euler_maruyama, milstein

# A lead at a step's end belongs to the next step, whatever the division did to it.
ROUNDING = 1e-9


class SampleMarch:
    """Sample paths from all starts, step by step, read at leads between the steps.

    Parameters
    ----------
    field : DiffusionField
    starts : tensor of shape (n_starts, n_states)
    n_paths : int
    method : str
        A key of ``METHODS``.
    step : float
    noise : SharedNoise or OwnNoise
    controls : callable
        Maps a lead to covariates (n_starts, n_controls), or None.
    """

    def __init__(self, field, starts, n_paths, method, step, noise, controls):
        self.field, self.step, self.noise, self.controls = field, step, noise, controls
        self.shape = (len(starts), n_paths, starts.shape[1])
        self.z = starts[:, None].expand(self.shape).flatten(0, 1)
        self.method, self.pair = method, None

    @torch.no_grad()
    def states_at(self, leads, owner):
        """States of shape (n, n_paths, n_states) at rising leads of the starts ``owner``."""
        out = self.z.new_empty(len(leads), *self.shape[1:])
        index = np.floor(leads / self.step * (1 + ROUNDING)).astype(int)
        u = self._u(0)
        if self.method == "reversible_heun":
            self.pair = ReversibleHeun(self.field, self.z, u)
        done = 0
        for k in range(int(index.max(initial=0)) + 1):
            dw, bridge = (self._spread(part) for part in self.noise.of_step(k))
            dw = dw * self.step**0.5
            upto = np.searchsorted(index, k, side="right")
            if upto > done:
                part = slice(done, upto)
                out[part] = self._between(leads[part] - k * self.step, owner[part], dw, bridge, u)
                done = upto
            if done == len(leads):
                break
            u = self._advance(k, u, dw)
        return out

    def _between(self, rest, owner, dw, bridge, u):
        """States a part of a step on: the Wiener path there lies on a bridge over the step."""
        device = self.z.device
        rest, owner = (
            torch.as_tensor(np.maximum(rest, 0.0), device=device),
            torch.as_tensor(owner).to(device),
        )
        z, dw, bridge = (one.unflatten(0, self.shape[:2])[owner] for one in (self.z, dw, bridge))
        share = (rest / self.step).clamp(0, 1)[:, None, None]
        part = share * dw + (share * (1 - share) * self.step).sqrt() * bridge
        rows = rest[:, None].expand(z.shape[:2]).reshape(-1, 1)
        if u is not None:
            u = u.unflatten(0, self.shape[:2])[owner].flatten(0, 1)
        found = milstein(self.field, z.flatten(0, 1), u, rows, part.flatten(0, 1))
        return found.unflatten(0, z.shape[:2])

    def _advance(self, k, u, dw):
        ahead = self._u(k + 1)
        if self.pair is not None:
            self.z = self.pair.step(ahead, self.step, dw)
        else:
            step = milstein if self.method == "milstein" else euler_maruyama
            self.z = step(self.field, self.z, u, self.step, dw)
        return ahead

    def _u(self, k):
        u = self.controls(k * self.step)
        if u is None:
            return None
        u = torch.as_tensor(u, device=self.z.device)
        return u[:, None].expand(-1, self.shape[1], -1).flatten(0, 1)

    def _spread(self, noise):
        noise = torch.as_tensor(noise, device=self.z.device)
        return noise.expand(self.shape).flatten(0, 1)


class SharedNoise:
    """The same paths for every start, each beside its opposite; drawn once, kept.

    Parameters
    ----------
    random : RandomState
    n_pairs, n_states : int
    """

    def __init__(self, random, n_pairs, n_states):
        self._random, self._shape, self._drawn = random, (2, n_pairs, n_states), []

    def of_step(self, k):
        """Return normal draws of a step and of the bridge over it, (2, 1, n_paths, n_states)."""
        while len(self._drawn) <= k:
            half = self._random.standard_normal(self._shape)
            self._drawn.append(np.concatenate([half, -half], axis=1)[:, None])
        return self._drawn[k]


class OwnNoise:
    """Paths of its own for every start; steps are drawn in turn.

    Parameters
    ----------
    random : RandomState
    n_starts, n_paths, n_states : int
    """

    def __init__(self, random, n_starts, n_paths, n_states):
        self._random, self._shape = random, (2, n_starts, n_paths, n_states)

    def of_step(self, k):  # noqa: ARG002 - one after the other
        """Return normal draws of the next step, (2, n_starts, n_paths, n_states)."""
        return self._random.standard_normal(self._shape)
