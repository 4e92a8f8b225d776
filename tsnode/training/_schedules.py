"""Learning rate as a factor over the course of training, progress 0 to 1."""

import math


def cosine(progress):
    """From 1 to 1 % along half a cosine."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


def one_cycle(progress):
    """From 4 % up to 1 in the first 30 %, then down to 0.1 % (Smith and Topin 2018)."""
    if progress < 0.3:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * progress / 0.3))
    return 0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (progress - 0.3) / 0.7))


SCHEDULES = {"cosine": cosine, "one_cycle": one_cycle}


def find_schedule(lr_schedule):
    """Return the schedule of that name, or the callable itself."""
    if callable(lr_schedule):
        return lr_schedule
    if lr_schedule in SCHEDULES:
        return SCHEDULES[lr_schedule]
    listed = ", ".join(repr(name) for name in SCHEDULES)
    msg = f"lr_schedule must be None, {listed} or a callable of the progress 0 to 1; "
    msg += f"got {lr_schedule!r}. Set lr_schedule to one of these."
    raise ValueError(msg)
