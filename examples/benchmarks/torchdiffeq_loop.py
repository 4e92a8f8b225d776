"""Train a field the way torchdiffeq's own demo does: random windows, `odeint`, Adam."""

import torch
from torch import nn
from torchdiffeq import odeint
from training_windows import N_GAPS

WIDTH, BATCH = 64, 64
# The demo's dopri5 runs at odeint's default 1e-7 and is three times slower.
TOLERANCES = {"rtol": 1e-4, "atol": 1e-6}
ITERATIONS = 5


class _Warped(nn.Module):
    """The field on a clock that ticks once a gap: every window has stamps of its own."""

    def __init__(self, net, gaps):
        super().__init__()
        self.net, self.gaps = net, gaps

    def forward(self, t, z):
        gap = self.gaps[:, int(t.floor().clamp(0, N_GAPS - 1))]
        return self.net(z) * gap[:, None]


class TorchdiffeqLoop:
    """A 64-64 tanh network, its optimiser and the windows; ``advance`` trains on."""

    def __init__(self, windows, *, method, lr, seed):
        torch.manual_seed(seed)
        n_states = windows.starts.shape[1]
        self.net = nn.Sequential(
            nn.Linear(n_states, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(),
            nn.Linear(WIDTH, n_states),
        )  # fmt: skip
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=lr)
        self.method, self.is_regular, self.n_substeps = (
            method,
            windows.is_regular,
            windows.n_substeps,
        )
        seen = ~torch.isnan(torch.as_tensor(windows.targets))
        self.seen = seen.float()
        self.starts, self.gaps, self.targets = (
            torch.as_tensor(part, dtype=torch.float32).nan_to_num()
            for part in (windows.starts, windows.gaps, windows.targets)
        )

    def advance(self):
        """Take a few steps of the optimiser, each on new random windows."""
        for _ in range(ITERATIONS):
            rows = torch.randint(len(self.starts), (BATCH,))
            self.optimizer.zero_grad()
            miss = self._solve(self.starts[rows], self.gaps[rows]) - self.targets[rows]
            loss = (miss * self.seen[rows]).square().sum() / self.seen[rows].sum()
            loss.backward()
            # A step into infinity would end the loop for good.
            if torch.isfinite(loss):
                self.optimizer.step()

    def _solve(self, starts, gaps):
        clock = torch.arange(N_GAPS + 1, dtype=torch.float32)
        if self.is_regular:
            gap = float(gaps[0, 0])
            path = odeint(lambda _, z: self.net(z), starts, clock * gap, **self._settings(gap))
        else:
            path = odeint(_Warped(self.net, gaps), starts, clock, **self._settings(1.0))
        return path[1:].transpose(0, 1)

    def _settings(self, gap):
        if self.method == "dopri5":
            knots = {} if self.is_regular else {"jump_t": torch.arange(1.0, N_GAPS)}
            return {"method": "dopri5", "options": knots, **TOLERANCES}
        # perturb: else the last stage of a step reads the next gap, and rk4 falls to order 1.
        options = {"step_size": gap / self.n_substeps, "perturb": not self.is_regular}
        return {"method": self.method, "options": options}

    def layers(self):
        """Return weights and biases, float64 arrays."""
        return [
            (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
            for layer in self.net
            if isinstance(layer, nn.Linear)
        ]
