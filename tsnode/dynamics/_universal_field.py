"""A known law in physical units with learnable parameters, plus what it leaves unexplained."""

import torch
from torch import nn

# Of a state's size (root mean square): below it negative slopes fade away, so that a state
# cannot pass through zero.
FADE = 0.02
# Numbers behind the parameters in parts of the weights' size: so a penalty that suits weights is
# none for them.
UNIT_OF_PARAMETERS = 100.0


class UniversalField(nn.Module):
    """dz/dt = known(t, z, u, theta) + remainder(t, z, u) in standardised units.

    Parameters
    ----------
    n_states, n_controls : int
    units : dict
        As of ``ModuleField``: ``center``, ``scale``, ``origin``, ``step``, ``factor`` and those of
        the controls.
    law : callable (t, z, u, theta) -> slopes, or None
        In physical units, rows of t of shape (batch,); slopes as a tensor of shape
        (batch, n_states) or as one column per state.
    theta : BoundedParameters or None
    remainder : nn.Module or None
        ``forward(t, z, u)`` on standardised states; counted in parts of ``size``.
    is_non_negative : bool, default=False
        Negative slopes fade away near physical zero.

    Attributes
    ----------
    size : tensor of shape ()
        Root mean square of the slopes, once it is known.
    """

    def __init__(
        self, n_states, n_controls, units, *, law=None, theta=None, remainder=None,
        is_non_negative=False,
    ):  # fmt: skip
        super().__init__()
        self.n_states, self.n_controls = n_states, n_controls
        # In a tuple, so that a law which is a module is not taken for a part that learns.
        self._law = (law,)
        self.theta, self.remainder = theta, remainder
        self.is_non_negative = is_non_negative
        self.autonomous = getattr(remainder, "autonomous", True)
        for name in ("center", "scale", "factor", "origin", "step"):
            self.register_buffer(name, torch.as_tensor(units[name], dtype=torch.float64))
        for name in ("control_center", "control_scale"):
            value = units[name] if n_controls else ()
            self.register_buffer(name, torch.as_tensor(value, dtype=torch.float64))
        self.register_buffer("size", torch.ones((), dtype=torch.float64))

    def forward(self, t, z, u=None):
        """Slope (batch, n_states) at time t of shape () or (batch,), state z and control u."""
        theta = None if self.theta is None else self.theta()
        return self._slope(t, z, u, theta, self.remainder)

    def frozen(self):
        """Return the field as a function (t, z, u) without gradient, for long runs."""
        with torch.no_grad():
            theta = None if self.theta is None else self.theta()
        remainder = self.remainder
        remainder = remainder.frozen() if hasattr(remainder, "frozen") else remainder
        return lambda t, z, u=None: self._slope(t, z, u, theta, remainder)

    def known(self, t, z, u, theta):
        """Slope by the law alone, for a Theta."""
        t = torch.as_tensor(t, dtype=z.dtype, device=z.device).reshape(-1).expand(len(z))
        if u is not None:
            u = u * self.control_scale + self.control_center
        times, states = t * self.step + self.origin, z * self.scale + self.center
        return as_slopes(self._law[0](times, states, u, theta), states) * self.factor

    def remainder_slope(self, t, z, u=None):
        """Slope by the remainder alone."""
        return self.size * self.remainder(t, z, u)

    def _slope(self, t, z, u, theta, remainder):
        slope = 0.0
        if self.is_non_negative:
            # Steps of a solver may reach below zero by their error; the law never sees that.
            z = torch.maximum(z, -self.center / self.scale)
        if self._law[0] is not None:
            slope = self.known(t, z, u, theta)
        if remainder is not None:
            slope = slope + self.size * remainder(t, z, u)
        return self._faded(z, slope) if self.is_non_negative else slope

    def _faded(self, z, slope):
        size = torch.sqrt(self.center**2 + self.scale**2)
        share = torch.square((z * self.scale + self.center) / (FADE * size))
        return slope * torch.where(slope < 0, share / (1 + share), 1.0)

    def weight_units(self):
        """Say in which unit least squares count every parameter, by name."""
        is_theta = {name: name.startswith("theta.") for name, _ in self.named_parameters()}
        return {name: UNIT_OF_PARAMETERS if own else 1.0 for name, own in is_theta.items()}


class SlopeShapeError(ValueError):
    """A law returns something else than one slope per state."""


def as_slopes(found, states):
    """Join the columns that a law may return; a number stands for a column of it."""
    if not torch.is_tensor(found):
        like = states[:, 0]
        columns = [torch.as_tensor(c, dtype=like.dtype, device=like.device) for c in found]
        found = torch.stack([column.expand_as(like) for column in columns], dim=-1)
    if found.shape != states.shape:
        msg = f"Expected known_dynamics to return one slope per state, shape {tuple(states.shape)} "
        msg += f"or {states.shape[1]} columns; got shape {tuple(found.shape)}. Stack the slopes "
        msg += "along the last axis, or return one column per state."
        raise SlopeShapeError(msg)
    return found
