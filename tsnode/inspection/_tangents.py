"""States and small errors that run together along a field."""

# Of one step of Runge-Kutta times the norm of the Jacobian: an error of 0.2**5 / 120 = 3e-6.
LONGEST_TURN = 0.2


def step_with_tangents(field, z, e, h):
    """Advance dz/dt = f(z) and dE/dt = J(z) E by one step of Runge-Kutta of order 4.

    Every stage reads slope and Jacobian at the same state.

    Parameters
    ----------
    field : FrozenField
    z : array of shape (n, n_channels)
    e : array of shape (n, n_channels, n_errors)
    h : float, or array of shape (n,)

    Returns
    -------
    z, e : as given
    """
    h_z, h_e = (h, h) if not getattr(h, "ndim", 0) else (h[:, None], h[:, None, None])

    def slopes(z, e):
        return field.slopes(z), field.jacobians(z) @ e

    dz1, de1 = slopes(z, e)
    dz2, de2 = slopes(z + h_z / 2 * dz1, e + h_e / 2 * de1)
    dz3, de3 = slopes(z + h_z / 2 * dz2, e + h_e / 2 * de2)
    dz4, de4 = slopes(z + h_z * dz3, e + h_e * de3)
    z = z + h_z / 6 * (dz1 + 2 * dz2 + 2 * dz3 + dz4)
    return z, e + h_e / 6 * (de1 + 2 * de2 + 2 * de3 + de4)
