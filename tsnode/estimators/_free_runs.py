"""Free runs of a fitted law of the states, from starts in physical units."""

import warnings

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_count
from ..exceptions import ForecastWarning
from ..metrics._numbers import to_floats
from .paths._delay_path import DelayPath
from .paths._diffusion_path import DiffusionPath
from .paths._state_path import StatePath


class FreeRuns:
    """What fields and step maps share, who both have a ``_path`` on standardised states."""

    @property
    def channel_scale_(self):
        """Standard deviation of each channel in fit, in units of y."""
        return self._scale.copy()

    def _checked_starts(self, start, n_steps):
        """Return the starts of free runs as rows."""
        self._check_law()
        check_count("n_steps", n_steps)
        if self._covariates.n_controls:
            msg = "Expected a law without covariates; this one was fitted with them. "
            msg += "Use predict with their values."
            raise ValueError(msg)
        starts = self._checked_states(start)
        n_unseen = int((~np.isfinite(starts).all(axis=1)).sum())
        if n_unseen:
            msg = f"start must hold finite states; got {n_unseen} of {len(starts)} start(s) with "
            msg += "NaN or inf. Start from rows in which all channels were observed."
            raise ValueError(msg)
        return starts

    def _run_freely(self, starts, n_steps, step, solver=None):
        """Run from all rows of ``starts``; ``step`` counts median steps."""
        paths = self._path.free_run((starts - self._center) / self._scale, n_steps, step, solver)
        _warn_diverged(paths, None if solver is None else solver.log, step * self._step)
        # In place: a million steps of many starts fill the memory once.
        paths *= self._scale
        paths += self._center
        return paths

    def _check_law(self):
        check_is_fitted(self)
        if not isinstance(self._path, StatePath | DiffusionPath):
            msg = "Expected a law of the observed states; this model was fitted with a latent "
            msg += "state. Refit with lookback=None."
            raise ValueError(msg)  # noqa: TRY004 - the type of the path is no argument
        if isinstance(self._path, DelayPath):
            msg = "Expected a law of the present state; this model reads "
            msg += f"{self._path.n_delays} steps of the past. Use predict with their rows as "
            msg += "history=, or refit with lookback=None."
            raise ValueError(msg)  # noqa: TRY004
        if self.target_transformer is not None:
            msg = "Expected no target_transformer: the law is one of the transformed states, not "
            msg += f"of y; got {type(self.target_transformer).__name__}. Refit without it, on "
            msg += "states that you transform yourself."
            raise ValueError(msg)
        if self.series_scaling:
            msg = "Expected one scale for all series; with series_scaling=True the law has no "
            msg += "physical units of its own. Refit with series_scaling=False."
            raise ValueError(msg)

    def _checked_states(self, states):
        """Return states as rows of floats; a frame is read by the names of its columns."""
        values = np.atleast_2d(to_floats(self.container_.reorder(states, "states"), "states"))
        if values.ndim != 2 or values.shape[1] != len(self._scale):
            msg = f"Expected states of shape (n, {len(self._scale)}); got {np.shape(states)}. "
            msg += "Pass one column per fitted channel."
            raise ValueError(msg)
        return values


def _warn_diverged(paths, log, step):
    """Warn of runs that are NaN though no event stopped them."""
    is_lost = np.isnan(paths).any(axis=-1)
    if log is not None and log.stopped is not None:
        is_lost[:, 1:] &= ~log.stopped.reshape(len(paths), -1)
    if is_lost.any():
        run, first = min(zip(*np.nonzero(is_lost), strict=True), key=lambda found: found[1])
        msg = f"{int(is_lost.any(axis=1).sum())} of {len(paths)} run(s) diverge, the first of them "
        msg += f"from start {run} at t = {first * step:g}, and are NaN from there on. Start within "
        msg += "the training data, take a shorter step, or fit with more data or a larger alpha."
        warnings.warn(msg, ForecastWarning, stacklevel=4)
