"""Weights kept beside a module in training: the best so far, and their running mean."""

import math
from contextlib import contextmanager

import torch


def snapshot(module):
    """Copy of a module's weights and buffers."""
    return {name: entry.detach().clone() for name, entry in module.state_dict().items()}


class BestWeights:
    """The weights with the lowest validation loss, those of epoch 0 included.

    Attributes
    ----------
    loss : float
    epoch : int
        Epoch they were found in; 0 = the start.
    n_stale : int
        Epochs since then.
    """

    def __init__(self, module):
        self.weights = snapshot(module)
        self.loss = math.inf
        self.epoch = 0
        self.n_stale = 0

    def offer(self, module, loss, epoch):
        """Keep the module's weights if ``loss`` is the lowest so far."""
        if not loss < self.loss:
            self.n_stale += 1
            return
        self.weights, self.loss, self.epoch, self.n_stale = snapshot(module), loss, epoch, 0

    def keep_sound(self, weights, loss, epoch):
        """Keep the weights unless their loss is over twice the lowest so far."""
        if loss <= 2 * self.loss and math.isfinite(loss):
            self.weights, self.epoch = weights, epoch
            self.loss = min(loss, self.loss)

    def restore(self, module):
        """Write the kept weights into the module."""
        module.load_state_dict(self.weights)


class WeightAverage:
    """Exponential running mean of the weights, w <- d w + (1 - d) w_now after every step.

    Parameters
    ----------
    module : torch.nn.Module
    decay : float below 1, or None for no averaging
        The mean reaches back about 1 / (1 - decay) steps.
    """

    def __init__(self, module, decay):
        self.decay = decay
        self.n_steps = 0
        self.parameters = [] if decay is None else [p for p in module.parameters()]
        self.restart()

    def restart(self):
        """Forget the past: the mean is what the module holds now."""
        self.n_steps = 0
        self.mean = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def follow(self):
        """Move the mean towards the present weights."""
        if not self.parameters:
            return
        self.n_steps += 1
        # Young means are short: with the full decay the start would linger for 1/(1-d) steps.
        decay = min(self.decay, self.n_steps / (self.n_steps + 10))
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.parameters], 1 - decay)

    @torch.no_grad()
    def swap(self):
        """Exchange the module's weights and the mean."""
        for parameter, mean in zip(self.parameters, self.mean, strict=True):
            kept = parameter.detach().clone()
            parameter.copy_(mean)
            mean.copy_(kept)

    @contextmanager
    def applied(self):
        """Let the module hold the mean inside the block."""
        self.swap()
        try:
            yield
        finally:
            self.swap()
