"""Compare what a step of the training loop costs with a bare torch loop of the same arithmetic.

Both make Adam steps on batches of 256 windows of 20 RK4 steps, with a 64-64 perceptron in float64
and a mean squared error. The bare loop does nothing else: no missing targets, no clipping, no guard
against nan, no mean of the weights, no history. Epochs of both take turns on one thread, and the
medians of their CPU seconds are compared. What a fit does once (it evaluates all windows before
and behind the training) is no part of a step; it is printed as a line of its own.

Run: python examples/benchmarks/shooting_overhead.py
"""

import statistics
import time

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import nn

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._shooting import ShootingNet

N_STATES, N_LEADS, BATCH, DT = 2, 20, 256, 0.1


def make_windows(n_batches):
    """Make windows of a damped rotation, as keywords of ``forward`` and targets."""
    rng = np.random.default_rng(0)
    n_windows = n_batches * BATCH
    times = DT * np.tile(np.arange(N_LEADS + 1.0), (n_windows, 1))
    phase = times + rng.uniform(0, 2 * np.pi, (n_windows, 1))
    z = np.exp(-0.1 * times)[..., None] * np.stack([np.cos(phase), -np.sin(phase)], axis=2)
    X = {"z0": z[:, 0], "times": times, "sample_weight": np.ones((n_windows, N_LEADS))}
    return X, z[:, 1:]


def make_perceptron():
    """Make the network of the bare loop."""
    torch.manual_seed(0)
    layers = nn.Linear(N_STATES, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()
    return nn.Sequential(*layers, nn.Linear(64, N_STATES)).double()


def bare_epoch(f, optimizer, z0, targets):
    """Train the perceptron for an epoch of plain RK4 in plain torch."""
    order = torch.randperm(len(z0))
    for rows in order.split(BATCH):
        z, states = z0[rows], []
        for _ in range(N_LEADS):
            a = f(z)
            b = f(z + DT / 2 * a)
            c = f(z + DT / 2 * b)
            d = f(z + DT * c)
            z = z + DT / 6 * (a + 2 * b + 2 * c + d)
            states.append(z)
        loss = (torch.stack(states, dim=1) - targets[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class TakeTurns(Callback):
    """Time every epoch of the net, and run and time a bare epoch after it."""

    def __init__(self, bare):
        self.bare = bare

    def on_train_begin(self, net, **kwargs):  # noqa: ARG002
        """Begin with no times."""
        self.seconds = {"bare": [], "tsnode": []}

    def on_epoch_begin(self, net, **kwargs):  # noqa: ARG002
        """Start the clock."""
        self.begin = time.process_time()

    def on_epoch_end(self, net, **kwargs):  # noqa: ARG002
        """Stop the clock; then the other one's turn."""
        middle = time.process_time()
        self.seconds["tsnode"].append(middle - self.begin)
        self.bare()
        self.seconds["bare"].append(time.process_time() - middle)


def main(n_repeats=9, n_batches=6):
    """Print milliseconds a step of both loops and their ratio, which is returned."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    X, y = make_windows(n_batches)
    f = make_perceptron()
    optimizer = torch.optim.Adam(f.parameters(), lr=1e-3)
    z0, targets = torch.as_tensor(X["z0"]), torch.as_tensor(y)
    # What ``shoot`` asks of the net: a schedule, the mean of the weights, clipping.
    net = ShootingNet(
        StateForecaster(NeuralField(N_STATES)), max_epochs=n_repeats + 1, lr=1e-3,
        batch_size=BATCH, lr_schedule="one_cycle", ema_decay=0.99,
        callbacks=[("turns", TakeTurns(lambda: bare_epoch(f, optimizer, z0, targets)))],
    )  # fmt: skip
    begin = time.process_time()
    net.fit(X, y)
    whole = time.process_time() - begin
    torch.set_num_threads(n_threads)
    seconds = dict(net.callbacks_)["turns"].seconds
    once = whole - sum(sum(found) for found in seconds.values())
    # The first epoch of each warms up.
    medians = {name: statistics.median(s[1:]) / n_batches for name, s in seconds.items()}
    ratio = medians["tsnode"] / medians["bare"]
    for name, median in medians.items():
        print(f"{name:>9}: {1e3 * median:6.1f} ms a step")  # noqa: T201
    print(f"    ratio: {ratio:6.2f}")  # noqa: T201
    print(f"once a fit: {1e3 * once:5.0f} ms for {n_batches * BATCH} windows")  # noqa: T201
    return ratio


if __name__ == "__main__":
    main()
