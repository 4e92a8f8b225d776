"""The talk's own recipe as a plain torchdiffeq loop: random windows that grow from 2 to 9 points.

As its public notebook has it: a network of 9-256-256-256-256-9 with ReLU (202,249 weights),
`odeint` with its default solver and tolerances, the mean absolute error, Adam with 1e-3, batches of
6 windows; 450 epochs while the windows grow, then 750 with windows of 9 points.
"""

import time

import numpy as np
import torch
from torch import nn
from torchdiffeq import odeint

WIDTHS, BATCH, LR = (256, 256, 256, 256), 6, 1e-3
SHORTEST, LONGEST = 2, 9
EPOCHS = (450, 750)


class Field(nn.Module):
    """The network that gives the slope of the scaled states, per day."""

    def __init__(self, n_states):
        super().__init__()
        widths = (n_states, *WIDTHS, n_states)
        layers = [nn.Linear(*pair) for pair in zip(widths, widths[1:], strict=False)]
        active = [part for layer in layers for part in (layer, nn.ReLU())]
        self.net = nn.Sequential(*active[:-1])

    def forward(self, t, z):  # noqa: ARG002 - odeint gives it
        """Return the slope, like ``z``."""
        return self.net(z)


def window_length(epoch, growing):
    """Points of the windows of an epoch: 2 at first, 9 from the end of the growing part on."""
    if epoch >= growing:
        return LONGEST
    return SHORTEST + epoch * (LONGEST - SHORTEST + 1) // growing


def train_notebook(points, gap, *, epochs=EPOCHS, seed=0):
    """Train on ``points``, an array of shape (n_points, n_states), ``gap`` days apart.

    Returns
    -------
    field : Field
    seconds : float, of the processor
    """
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    values = torch.as_tensor(np.array(points), dtype=torch.float32)
    field = Field(values.shape[1])
    optimizer = torch.optim.Adam(field.parameters(), lr=LR)
    begin = time.process_time()
    for epoch in range(sum(epochs)):
        length = window_length(epoch, epochs[0])
        starts = torch.randperm(len(values) - length + 1, generator=generator)[:BATCH]
        targets = values[starts[None, :] + torch.arange(length)[:, None]]
        optimizer.zero_grad()
        path = odeint(field, targets[0], gap * torch.arange(length, dtype=torch.float32))
        loss = (path - targets).abs().mean()
        loss.backward()
        optimizer.step()
    return field, time.process_time() - begin


def free_run(field, start, gaps):
    """Follow the field from ``start``; ``gaps`` are days since then, increasing."""
    times = torch.as_tensor(np.concatenate([[0.0], gaps]), dtype=torch.float32)
    with torch.no_grad():
        path = odeint(field, torch.as_tensor(np.array(start), dtype=torch.float32), times)
    return path[1:].double().numpy()
