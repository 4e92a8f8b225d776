"""A field as the least-squares fits see it: a function of inputs and of one flat weight vector.

Both kinds have the same face. ``inputs(t, z, u)`` joins what the field reads to rows, states
first; ``function(inputs)`` and ``linearize(inputs)`` give outputs and derivatives in units of
``in_units_of(scale)``, so that a choice of alpha means the same in any unit; ``read``, ``write``
and ``squares`` hold the weights that alpha penalises.
"""

from contextlib import contextmanager

from ..dynamics._fields import NeuralField
from ._linearization import Linearization, read_weights, scale_outputs, write_weights


def function_of(field):
    """Layer by layer where the field is a plain perceptron; else by automatic derivatives."""
    # The type itself: a subclass may do anything in its forward.
    if type(field) is NeuralField:
        return LayeredFunction(field.mlp, field.inputs)
    msg = f"Expected a NeuralField; got {type(field).__name__}."
    raise TypeError(msg)


class LayeredFunction:
    """A perceptron; its weights are those of the network whose outputs have size 1.

    Parameters
    ----------
    mlp : MLP
    inputs : callable (t, z, u) -> tensor of shape (n, n_inputs), default=None
        States first.
    """

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
