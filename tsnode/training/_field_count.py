"""How often a field was evaluated, stage by stage, and how often it may be."""

from contextlib import contextmanager, nullcontext

from ..dynamics._damped_field import DampedField
from ..dynamics._fields import NeuralField


class FieldCount:
    """Rows that passed through a field in training.

    One evaluation is the field at one row: one state, its time and its controls. A backward pass
    is none, and rows that torch.func vectorises over count as one.

    Parameters
    ----------
    most : int or None, default=None
        Evaluations after which training is to end; None = none.

    Attributes
    ----------
    by_stage : dict of str -> int
    """

    def __init__(self, most=None):
        self.most, self.by_stage = most, {}

    @property
    def total(self):
        """Evaluations of all stages."""
        return sum(self.by_stage.values())

    def is_spent(self):
        """Whether the evaluations have reached the most that are allowed."""
        return self.most is not None and self.total >= self.most

    @contextmanager
    def counting(self, stage, field):
        """Count what passes through ``field`` inside the block; nothing is left on the field.

        A copy of the field that is made inside would keep counting: count it by itself instead.
        """
        self.by_stage.setdefault(stage, 0)

        def add(module, inputs, outputs):  # noqa: ARG001
            self.by_stage[stage] += outputs.shape[:-1].numel()

        hook = _innermost(field).register_forward_hook(add)
        try:
            yield
        finally:
            hook.remove()


def counting(count, stage, field):
    """Count inside the block if there is a count to add to, and a field to look at."""
    return nullcontext() if count is None or field is None else count.counting(stage, field)


def _innermost(field):
    """Part of a field that every evaluation passes through exactly once."""
    # The least-squares fits go through the layers of a perceptron, past its field. The type
    # itself: a subclass may do anything in its forward.
    if type(field) is NeuralField:
        return field.mlp.layers[-1]
    # Its exact step does not go through its slope.
    return field.target if type(field) is DampedField else field
