"""Start states of training windows that are learned beside the weights."""

import torch

# In posterior spreads. A window is met once an epoch, so that its start moves by a few spreads
# at most in thirty epochs, as fast as the data may ask for.
STEP = 0.1
# Short memories: a row is met about thirty times in a training.
BETAS = (0.5, 0.9)


class LearnedStarts:
    """Starts z = smoothed + spread * shift, with one shift for every window.

    The loss of a window's shift is that of its forecasts plus sum(sigma^2 shift^2), over the
    number of observed targets: in units of the noise, the starts obey the smoother's posterior
    N(smoothed, spread^2), as the targets obey N(forecast, sigma^2), and cannot run away.
    Shifts are stepped by an Adam of their own, in the rows of the batch alone: what a step costs
    does not grow with the number of windows, and the optimizer, the clipping and the mean of the
    weights do not see them.

    Parameters
    ----------
    n_windows : int
    noise : tensor of shape (n_states,)
        Standard deviation sigma of an observation, standardised.
    """

    def __init__(self, n_windows, noise):
        self.noise = noise
        self.shift = noise.new_zeros(n_windows, len(noise))
        self.mean, self.square = torch.zeros_like(self.shift), torch.zeros_like(self.shift)
        self.n_steps = noise.new_zeros(n_windows, 1)
        self.batch = None

    def take(self, inputs):
        """Return the starts of a batch, a leaf whose gradient ``step`` uses."""
        rows = inputs["window"].long()
        spread = inputs["z0_spread"]
        z0 = (inputs["z0"] + spread * self.shift[rows]).requires_grad_()
        self.batch = rows, spread, inputs["z0"], z0
        return z0

    def penalty(self):
        """Sum of sigma^2 shift^2 over the batch; its gradient flows into the starts."""
        _, spread, smoothed, z0 = self.batch
        shift = (z0 - smoothed) / spread.clamp_min(1e-12)
        return (self.noise * shift).square().sum()

    @torch.no_grad()
    def step(self, factor=1.0):
        """Move the starts of the batch along the gradient that ``backward`` left in them."""
        rows, spread, _, z0 = self.batch
        # A start from where the solve is steep beyond all numbers stays where it is.
        slope = torch.nan_to_num(z0.grad * spread, nan=0.0, posinf=0.0, neginf=0.0)
        n_steps = self.n_steps[rows] + 1
        mean = torch.lerp(slope, self.mean[rows], BETAS[0])
        square = torch.lerp(slope.square(), self.square[rows], BETAS[1])
        size = (square / (1 - BETAS[1] ** n_steps)).sqrt().clamp_min(1e-30)
        change = mean / (1 - BETAS[0] ** n_steps) / size
        self.shift[rows] -= STEP * factor * change
        self.mean[rows], self.square[rows], self.n_steps[rows] = mean, square, n_steps

    def typical_shift(self):
        """Root mean square shift of the windows met, per state, in spreads."""
        met = self.n_steps[:, 0] > 0
        return self.shift[met].square().mean(dim=0).sqrt().cpu().numpy() if met.any() else None
