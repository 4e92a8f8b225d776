"""Noise of every channel by the evidence of a linearised law."""

import torch

from ._least_squares import N_PROBES


def noise_by_evidence(defects, observations, solve, theta, states):
    """Noise under which the data were most likely, given the law and its freedom.

    The fixed point of the evidence (MacKay 1992): the misfit of the most likely states, over the
    number of observations less that of the directions in which states follow their data.

    Parameters
    ----------
    defects : Defects
        With derivatives, at the states that were linearised.
    observations : Observations
        Seen through the noise that is to be renewed.
    solve : callable
        ``S^-1 v`` for float arrays of shape (n_gaps * n_states, k), S the covariance of defects.
    theta : tensor of shape (n_weights,)
    states : tensor of shape (n_points, n_states)
        Where the law was linearised.

    Returns
    -------
    tensor of shape (n_states,)
    """
    spread, pull = observations.variance, observations.pull(states, defects.slopes)
    rest = defects.values + defects.apply_states(pull) - defects.apply_weights(theta)
    nu = solve(-rest.reshape(-1, 1)).view_as(rest)
    likely = states + pull + spread * defects.transpose_states(nu)
    misfits = observations.misfits(likely, defects.slopes)
    is_seen = spread < observations.free_variance
    # Hutchinson 1989, all channels at once: the parts of the diagonal of R A' S^-1 A.
    generator = torch.Generator(device="cpu").manual_seed(0)
    shape = (N_PROBES, *spread.shape)
    signs = (torch.randint(0, 2, shape, generator=generator) * 2 - 1).to(spread)
    probes = signs * (spread * is_seen).sqrt()
    rows = torch.stack([defects.apply_states(one).reshape(-1) for one in probes], dim=1)
    solved = solve(rows).T.reshape(N_PROBES, *defects.values.shape)
    found = torch.stack([defects.transpose_states(one) for one in solved])
    left = (probes * found).sum(dim=(0, 1)) / N_PROBES
    n_observed = (observations.weights > 0).sum(dim=0)
    n_free = n_observed - is_seen.sum(dim=0) + left
    found = observations.sigma * (misfits / n_free.clamp(min=1.0)).sqrt()
    return torch.where(n_observed > 0, found, observations.sigma)
