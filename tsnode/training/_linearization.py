"""First derivatives of a perceptron at many points, never as one Jacobian matrix."""

import torch

# Points whose rows of a Gram matrix are made at once, so that they stay in the cache.
BLOCK = 128


class Linearization:
    """Outputs of an MLP and their derivatives in its weights and inputs.

    With ``delta`` the derivative of an output in a layer's pre-activation and ``a`` the layer's
    input, the layer's part of the Jacobian is ``delta a'`` (weights) and ``delta`` (bias), so
    products with it, and the Gram matrix ``J J'``, need only the ``delta`` and ``a``.

    Parameters
    ----------
    mlp : MLP
    inputs : tensor of shape (n, n_inputs)

    Attributes
    ----------
    outputs : tensor of shape (n, n_outputs)
    """

    def __init__(self, mlp, inputs):
        self.layers = list(mlp.layers)
        self.layer_inputs, slopes = [inputs], []
        with torch.no_grad():
            for layer in self.layers[:-1]:
                value, slope = _activate(mlp.activation, layer(self.layer_inputs[-1]))
                self.layer_inputs.append(value)
                slopes.append(slope)
            self.outputs = self.layers[-1](self.layer_inputs[-1])
            n, q = self.outputs.shape
            # None stands for the identity of the last layer, the same at every point.
            self.deltas = [None]
            delta = self.layers[-1].weight.detach().expand(n, q, -1)
            for layer, slope in zip(self.layers[-2::-1], slopes[::-1], strict=True):
                delta = delta * slope[:, None, :]
                self.deltas.insert(0, delta)
                delta = delta @ layer.weight
            self._input_jacobian = delta

    @property
    def n_weights(self):
        """Number of weights and biases."""
        return sum(layer.weight.numel() + layer.bias.numel() for layer in self.layers)

    def input_jacobian(self):
        """Return the derivative of the outputs in the inputs, shape (n, n_outputs, n_inputs).

        The states are the first inputs; a ``DerivedLinearization`` gives them alone.
        """
        return self._input_jacobian

    def gram(self, dtype=None):
        """``J J'`` over all outputs of all points, shape (n * n_outputs, n * n_outputs)."""
        n, q = self.outputs.shape
        dtype = self.outputs.dtype if dtype is None else dtype
        inputs = [a.to(dtype) for a in self.layer_inputs]
        # Output-major: then the inner axis of every product is long and contiguous.
        deltas = [d.to(dtype).transpose(0, 1) for d in self.deltas[:-1]]
        total = inputs[0].new_empty(n, q, n, q)
        for start in range(0, n, BLOCK):
            # The matrix is symmetric: up to the diagonal, and the rest is its mirror image.
            rows, before = slice(start, start + BLOCK), slice(0, min(start + BLOCK, n))
            last = (inputs[-1][rows] @ inputs[-1][before].T).add_(1)
            block = last.new_zeros(q, len(last), q, last.shape[1])
            for k in range(q):
                block[k, :, k] = last
            for a, delta in zip(inputs[:-1], deltas, strict=True):
                own, other = delta[:, rows].flatten(0, 1), delta[:, before].flatten(0, 1)
                part = (own @ other.T).view(block.shape)
                block += part.mul_((a[rows] @ a[before].T).add_(1)[None, :, None, :])
            total[rows, :, before] = block.permute(1, 0, 3, 2)
            total[:start, :, rows] = block[..., :start].permute(3, 2, 1, 0)
        return total.view(n * q, n * q)

    def gram_of(self, combine, dtype):
        """Gram matrix of linear combinations of the rows of J.

        ``combine`` maps a matrix with the rows of J to one whose rows are the combinations.
        """
        # The Gram matrix is symmetric, so rows are combined twice with a turn between.
        half = combine(self.gram(dtype))
        return combine(half.T.contiguous())

    def apply(self, direction):
        """``J direction`` for weights as one flat vector, shape (n, n_outputs)."""
        out, start = 0.0, 0
        for layer, a, delta in zip(self.layers, self.layer_inputs, self.deltas, strict=True):
            n_weights, n_biases = layer.weight.numel(), layer.bias.numel()
            weight = direction[start : start + n_weights].view_as(layer.weight)
            bias = direction[start + n_weights : start + n_weights + n_biases]
            change = a @ weight.T + bias
            out = out + (change if delta is None else (delta @ change[:, :, None])[:, :, 0])
            start += n_weights + n_biases
        return out

    def transpose(self, nu):
        """``J' nu`` as one flat vector of weights, for nu of shape (n, n_outputs)."""
        parts = []
        for a, delta in zip(self.layer_inputs, self.deltas, strict=True):
            back = nu if delta is None else (nu[:, None, :] @ delta)[:, 0, :]
            parts += [(back.T @ a).reshape(-1), back.sum(0)]
        return torch.cat(parts)

    def jacobian(self, dtype=None):
        """Return J itself, shape (n * n_outputs, n_weights): for few points only."""
        n, q = self.outputs.shape
        dtype = self.outputs.dtype if dtype is None else dtype
        identity = torch.eye(q, dtype=dtype, device=self.outputs.device)
        parts = []
        inputs = [a.to(dtype) for a in self.layer_inputs]
        for a, delta in zip(inputs, self.deltas, strict=True):
            delta = identity.expand(n, q, q) if delta is None else delta.to(dtype)
            parts += [(delta[..., None] * a[:, None, None, :]).reshape(n * q, -1)]
            parts += [delta.reshape(n * q, -1)]
        return torch.cat(parts, dim=1)


def _activate(activation, z):
    """Value and slope of an elementwise function."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        value = activation(z)
        (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach(), slope


def read_weights(mlp):
    """All weights and biases, layer by layer, as one flat vector (a copy)."""
    parts = [p.detach().reshape(-1) for layer in mlp.layers for p in (layer.weight, layer.bias)]
    return torch.cat(parts).clone()


def write_weights(mlp, flat):
    """Set all weights and biases from the vector of ``read_weights``."""
    start = 0
    with torch.no_grad():
        for layer in mlp.layers:
            for p in (layer.weight, layer.bias):
                p.copy_(flat[start : start + p.numel()].view_as(p))
                start += p.numel()


def scale_outputs(mlp, factor):
    """Multiply the outputs of the network by a number."""
    with torch.no_grad():
        mlp.layers[-1].weight.mul_(factor)
        mlp.layers[-1].bias.mul_(factor)
