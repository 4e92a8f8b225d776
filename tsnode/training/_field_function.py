"""A field as the least-squares fits see it: a function of inputs and of one flat weight vector.

Both kinds have the same face. ``inputs(t, z, u)`` joins what the field reads to rows, states
first; ``function(inputs)`` and ``linearize(inputs)`` give outputs and derivatives in units of
``in_units_of(scale)``, so that a choice of alpha means the same in any unit; ``read``, ``write``
and ``squares`` hold the weights that alpha penalises.
"""

from contextlib import contextmanager

import torch
from torch.func import functional_call

from ..dynamics._fields import NeuralField
from ._derived_linearization import ROUTES, DerivedLinearization, jacobian_rows
from ._linearization import Linearization, read_weights, scale_outputs, write_weights


def function_of(field):
    """Layer by layer where the field is a plain perceptron; else by automatic derivatives."""
    # The type itself: a subclass may do anything in its forward.
    if type(field) is NeuralField:
        return LayeredFunction(field.mlp, field.inputs)
    return DerivedFunction(field)


class LayeredFunction:
    """A perceptron; its weights are those of the network whose outputs have size 1.

    Parameters
    ----------
    mlp : MLP
    inputs : callable (t, z, u) -> tensor of shape (n, n_inputs), default=None
        States first.
    """

    route = "layer by layer"
    makes_jacobian = False

    def __init__(self, mlp, inputs=None):
        self.mlp, self.inputs = mlp, inputs
        self.n_states = mlp.layers[-1].out_features
        self.is_linear = len(mlp.layers) == 1
        # Multiplications for one entry of the Gram matrix.
        self.gram_width = sum(layer.in_features + layer.out_features for layer in mlp.layers)

    @property
    def like(self):
        """Tensor of the dtype and device of the weights."""
        return self.mlp.layers[-1].weight

    @property
    def n_weights(self):
        """Length of the flat vector."""
        return sum(p.numel() for p in self.parameters())

    def parameters(self):
        """Tensors that hold the weights."""
        return [p for layer in self.mlp.layers for p in (layer.weight, layer.bias)]

    def __call__(self, inputs):
        """Return the outputs, shape (n, n_states), differentiable."""
        return self.mlp(inputs)

    def linearize(self, inputs):
        """Return outputs and first derivatives at the inputs."""
        return Linearization(self.mlp, inputs)

    def read(self):
        """All weights as one flat vector (a copy)."""
        return read_weights(self.mlp)

    def write(self, flat):
        """Set all weights."""
        write_weights(self.mlp, flat)

    def flatten(self, derivatives):
        """Join derivatives by tensor to those by the flat weights."""
        return torch.cat([part.reshape(-1) for part in derivatives])

    def squares(self):
        """Sum of the squared weights, differentiable."""
        return sum(p.square().sum() for p in self.parameters())

    @contextmanager
    def in_units_of(self, scale, *, keep_start=True):
        """Count outputs in parts of ``scale`` inside the block.

        ``keep_start=False`` reads the weights as those of outputs of size 1 (a fresh network).
        """
        if keep_start:
            scale_outputs(self.mlp, 1 / scale)
        try:
            yield
        finally:
            scale_outputs(self.mlp, scale)

    def silence(self):
        """Become the zero map."""
        scale_outputs(self.mlp, 0.0)


