"""How much is known of path and slope before every stamp: an information filter."""

import numpy as np

# From so many series on, steps of all at once are faster than those of each; with so many in one
# array, sorted by length, hardly any step is of padding.
MANY, AT_ONCE = 16, 256


def predicted_information(gaps, weights, ratios):
    """Precision of the state before each stamp, given all earlier observations: xx, xv, det.

    Kept by its determinant instead of vv: over long and short gaps xx vv - xv**2 cancels to
    nothing, while every sum below is one of terms of one sign.

    Parameters
    ----------
    gaps : list of float arrays of shape (n_k - 1,), one a series
    weights : list of float arrays of shape (n_k,)
    ratios : list of float arrays of shape (n_k - 1,)

    Returns
    -------
    list of float arrays of shape (n_k, 3)
    """
    if len(weights) < MANY:
        return [_of_one(h, w, r) for h, w, r in zip(gaps, weights, ratios, strict=True)]
    found = [None] * len(weights)
    order = np.argsort([len(w) for w in weights], kind="stable")
    for first in range(0, len(order), AT_ONCE):
        part = order[first : first + AT_ONCE]
        together = _of_many(*([x[k] for k in part] for x in (gaps, weights, ratios)))
        for k, one in zip(part, together, strict=True):
            found[k] = one[: len(weights[k])]
    return found


def _of_one(gaps, w, ratios):
    """Plain numbers are faster here than arrays of one."""
    out = np.zeros((len(w), 3))
    a = b = d = 0.0
    steps = zip(gaps.tolist(), w[:-1].tolist(), ratios.tolist(), strict=True)
    for i, (h, weight, ratio) in enumerate(steps):
        if a:
            d += weight * (d + b * b) / a
        a += weight
        if not a:
            continue
        # M = F^-T P F^-1 with F = [[1, h], [0, 1]], then (M^-1 + Q)^-1 = (M + det M adj Q) / grown
        b -= h * a
        q1, q2, q3 = ratio * h**3 / 3, ratio * h**2 / 2, ratio * h
        squares = (b + a * h / 2) ** 2 + (a * h) ** 2 / 12 + d
        grown = 1 + q3 / a * squares + d * q1 * q3 / 4
        a, b, d = (a + d * q3) / grown, (b - d * q2) / grown, d / grown
        out[i + 1] = a, b, d
    return out


def _of_many(gaps, weights, ratios):
    """Run the same steps on all series together; behind its end a series stands still."""
    n_rows = max(len(w) for w in weights)
    h, w, r = np.zeros((3, n_rows, len(weights)))
    for own, all_of_them in ((h, gaps), (w, weights), (r, ratios)):
        for k, entries in enumerate(all_of_them):
            own[: len(entries), k] = entries
    q1, q2, q3 = r * h**3 / 3, r * h**2 / 2, r * h
    out = np.zeros((n_rows, 3, len(weights)))
    a = b = d = np.zeros(len(weights))
    for i in range(n_rows - 1):
        # Where nothing is known yet, all three are 0, and stay so.
        d = d + w[i] * (d + b * b) / np.where(a > 0, a, 1.0)
        a = a + w[i]
        b = b - h[i] * a
        squares = (b + a * h[i] / 2) ** 2 + (a * h[i]) ** 2 / 12 + d
        grown = 1 + q3[i] / np.where(a > 0, a, 1.0) * squares + d * q1[i] * q3[i] / 4
        a, b, d = (a + d * q3[i]) / grown, (b - d * q2[i]) / grown, d / grown
        out[i + 1] = a, b, d
    return out.transpose(2, 0, 1)
