"""March fields in time: exponential Runge-Kutta, stiff linear terms exactly, the rest by steps."""

import numpy as np

# Of the rest's spectral radius, bounded from above, times the step: Runge-Kutta is stable to 2.8.
REACH = 1.6
MOST_STEPS = 400
# Fields that leave this (in spreads of the data) have diverged.
LARGEST = 1e3
_ITEMS_AT_ONCE = 2_000_000


def step_length(steepness, factors):
    """Step for a rest whose slopes along derivatives are at most ``steepness``, 1 / a whole number.

    Parameters
    ----------
    steepness : float array of shape (n_derivatives,)
    factors : complex array of shape (n_derivatives, ...)
        Symbols of the derivatives on the grid.
    """
    largest = np.abs(factors.reshape(len(factors), -1)).max(axis=1)
    radius = float(np.sum(steepness * largest))
    return 1.0 / min(max(int(np.ceil(radius / REACH)), 1), MOST_STEPS)


class FieldMarch:
    """Solve du/dt = L u + N(u) on a grid from many starts at once.

    ETDRK4 of Cox and Matthews (2002), Eqs. (26)-(29).

    Parameters
    ----------
    law : FieldLaw
    grid : FieldGrid
    factors : complex array, symbols of ``law.derivatives`` on ``grid``
    steepness : float array of shape (n_derivatives,)
    """

    def __init__(self, law, grid, factors, steepness):
        self.grid, self.factors, self.n_derivatives = grid, factors, len(law.derivatives)
        linear, self.rest = law.split(grid.boundary)
        self.linear = np.tensordot(linear, factors, axes=1)
        self.of_values = linear[:, 0].reshape(-1, *(1,) * grid.n_axes)
        self.variables = self.rest.variables or [0]
        self.is_linear = not self.rest.coefs.any() and not self.rest.weights
        self.step = step_length(steepness, factors)

    def states_at(self, starts, which, leads):
        """Fields (n_asked, n_channels, *grid) at leads from the starts of number ``which``."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._march(np.asarray(starts), np.asarray(which), np.asarray(leads))

    def _march(self, starts, which, leads):
        out = np.full((len(leads), *starts.shape[1:]), np.nan)
        lift = self.grid.lift(starts)
        spectrum = self.grid.transform(starts - lift)
        n_whole = np.floor(leads / self.step + 1e-6).astype(np.int64)
        left = np.where(leads / self.step - n_whole < 1e-6, 0.0, leads - n_whole * self.step)
        if self.is_linear and not (self.of_values * lift).any():  # exact however long the step
            n_whole, left = np.zeros_like(n_whole), leads
        last = np.full(len(starts), -1)
        np.maximum.at(last, which, n_whole)
        move = coefficients(self.step * self.linear[None])
        for k in range(int(n_whole.max(initial=-1)) + 1):
            self._answer(out, np.flatnonzero(n_whole == k), which, left, spectrum, lift)
            going = np.flatnonzero(last > k)
            for part in self._chunks(going):
                spectrum[part] = self._stepped(spectrum[part], lift[part], move, self.step)
        return out

    def _answer(self, out, asked, which, left, spectrum, lift):
        for part in self._chunks(asked):
            own, ahead = spectrum[which[part]], left[part]
            if ahead.any():
                h = ahead.reshape(-1, 1, *(1,) * self.grid.n_axes)
                own = self._stepped(own, lift[which[part]], coefficients(h * self.linear), h)
            out[part] = self.grid.back(own) + lift[which[part]]
        stray = ~(np.abs(out[asked]).max(axis=tuple(range(1, out.ndim))) < LARGEST)
        out[asked[stray]] = np.nan

    def _chunks(self, numbers):
        size = self.linear.size * (len(self.variables) + 12)
        n = max(_ITEMS_AT_ONCE // size, 1)
        return [numbers[k : k + n] for k in range(0, len(numbers), n)]

    def _stepped(self, u, lift, move, h):
        whole, half, into, first, middle, last = move
        if self.is_linear and not (self.of_values * lift).any():
            return whole * u
        start = self._rest(u, lift)
        a = half * u + h * into * start
        at_a = self._rest(a, lift)
        at_b = self._rest(half * u + h * into * at_a, lift)
        c = half * a + h * into * (2 * at_b - start)
        at_c = self._rest(c, lift)
        return whole * u + h * (first * start + middle * (at_a + at_b) + last * at_c)

    def _rest(self, u, lift):
        features = self.features(u, lift)
        slope = self.rest.slope(features) + self.of_values * lift
        if self.grid.boundary == "dirichlet":
            slope[..., self.grid.is_edge] = 0.0
        return self.grid.transform(slope)

    def features(self, spectrum, lift):
        """Variables that the rest reads, each (n, *grid)."""
        return read_variables(
            self.grid, spectrum, lift, self.factors, self.variables, self.n_derivatives
        )


def read_variables(grid, spectrum, lift, factors, variables, n_derivatives):
    """Read derivatives of channels, as a dict variable -> (n, *grid)."""
    found = {}
    for variable in variables:
        channel, derivative = divmod(variable, n_derivatives)
        value = grid.back(factors[derivative] * spectrum[:, channel])
        if derivative == 0:
            value = value + lift[:, channel]
        elif grid.boundary == "dirichlet" and derivative == 1:
            value = value + grid.lift_slope(lift[:, channel])
        found[variable] = value
    return found


def coefficients(z):
    """Factors of a step for z = h L: whole, half, into the half, and the three of the end."""
    one, two, three = phi(z)
    return (
        np.exp(z), np.exp(z / 2), phi(z / 2)[0] / 2,
        one - 3 * two + 4 * three, 2 * two - 4 * three, 4 * three - two,
    )  # fmt: skip


def phi(z):
    """phi_1, phi_2, phi_3 of Cox and Matthews: (e^z - 1) / z, and (phi_k - 1/k!) / z onward."""
    is_small = np.abs(z) < 1.0
    safe = np.where(is_small, 1.0, z)
    one = (np.exp(safe) - 1) / safe
    two = (one - 1) / safe
    three = (two - 0.5) / safe
    near = np.where(is_small, z, 0.0)
    # Their series: sums of z^k / (k + n)!.
    term, sums = np.ones_like(near), [np.zeros_like(near) for _ in range(3)]
    for k in range(16):
        divisor = 1.0
        for number in range(3):
            divisor *= k + number + 1
            sums[number] = sums[number] + term / divisor
        term = term * near / (k + 1)
    return tuple(
        np.where(is_small, series, exact)
        for series, exact in zip(sums, (one, two, three), strict=True)
    )
