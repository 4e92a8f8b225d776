"""The flow of a field over the gaps between rows, as a function that least squares can fit."""

from contextlib import contextmanager

import torch

# Gaps whose stages are held at once, so that they stay in the cache.
BLOCK = 128
# Longer gaps (in median steps) ask for too many steps, and say nothing of a flow that jumps.
LONGEST_GAP = 30.0


class FlowFunction:
    """Where a field leads from every row, less that row; the face of ``LayeredFunction``.

    Steps of the classical Runge-Kutta method share out every gap, about ``n_steps`` to a median
    step. Unlike a slope the end of a gap is observed, whatever the state did within it.

    Parameters
    ----------
    function : LayeredFunction
        Without controls.
    n_steps : int
        Steps to a gap of length 1.
    scale : float, default=1.0
        Unit in which the field's outputs are counted, and those of the flow.
    """

    route = "layer by layer, through the solver"
    is_linear = False
    makes_jacobian = True

    def __init__(self, function, n_steps, scale=1.0):
        self.function, self.n_steps = function, n_steps
        self.n_states, self.scale = function.n_states, scale
        self.gram_width = function.n_weights
        # What concerns the weights alone is the field's own.
        self.read, self.write, self.squares = function.read, function.write, function.squares
        self.parameters, self.flatten = function.parameters, function.flatten
        self.silence = function.silence

    @property
    def like(self):
        """Tensor of the dtype and device of the weights."""
        return self.function.like

    @property
    def n_weights(self):
        """Length of the flat vector."""
        return self.function.n_weights

    @contextmanager
    def in_units_of(self, scale, *, keep_start=True):
        """Count outputs in parts of ``scale`` inside the block."""
        with self.function.in_units_of(scale, keep_start=keep_start):
            self.scale = scale
            try:
                yield
            finally:
                self.scale = 1.0

    def __call__(self, inputs):
        """Return the outputs, shape (n, n_states), for rows of state, time and gap."""
        out = torch.empty_like(inputs[:, : self.n_states])
        for n_steps, rows in self.equal_steps(inputs):
            out[rows] = self.flow(inputs[rows], n_steps, self.function)
        return out

    def linearize(self, inputs, dtype=None):
        """Return outputs and first derivatives at the inputs."""
        return FlowLinearization(self, inputs, dtype)

    def equal_steps(self, inputs):
        """Yield numbers of steps and the rows that take so many."""
        wanted = self.n_steps * inputs[:, -1]
        # Few numbers, each at most a root of 2 above what is wanted.
        power = torch.ceil(2 * torch.log2(wanted.clamp(min=1)) - 1e-6) / 2
        n_steps = torch.ceil(2**power - 1e-6)
        for n in torch.unique(n_steps):
            yield int(n), torch.nonzero(n_steps == n)[:, 0]

    def flow(self, inputs, n_steps, slope):
        """Change over every gap, in parts of ``scale``; ``slope`` maps inputs of the field."""
        start, t, h = torch.split(inputs, [self.n_states, 1, 1], dim=1)
        h, x = h / n_steps, start

        def f(t, x):
            return self.scale * slope(self.function.inputs(t[:, 0], x, None))

        for k in range(n_steps):
            at = t + k * h
            k1 = f(at, x)
            k2 = f(at + h / 2, x + h / 2 * k1)
            k3 = f(at + h / 2, x + h / 2 * k2)
            k4 = f(at + h, x + h * k3)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return (x - start) / self.scale


class FlowLinearization:
    """Outputs of a flow and their derivatives in the weights, rows of one Jacobian matrix.

    Parameters
    ----------
    flow : FlowFunction
    inputs : tensor of shape (n, n_states + 2)
    dtype : torch dtype, optional
        Of the derivatives in the weights.

    Attributes
    ----------
    outputs : tensor of shape (n, n_states)
    of_start : tensor of shape (n, n_states, n_states)
        Derivatives of the ends of all gaps in the states at their starts.
    """

    def __init__(self, flow, inputs, dtype=None):
        n, d = len(inputs), flow.n_states
        self.outputs, self.of_start = inputs.new_empty(n, d), inputs.new_empty(n, d, d)
        self._rows = inputs.new_empty(n, d, flow.n_weights, dtype=dtype or inputs.dtype)
        for n_steps, rows in flow.equal_steps(inputs):
            for block in rows.split(BLOCK):
                stages = []

                def slope(at, stages=stages):
                    stages.append(flow.function.linearize(at))
                    return stages[-1].outputs

                with torch.no_grad():
                    self.outputs[block] = flow.flow(inputs[block], n_steps, slope)
                    step = inputs[block, -1] / n_steps
                    adjoints, self.of_start[block] = _adjoints(stages, step, flow.scale)
                    self._rows[block] = _weight_rows(stages, adjoints).to(self._rows)

    def apply(self, direction):
        """``J direction`` for weights as one flat vector, shape (n, n_states)."""
        return (self._rows @ direction.to(self._rows)).to(direction)

    def transpose(self, nu):
        """``J' nu`` as one flat vector of weights, for nu of shape (n, n_states)."""
        return (self.jacobian().T @ nu.reshape(-1).to(self._rows)).to(nu)

    def jacobian(self):
        """Return J itself, shape (n * n_states, n_weights)."""
        return self._rows.flatten(0, 1)

    def gram(self):
        """``J J'`` over all outputs, shape (n * n_states, n * n_states)."""
        rows = self.jacobian()
        out = rows.new_empty(len(rows), len(rows))
        # The matrix is symmetric: up to the diagonal, and the rest is its mirror image.
        for start in range(0, len(rows), BLOCK):
            end = start + BLOCK
            block = rows[start:end] @ rows[:end].T
            out[start:end, :end] = block
            out[:start, start:end] = block[:, :start].T
        return out


def _adjoints(stages, step, scale):
    """Differentiate the ends (in parts of ``scale``) in the field's outputs at every stage.

    Tensors of shape (n, n_states, n_states), output of the flow first; and the derivative of the
    ends in the starts.
    """
    n, d = stages[0].outputs.shape
    h = step[:, None, None]
    back = torch.eye(d).to(h).expand(n, d, d)
    found = [None] * len(stages)

    def carry(k, adjoint):
        found[k] = adjoint
        return scale * adjoint @ stages[k].input_jacobian()[:, :, :d]

    for k in range(len(stages) - 4, -1, -4):
        g4 = carry(k + 3, h / 6 * back)
        g3 = carry(k + 2, h / 3 * back + h * g4)
        g2 = carry(k + 1, h / 3 * back + h / 2 * g3)
        back = back + carry(k, h / 6 * back + h / 2 * g2) + g2 + g3 + g4
    return found, back


def _weight_rows(stages, adjoints):
    """Sum the derivatives over all stages, shape (n, n_states, n_weights)."""
    adjoint, parts = torch.stack(adjoints, dim=1), []
    for layer in range(len(stages[0].layers)):
        deltas = adjoint
        if stages[0].deltas[layer] is not None:
            deltas = adjoint @ torch.stack([stage.deltas[layer] for stage in stages], dim=1)
        # Shapes (n, n_states, n_units, n_stages) and (n, 1, n_stages, n_inputs).
        deltas = deltas.permute(0, 2, 3, 1)
        inputs = torch.stack([stage.layer_inputs[layer] for stage in stages], dim=1)[:, None]
        parts += [(deltas @ inputs).flatten(2), deltas.sum(dim=3)]
    return torch.cat(parts, dim=2)