class DerivedFunction:
    """Any differentiable field with rows that do not depend on one another.

    The weights are counted in parts of the size that each tensor has at the start: so one alpha
    and one damping suit a rate of 0.01 beside a capacity of 1e5, and a prior is as wide as the
    user's own first guess; a field may say its own units (``weight_units``). The field begins at
    its weights as they are.

    Parameters
    ----------
    field : nn.Module, ``forward(t, z, u)``, with ``n_states`` and ``n_controls``
        Put into evaluation mode: no dropout and no batch statistics in a least-squares fit.

    Attributes
    ----------
    route : str
        How derivatives are found, one of ``ROUTES``: the first that the field can bear.
    """

    is_linear = False
    makes_jacobian = True

    def __init__(self, field):
        self.field = field.eval()
        self.n_states, self.n_controls = field.n_states, field.n_controls
        named = [(name, p) for name, p in field.named_parameters() if p.requires_grad]
        self.names = [name for name, _ in named]
        self._parameters = [p for _, p in named]
        self.n_weights = sum(p.numel() for p in self._parameters)
        self.gram_width = self.n_weights
        self.scale = 1.0
        own = field.weight_units() if hasattr(field, "weight_units") else {}
        self._units = [own[name] if name in own else _size(p) for name, p in named]
        self.route = self._find_route()

    @property
    def like(self):
        """Tensor of the dtype and device of the weights."""
        return self._parameters[0]

    def parameters(self):
        """Tensors that hold the weights, those without gradient left out."""
        return self._parameters

    def inputs(self, t, z, u=None):
        """Join states, controls and time to (n, n_states + n_controls + 1)."""
        t = torch.as_tensor(t, dtype=z.dtype, device=z.device).reshape(-1, 1).expand(len(z), 1)
        return torch.cat([z, t] if u is None else [z, u, t], dim=1)

    def arguments(self, inputs):
        """Split what ``inputs`` joined into t, z and u."""
        sizes = [self.n_states, self.n_controls, 1]
        z, u, t = torch.split(inputs, sizes, dim=1)
        return t[:, 0], z, u if self.n_controls else None

    def __call__(self, inputs):
        """Return the outputs, shape (n, n_states), differentiable."""
        return self.field(*self.arguments(inputs)) / self.scale

    def call(self, weights, inputs):
        """Return the field at other weights, given as a tensor for each parameter."""
        named = dict(zip(self.names, weights, strict=True))
        return functional_call(self.field, named, self.arguments(inputs))

    def linearize(self, inputs):
        """Return outputs and first derivatives at the inputs."""
        return DerivedLinearization(self, inputs)

    def read(self):
        """All weights as one flat vector (a copy), in parts of their sizes."""
        sizes = zip(self._parameters, self._units, strict=True)
        return torch.cat([(p.detach() / unit).reshape(-1) for p, unit in sizes])

    def write(self, flat):
        """Set all weights."""
        parts = torch.split(flat, [p.numel() for p in self._parameters])
        with torch.no_grad():
            for p, unit, part in zip(self._parameters, self._units, parts, strict=True):
                p.copy_(part.view_as(p) * unit)

    def flatten(self, derivatives, n_rows=None):
        """Join derivatives by tensor (of ``n_rows`` outputs, or of one) to those by the weights."""
        scaled = zip(derivatives, self._units, strict=True)
        shape = (-1,) if n_rows is None else (n_rows, -1)
        return torch.cat([(d.detach() * unit).reshape(shape) for d, unit in scaled], dim=-1)

    def squares(self):
        """Sum of the squared weights, differentiable."""
        pairs = zip(self._parameters, self._units, strict=True)
        return sum((p / unit).square().sum() for p, unit in pairs)

    @contextmanager
    def in_units_of(self, scale, *, keep_start=True):  # noqa: ARG002 - it always does
        """Count outputs in parts of ``scale`` inside the block."""
        self.scale = scale
        try:
            yield
        finally:
            self.scale = 1.0

    def silence(self):
        """Stay as it is: a law of the user's own is no worse for data that say nothing."""

    def _find_route(self):
        """First route that gives the derivatives which the last one gives."""
        # Any values serve: what a route cannot bear is how the field is written.
        generator = torch.Generator().manual_seed(0)
        n_inputs = self.n_states + self.n_controls + 1
        inputs = torch.rand(3, n_inputs, dtype=torch.float64, generator=generator).to(self.like)
        weights = [p.detach().clone().requires_grad_() for p in self._parameters]
        expected = jacobian_rows(self, weights, inputs, ROUTES[-1])
        for route in ROUTES[:-1]:
            try:
                found = jacobian_rows(self, weights, inputs, route)
            except (RuntimeError, TypeError, ValueError, NotImplementedError):
                # What torch raises where it cannot vectorise or trace an operation.
                continue
            if torch.allclose(found, expected, rtol=1e-6, atol=1e-9, equal_nan=True):
                return route
        return ROUTES[-1]


def _size(parameter):
    """Root mean square of the entries; 1 where all are 0 or there are none."""
    size = float(parameter.detach().square().mean().sqrt()) if parameter.numel() else 1.0
    return size or 1.0
