"""A torch module of the user's own as vector field (or as the map of a step model)."""

import inspect

import torch
from torch import nn

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NAMES = ("t", "z", "u")


class ModuleField(nn.Module):
    """f(z, u, t) by any module that takes rows of states.

    ``forward(t, z, u)``, ``(t, z)``, ``(z, u)`` or ``(z)`` by these names; else three arguments
    are t, z, u, two are t, z, and one is the row of states and controls, as of a ``Sequential``.
    Rows of t have shape (batch, 1), so that they broadcast and concatenate.

    Parameters
    ----------
    module : nn.Module
        Used as it is, in float64.
    n_states, n_controls : int
    units : dict or None, default=None
        None: the module works on standardised states. Else it works in physical units, y = z *
        ``scale`` + ``center``, u likewise with ``control_scale`` and ``control_center``, time =
        t * ``step`` + ``origin``; its output is times ``factor`` (per channel) plus ``shift``
        the standardised one.
    needs_grad : bool, default=False
        The module calls autograd itself (dH/dz of a Hamiltonian), in predict too.

    Attributes
    ----------
    reads : tuple of str
        Arguments of the module, out of "t", "z", "u"; ("zu",) = one joined row.
    autonomous : bool
        The module does not read t.
    """

    def __init__(self, module, n_states, n_controls=0, units=None, needs_grad=False):
        super().__init__()
        self.module = module.double()
        self.n_states, self.n_controls = n_states, n_controls
        self.reads = arguments_of(module)
        self.autonomous = "t" not in self.reads
        self.is_physical, self.needs_grad = units is not None, needs_grad
        for name, value in (units or {}).items():
            self.register_buffer(name, torch.as_tensor(value, dtype=torch.float64))

    def forward(self, t, z, u=None):
        """Slope (batch, n_states) at time t of shape () or (batch,), state z and control u."""
        if not self.needs_grad:
            return self._slope(t, z, u)
        was_enabled = torch.is_grad_enabled()
        with torch.enable_grad():
            slope = self._slope(t, z if z.requires_grad else z.detach().requires_grad_(), u)
        return slope if was_enabled else slope.detach()

    def _slope(self, t, z, u):
        t = torch.as_tensor(t, dtype=z.dtype, device=z.device)
        t = t.reshape(-1, 1).expand(len(z), 1)
        if not self.is_physical:
            return self._call(t, z, u)
        if u is not None:
            u = u * self.control_scale + self.control_center
        found = self._call(t * self.step + self.origin, z * self.scale + self.center, u)
        return found * self.factor + self.shift

    def _call(self, t, z, u):
        if self.reads == ("zu",):
            return self.module(z if u is None else torch.cat([z, u], dim=-1))
        values = {"t": t, "z": z, "u": u}
        return self.module(*(values[name] for name in self.reads))


def arguments_of(module):
    """Arguments that ``module.forward`` reads, in its order; see ``ModuleField``.

    Raises
    ------
    ValueError
        Its positional arguments are none of those forms.
    """
    parameters = inspect.signature(module.forward).parameters.values()
    places = [p for p in parameters if p.kind in _BY_POSITION]
    names = tuple(p.name for p in places)
    if names and set(names) <= set(NAMES) and "z" in names:
        return names
    required = [p for p in places if p.default is inspect.Parameter.empty]
    if 1 <= len(required) <= 3:
        return {1: ("zu",), 2: ("t", "z"), 3: NAMES}[len(required)]
    msg = f"Expected module.forward to take (t, z, u), (t, z) or (z); got {names}. "
    msg += "Name its arguments t, z and u, or wrap it in a module that does."
    raise ValueError(msg)
