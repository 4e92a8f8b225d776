"""Reproducible torch randomness that leaves the caller's generator as it was."""

import os
import threading
from contextlib import contextmanager

import torch

# Torch has one global generator for all threads: without the lock two fits in two threads
# draw from each other's stream (8 of 48 fits differed; none with it). Re-entrant, because a
# seeded fit may call a seeded part.
_lock = threading.RLock()


def _renew_lock():
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


# A process forked while another thread trains would inherit a lock that nobody releases.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


@contextmanager
def seeded(seed, device="cpu"):
    """Run the block with torch's generators seeded, one thread at a time; restore them after.

    Parameters
    ----------
    seed : int
    device : torch device, default="cpu"
        Its generator is seeded and restored too.
    """
    device = torch.device(device)
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        devices = [index]
    else:
        devices = []
    with _lock, torch.random.fork_rng(devices=devices):
        torch.random.default_generator.manual_seed(int(seed))
        for index in devices:
            torch.cuda.default_generators[index].manual_seed(int(seed))
        yield
