"""First derivatives of any differentiable field at many points."""

import torch
from torch.func import jacrev, vmap

# Entries of a Jacobian that are held at once: 256 MB of float64.
MAX_ENTRIES = 2**25
# Points whose rows are made together: by torch.func the more the better, up to the cache; by
# autograd every row of a block passes through the whole block (2-64-64-2 at 2,000 points: 0.23 s
# by torch.func, 0.42 s in blocks of 8, 0.51 s in blocks of 32, which serve small fields better).
CHUNK = {"torch.func": 256, "autograd": 32, "autograd, row by row": 1}
ROUTES = tuple(CHUNK)


class DerivedLinearization:
    """The face of ``Linearization`` for a field of any make.

    The Jacobian in the weights is made row by row and kept if it has at most ``MAX_ENTRIES``
    entries; else products with it are made anew, from blocks of points.

    Parameters
    ----------
    function : DerivedFunction
    inputs : tensor of shape (n, n_inputs)

    Attributes
    ----------
    outputs : tensor of shape (n, n_outputs)
    """

    def __init__(self, function, inputs):
        self.function, self.inputs = function, inputs
        # Copies: a fit tries other weights while it still asks for products at these.
        self._weights = [p.detach().clone().requires_grad_() for p in function.parameters()]
        with torch.no_grad():
            self.outputs = function(inputs)
        n, q = self.outputs.shape
        most = max(MAX_ENTRIES // (q * max(function.n_weights, 1)), 1)
        # Two blocks at a time where one does not hold all.
        self._size = n if n <= most else max(most // 2, 1)
        self._kept = None

    @property
    def n_weights(self):
        """Number of weights."""
        return self.function.n_weights

    def input_jacobian(self):
        """Return the derivative of the outputs in the states, shape (n, n_outputs, n_states)."""
        with torch.enable_grad():
            d = self.function.n_states
            z = self.inputs[:, :d].detach().requires_grad_()
            inputs = torch.cat([z, self.inputs[:, d:]], dim=1)
            outputs = self.function.call(self._weights, inputs) / self.function.scale
            # Rows do not depend on one another, so a sum over them keeps all of them apart.
            rows = [_gradient(column.sum(), [z])[0] for column in outputs.unbind(1)]
        return torch.stack(rows, dim=1)

    def jacobian(self, dtype=None):
        """Return J itself, shape (n * n_outputs, n_weights)."""
        rows = self._rows(slice(None)) if self._kept is None else self._kept
        if self._size == len(self.inputs):
            self._kept = rows
        return rows if dtype is None else rows.to(dtype)

    def gram(self, dtype=None):
        """``J J'`` over all outputs of all points, shape (n * n_outputs, n * n_outputs)."""
        n, q = self.outputs.shape
        dtype = self.outputs.dtype if dtype is None else dtype
        if self._size == n:
            rows = self.jacobian().to(dtype)
            return rows @ rows.T
        total = self.outputs.new_empty(n * q, n * q, dtype=dtype)
        blocks = [slice(start, start + self._size) for start in range(0, n, self._size)]
        for k, own in enumerate(blocks):
            rows = self._rows(own).to(dtype)
            for other in blocks[: k + 1]:
                part = rows @ (rows if other is own else self._rows(other).to(dtype)).T
                at, to = slice(own.start * q, own.stop * q), slice(other.start * q, other.stop * q)
                total[at, to] = part
                total[to, at] = part.T
        return total

    def gram_of(self, combine, dtype):
        """Gram matrix of linear combinations of the rows, see ``Linearization.gram_of``."""
        if self._size < len(self.inputs):
            return combine(combine(self.gram(dtype)).T.contiguous())
        # Weights are few beside points: rows are combined before they are multiplied.
        rows = combine(self.jacobian().to(dtype))
        return rows @ rows.T

    def apply(self, direction):
        """``J direction`` for weights as one flat vector, shape (n, n_outputs)."""
        parts = [rows @ direction for rows in self._blocks()]
        return torch.cat(parts).view_as(self.outputs)

    def transpose(self, nu):
        """``J' nu`` as one flat vector of weights, for nu of shape (n, n_outputs)."""
        if self._kept is not None:
            return self._kept.T @ nu.reshape(-1)
        with torch.enable_grad():
            outputs = self.function.call(self._weights, self.inputs)
            found = _gradient((outputs * nu).sum(), self._weights)
        return self.function.flatten(found) / self.function.scale

    def _blocks(self):
        if self._size == len(self.inputs):
            yield self.jacobian()
            return
        for start in range(0, len(self.inputs), self._size):
            yield self._rows(slice(start, start + self._size))

    def _rows(self, points):
        function = self.function
        rows = jacobian_rows(function, self._weights, self.inputs[points], function.route)
        return rows / function.scale


def jacobian_rows(function, weights, inputs, route):
    """Rows of the Jacobian in the weights, shape (n * n_outputs, n_weights), by one of ROUTES.

    "torch.func" differentiates one point and is vectorised over the points; "autograd" runs the
    field on blocks and vectorises its backward pass alone, which fields that change tensors in
    place, branch on values or call autograd themselves can bear; the last one vectorises nothing.
    """
    derive = {"torch.func": _rows_by_func}.get(route, _rows_by_autograd)
    most = max(MAX_ENTRIES // (function.n_states * max(function.n_weights, 1)), 1)
    blocks = torch.split(inputs, min(CHUNK[route], most))
    return torch.cat([derive(function, weights, block, route) for block in blocks])


def _rows_by_func(function, weights, inputs, route):  # noqa: ARG001
    weights = tuple(p.detach() for p in weights)

    def of_one(weights, row):
        return function.call(weights, row[None])[0]

    found = vmap(jacrev(of_one), in_dims=(None, 0))(weights, inputs)
    return function.flatten(found, n_rows=len(inputs) * function.n_states)


def _rows_by_autograd(function, weights, inputs, route):
    with torch.enable_grad():
        outputs = function.call(weights, inputs).reshape(-1)
        units = torch.eye(len(outputs), dtype=outputs.dtype, device=outputs.device)
        if route == "autograd":
            found = _gradient(outputs, weights, units, is_batched=True)
        else:
            each = [_gradient(outputs, weights, unit) for unit in units]
            found = [torch.stack(parts) for parts in zip(*each, strict=True)]
    return function.flatten(found, n_rows=len(outputs))


def _gradient(outputs, inputs, along=None, *, is_batched=False):
    """Gradients, zero where the outputs do not depend on an input; nothing stays tracked."""
    found = [None] * len(inputs)
    if outputs.requires_grad:
        settings = {"allow_unused": True, "retain_graph": True, "is_grads_batched": is_batched}
        found = torch.autograd.grad(outputs, inputs, along, **settings)
    # Torch's own zeros for unused inputs would lack the axis of the batch.
    batch = (len(along),) if is_batched else ()
    pairs = zip(found, inputs, strict=True)
    return [p.new_zeros(*batch, *p.shape) if g is None else g.detach() for g, p in pairs]
