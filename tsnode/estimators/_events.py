"""Events at the door of predict and simulate, and what happened as a frame."""

import warnings

import numpy as np
import pandas as pd

from ..exceptions import ForecastWarning
from ..solvers._events import Event


def check_events(events):
    """List of events; None is none, and one alone is a list of it."""
    events = [events] if isinstance(events, Event) else list(() if events is None else events)
    others = [event for event in events if not isinstance(event, Event)]
    if others:
        msg = f"Expected events of type tsnode.Event; got {others[0]!r}. "
        msg += "Pass events=[tsnode.Event(condition, reset)]."
        raise ValueError(msg)
    return events


def events_frame(first, numbers, states, columns, center, scale):
    """One row per event: the columns ``first``, its number, and the channels in their units."""
    values = np.reshape(np.array(states, dtype=float), (-1, len(columns))) * scale + center
    head = pd.DataFrame({**first, "event": np.array(numbers, dtype=np.int64)})
    return pd.concat([head, pd.DataFrame(values, columns=list(columns))], axis=1)


def happened(estimator, log):
    """Events of a predict as a frame, in time."""
    clock, keys = estimator.clock_, estimator._recent.rows.keys
    met = sorted(log.met, key=lambda one: one[1])
    runs, steps, numbers, states = zip(*met, strict=True) if met else ((), (), (), ())
    series, starts = zip(*runs, strict=True) if met else ((), ())
    first = {
        "start": clock.to_index(estimator._to_times(np.array(starts, dtype=float))),
        "time": clock.to_index(estimator._to_times(np.array(steps, dtype=float))),
    }
    if keys != (None,):
        first = {"series": [keys[k] for k in series], **first}
    columns = estimator.container_.columns
    return events_frame(first, numbers, states, columns, estimator._center, estimator._scale)


def warn_endless(log, label):
    """Warn of runs that were given up because events follow each other without end."""
    if log.endless:
        where = label(min(t for _, t in log.endless))
        msg = f"{len(log.endless)} run(s) met events that follow each other without end, the first "
        msg += f"at {where}, and are NaN from there on. Add an event without reset that ends the "
        msg += "run before, or a reset that leads away from it."
        warnings.warn(msg, ForecastWarning, stacklevel=3)
