"""Events: conditions that stop a run, or reset its state, where they change their sign."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Event:
    """Something that happens where a condition on the states changes its sign.

    Parameters
    ----------
    condition : callable (t, y) -> float
        Of one time, in ``time_unit_``, and one state, an array of shape (n_channels,) in physical
        units. The event is where it passes through 0.
    reset : callable (t, y) -> array of shape (n_channels,), default=None
        State from which the run goes on. None: the event stops the run, and what is asked after
        it is NaN.
    direction : {-1, 0, 1}, default=0
        -1: only where the condition falls through 0, 1: only where it rises, 0: both.

    Notes
    -----
    The condition of an event that has happened must change its sign again to trigger once more:
    a reset has to lead away from 0. It is looked at four times a median step, or at every solver
    step if these are shorter, and densely after a reset; two changes between two looks are missed.

    Examples
    --------
    >>> from tsnode import Event
    >>> floor = Event(lambda t, y: y[0], reset=lambda t, y: [y[0], -0.8 * y[1]], direction=-1)
    >>> floor.reset(0.0, [0.0, -5.0])
    [0.0, 4.0]
    """

    condition: Callable
    reset: Callable | None = None
    direction: int = 0

    def __post_init__(self):
        if not callable(self.condition) or not (self.reset is None or callable(self.reset)):
            msg = "Expected callables (t, y) as condition and reset (or reset=None); got "
            msg += f"{self.condition!r} and {self.reset!r}. Pass functions."
            raise TypeError(msg)
        if self.direction not in (-1, 0, 1):
            msg = f"direction must be -1, 0 or 1; got {self.direction!r}. Set it to one of these."
            raise ValueError(msg)

    def value(self, t, y):
        """Condition as a float."""
        found = np.asarray(self.condition(t, y), dtype=float)
        if found.size != 1 or not np.isfinite(found).all():
            msg = f"Expected one finite number from the condition of an event; got {found!r} at "
            msg += f"t = {t:g}. Return a float, such as y[0] - 1.0."
            raise ValueError(msg)
        return found.item()

    def state_after(self, t, y):
        """State that the reset gives."""
        found = np.asarray(self.reset(t, y.copy()), dtype=float)
        if found.shape != y.shape or not np.isfinite(found).all():
            msg = f"Expected a finite state of shape {y.shape} from the reset of an event; got "
            msg += f"{found!r} at t = {t:g}. Return one number per channel."
            raise ValueError(msg)
        return found

    def in_steps(self, to_time, center, scale):
        """Return the same event for standardised states and times in steps."""

        def condition(t, z):
            return self.value(to_time(t), z * scale + center)

        def reset(t, z):
            return (self.state_after(to_time(t), z * scale + center) - center) / scale

        return Event(condition, None if self.reset is None else reset, self.direction)


@dataclass
class EventLog:
    """What happened in the runs of one solve.

    Attributes
    ----------
    met : list of (row, time, number of the event, state just before it)
    endless : list of (row, time)
        Runs in which events follow each other without end, and where they were given up.
    stopped : bool array of shape (n_asked,)
        Asked times that no run reaches because an event ended it.
    """

    met: list = field(default_factory=list)
    endless: list = field(default_factory=list)
    stopped: np.ndarray | None = None

    def name_runs(self, names):
        """Put ``names[row]`` for the row of every entry."""
        self.met = [(names[row], *rest) for row, *rest in self.met]
        self.endless = [(names[row], *rest) for row, *rest in self.endless]
