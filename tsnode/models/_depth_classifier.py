"""Classes from a state that flows through depth: an ODE, or a stack of blocks."""

import math

import numpy as np
import torch
from torch import nn

from ..dynamics._layer_field import LayerField, make_layer
from ..dynamics._mlp import ACTIVATIONS
from ..solvers._adaptive_rows import PAIRS, solve_rows_adaptively
from ..solvers._solve import is_adaptive, solve, solve_asked

BLOCKS = ("ode", "residual", "plain")
# Largest side of the state of an image, longest state of a signal: convolutions cost by place.
LARGEST = {0: 1, 1: 32, 2: 8}
# Places that the read-out tells apart, along every axis.
N_READ = {1: 4, 2: 4}


class DepthClassifier(nn.Module):
    """Features, then depth, then a linear read-out of the classes.

    The depth is dz/dt = f(t, z) over [0, 1] ("ode"), z <- z + f_k(z) ("residual", of which the
    ODE is the limit of many blocks; Haber and Ruthotto 2017, Chen et al. 2018) or
    z <- a(f_k(z)) ("plain").

    Parameters
    ----------
    shape : tuple of int
        Of a sample: (n_features,), (n_channels, time) or (n_channels, height, width).
    n_classes : int
    latent_dim : int
        Channels of the state that features are extracted to.
    augment_dim : int, default=0
        More channels that begin at 0 (Dupont, Doucet and Teh 2019, eq. 4).
    hidden_layer_sizes, activation
        See ``LayerField``.
    blocks : {"ode", "residual", "plain"}, default="ode"
    n_blocks : int, default=2
        Blocks with weights of their own; of the ODE, steps of a fixed-step method.
    method, gradient, rtol, atol
        See ``solvers._solve.solve``.
    """

    def __init__(
        self, shape, n_classes, latent_dim, augment_dim=0, hidden_layer_sizes=(64,),
        activation="silu", blocks="ode", n_blocks=2, method="rk4", gradient="backprop",
        rtol=1e-3, atol=1e-4,
    ):  # fmt: skip
        super().__init__()
        self.shape, self.augment_dim = tuple(shape), augment_dim
        self.blocks, self.n_blocks = blocks, n_blocks
        self.method, self.gradient, self.rtol, self.atol = method, gradient, rtol, atol
        n_axes = len(shape) - 1
        # Convolutions take four times as long in double precision, and no label needs it.
        self.dtype = torch.float32 if n_axes else torch.float64
        self.activation = ACTIVATIONS[activation]()
        layers, places = self._make_stem(latent_dim)
        self.stem = nn.Sequential(*layers)
        self.state_shape = (latent_dim + augment_dim, *places)
        is_ode = blocks == "ode"
        self.fields = nn.ModuleList(
            LayerField(self.state_shape, hidden_layer_sizes, activation, is_ode, self.dtype)
            for _ in range(1 if is_ode else n_blocks)
        )
        self.read, n_read = None, self.state_shape[0]
        if n_axes:
            sides = tuple(min(side, N_READ[n_axes]) for side in places)
            self.read = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d}[n_axes](sides)
            n_read *= math.prod(sides)
        self.head = nn.Linear(n_read, n_classes, dtype=self.dtype)

    def _make_stem(self, latent_dim):
        """Layers of the features, and the places that they leave."""
        n_axes, places = len(self.shape) - 1, self.shape[1:]
        layers = [make_layer(n_axes, self.shape[0], latent_dim, self.dtype)]
        while n_axes and (len(layers) == 1 or max(places) > LARGEST[n_axes]):
            halving = make_layer(n_axes, latent_dim, latent_dim, self.dtype, stride=2)
            layers += [self.activation, halving]
            places = tuple(-(-side // 2) for side in places)
        return layers, places

    @property
    def field(self):
        """The slope of the ODE."""
        return self.fields[0]

    def start(self, x):
        """State before the first block, flat, of samples (batch, *shape)."""
        z = self.stem(x.to(self.dtype))
        if self.augment_dim:
            z = torch.cat([z, z.new_zeros(len(z), self.augment_dim, *z.shape[2:])], dim=1)
        return z.flatten(1)

    def read_out(self, z):
        """Logits (batch, n_classes) in double precision of flat states."""
        if self.read is not None:
            z = self.read(self.activation(z.unflatten(1, self.state_shape))).flatten(1)
        return self.head(z).double()

    def forward(self, x):
        """Logits (batch, n_classes) of samples (batch, *shape), differentiable."""
        z = self.start(x)
        if self.blocks != "ode":
            for block in range(self.n_blocks):
                z = self.step(block, z)
            return self.read_out(z)
        return self.read_out(self._solve(z, 0.0, 1.0, self.n_blocks, self.gradient))

    def step(self, block, z):
        """State behind the block, or behind that share of the ODE."""
        if self.blocks == "ode":
            begin, end = block / self.n_blocks, (block + 1) / self.n_blocks
            return self._solve(z, begin, end, 1, "backprop")
        change = self.fields[block](0.0, z)
        return z + change if self.blocks == "residual" else self.activation(change)

    def _solve(self, z, begin, end, n_steps, gradient):
        times = torch.tensor([begin, end], dtype=z.dtype, device=z.device).expand(len(z), 2)
        states = solve(
            self.field, z, times, method=self.method, gradient=gradient, n_substeps=n_steps,
            rtol=self.rtol, atol=self.atol,
        )  # fmt: skip
        return states[:, 0]

    @torch.no_grad()
    def answer(self, x, **changed):
        """Logits of samples, each independent of the others.

        Parameters
        ----------
        x : tensor of shape (batch, *shape)
        **changed : method, rtol, atol, n_blocks
            Another solve of the ODE than that of the training. Adaptive methods choose their
            steps for every sample by itself.
        """
        if self.blocks != "ode":
            return self(x)
        method = changed.pop("method", self.method)
        n_blocks = changed.pop("n_blocks", self.n_blocks)
        z, settings = self.start(x), {"method": method, "rtol": self.rtol, "atol": self.atol}
        settings |= changed
        if method in PAIRS:
            settings.pop("method")
            z = solve_rows_adaptively(self.field, z, 0.0, 1.0, method=method, **settings)
        elif is_adaptive(method):
            n = len(z)
            z = solve_asked(
                self.field, z, np.zeros(n), np.arange(n), np.ones(n), step=1 / n_blocks, **settings
            )
        else:
            times = z.new_tensor([0.0, 1.0]).expand(len(z), 2)
            z = solve(self.field, z, times, n_substeps=n_blocks, **settings)[:, 0]
        return self.read_out(z)

    def gradient_norms(self, x, targets):
        """Root mean square over samples of |d loss / d z| before every block and behind the last.

        Parameters
        ----------
        x : tensor of shape (batch, *shape)
        targets : tensor of shape (batch, n_classes)
            Probabilities of the classes.

        Returns
        -------
        tensor of shape (n_blocks + 1,)
        """
        states = [self.start(x).detach().requires_grad_()]
        for block in range(self.n_blocks):
            states.append(self.step(block, states[-1]))
        # A sum of each sample's own loss: the gradient in a state is that of its own sample.
        loss = -(targets * torch.log_softmax(self.read_out(states[-1]), dim=1)).sum()
        gradients = torch.autograd.grad(loss, states)
        return torch.stack([g.double().square().sum(1).mean().sqrt() for g in gradients])
