"""Newton's method from many starts at once: where a field stands still."""

import numpy as np

MOST_ITERATIONS = 40
MOST_HALVINGS = 6
LONGEST_STEP = 0.5  # in ranges of the region: the linear reading holds no further
FAR = 10.0  # ranges from the region's middle: given up
CLOSE = 1e-9  # in ranges, of the last step
STILL = 1e-6  # of the slopes' root mean square over the starts
SAME = 1e-5  # in ranges, between two points


def find_rests(field, starts, low, high):
    """Return the distinct points at which slopes vanish, of shape (n_points, n_channels).

    Damped Newton steps, each at most half the region long and halved until the slopes fall;
    every start that comes to rest counts, wherever that is.

    Parameters
    ----------
    field : FrozenField
    starts : array of shape (n_starts, n_channels)
    low, high : arrays of shape (n_channels,)
        Corners of the region, which set the scale of every channel.

    Returns
    -------
    points : array of shape (n_points, n_channels)
    residuals : array of shape (n_points,)
        Length of the slope, in parts of its root mean square over the starts.
    """
    scale, middle = np.where(high > low, high - low, 1.0), (high + low) / 2
    size = _typical_size(field.slopes(starts) / scale)

    def slopes(s):
        return field.slopes(s * scale + middle) / scale / size

    def newton_steps(s, g):
        jacobians = field.jacobians(s * scale + middle) * scale / scale[:, None] / size
        step = -_solve(jacobians, g)
        length = np.abs(step).max(axis=1, keepdims=True)
        return step * np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300)), length[:, 0]

    s, found, left = (starts - middle) / scale, [], []
    g = slopes(s)
    # An explosion far away overflows before it is given up.
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MOST_ITERATIONS):
            is_alive = np.isfinite(g).all(axis=1) & (np.abs(s).max(axis=1) < FAR)
            s, g = s[is_alive], g[is_alive]
            if not len(s):
                break
            step, length = newton_steps(s, g)
            # A step of zero away from rest is one of a singular Jacobian.
            is_done = (length < CLOSE) & (np.linalg.norm(g, axis=1) < STILL)
            found.append(s[is_done] + step[is_done])
            left.append(np.linalg.norm(g[is_done], axis=1))
            s, g, step = s[~is_done], g[~is_done], step[~is_done]
            if len(s):
                s, g = _shortened(slopes, s, g, step)
    points = np.concatenate([*found, np.empty((0, starts.shape[1]))])
    kept = _distinct(points)
    return points[kept] * scale + middle, np.concatenate([*left, np.empty(0)])[kept]


def _typical_size(slopes):
    finite = slopes[np.isfinite(slopes).all(axis=1)]
    size = np.sqrt(np.square(finite).sum(axis=1).mean()) if len(finite) else 0.0
    return size or 1.0


def _solve(jacobians, g):
    """Least-squares steps, since a Jacobian may be singular, or not finite where a run is lost."""
    jacobians = np.where(np.isfinite(jacobians), jacobians, 0.0)
    return (np.linalg.pinv(jacobians, rcond=1e-13) @ g[:, :, None])[:, :, 0]


def _shortened(slopes, s, g, step):
    """Take each step, halved until the slope is shorter than before; a last try counts as it is."""
    new, new_g = s.copy(), g.copy()
    waiting, share = np.arange(len(s)), 1.0
    for _ in range(MOST_HALVINGS):
        tried = s[waiting] + share * step[waiting]
        tried_g = slopes(tried)
        new[waiting], new_g[waiting] = tried, tried_g
        shrinks = np.linalg.norm(tried_g, axis=1) < np.linalg.norm(g[waiting], axis=1)
        waiting, share = waiting[~shrinks], share / 2
        if not len(waiting):
            break
    return new, new_g


def _distinct(points):
    """Numbers of the first of every group of equal points."""
    kept = []
    for k, point in enumerate(points):
        if not any(np.abs(point - points[j]).max() < SAME for j in kept):
            kept.append(k)
    return np.array(kept, dtype=np.int64)
