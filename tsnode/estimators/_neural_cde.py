"""Forecasts from irregular, partly missing histories by a controlled equation."""

from .._constraints import check_choice, check_count
from ..solvers._control_paths import PATHS
from ..solvers._kernels import TABLEAUS
from ._loop_forecaster import BaseLoopForecaster
from .paths._controlled_path import ControlledPath


class NeuralCDERegressor(BaseLoopForecaster):
    """Forecast irregular, partly missing series by a neural controlled differential equation.

    A path X(t) through the last ``lookback`` of a series drives a hidden state z up to the last
    known row, as a recurrent network in continuous time [1]_; from there it goes on with the time
    alone, the first channel of X, and with what is known ahead, u(t):

        dz = F(z, u) dX,   then   dz = F(z, u) e_t dt,   y(t) = C (z(t), u(t)) + c.

    For systems of which not all is observed: what is hidden is to be inferred from how the series
    came here. Trained by forecasts from eight rows of every history (on a path of straight lines
    the last alone) to ``training_horizon`` behind each. The channels
    of X are the time, the values (the last one where it is missing) and, where values are missing,
    how many there were.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(32,)
        Hidden layers of F, whose values a tanh bounds.
    activation : str, default="silu"
        See ``NeuralODERegressor``.
    path : {"hermite", "rectilinear", "linear"}, default="hermite"
        How the path runs between rows: cubic pieces with backward differences [2]_; first the time,
        then the values; or straight lines, on which missing values lie between their neighbours.
        None looks beyond the row that a forecast starts from.
    intensity : None or bool, default=None
        Whether counts of the observations are channels of the path, None = where values are
        missing.
    latent_dim : int, default=16
        Size of z.
    lookback : int or duration, default=48
        Length of the path, in median steps or as "48h".
    training_horizon : int, duration or None, default=None
        How far ahead a training window reaches; None = 24 median steps. Later forecasts are of a
        state that goes where it was never told to.
    method : {"rk4", "heun", "midpoint", "euler"}, default="rk4"
        Kernel of the steps between rows of the history; that behind it is "rk4".
    alpha : float or None, default=None
        Weight decay of the optimiser; None = 0.
    max_epochs, lr, batch_size, optimizer, callbacks, gradient_clip, ema_decay : default=None
        The training loop, as skorch's. None: about 600 steps of AdamW with 1e-2 (warm-up, then
        half a cosine) and 32 histories, norm of the gradient at most 10, mean of weights 0.98.
    early_stopping : bool, default=True
        Choose the number of epochs on the newest part (of ten series and more, on whole ones), then
        train so long on everything; False trains ``max_epochs``.
    calibration, validation_fraction, n_iter_no_change, features, target_transformer, \
series_scaling, time, time_unit, score_horizon, warm_start, device, random_state, verbose, \
**net_params
        See ``NeuralODERegressor``.

    Attributes
    ----------
    net_ : skorch net
        All fitted weights; ``net_.module_.field`` is F.
    fit_report_ : FitReport
    clock_, time_unit_, step_ : Clock, str, float
        Model time; the median step of fit in its unit.

    See Also
    --------
    NeuralCDEClassifier : Its twin for classes of whole series.
    LatentODERegressor : Fills gaps from both sides, and draws futures.
    NeuralODERegressor : Its model of the history is fitted in closed form, in seconds.

    Notes
    -----
    The rows of a history are solved one after another: a fit takes time in proportion to the number
    of rows in ``lookback``.

    References
    ----------
    .. [1] Kidger, Morrill, Foster and Lyons 2020, Neural controlled differential equations for
       irregular time series.
    .. [2] Morrill, Kidger, Yang and Lyons 2021, Neural controlled differential equations for
       online prediction tasks.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from tsnode import NeuralCDERegressor
    >>> stamps = pd.Index(np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 60)))
    >>> model = NeuralCDERegressor((8,), lookback=8, max_epochs=3, random_state=0)
    >>> model.fit(stamps, np.sin(stamps)).predict(pd.Index(stamps[-1] + [0.5, 2.0])).shape
    (2,)
    >>> model.set_params(path="cubic").fit(stamps, np.sin(stamps))
    Traceback (most recent call last):
        ...
    ValueError: path must be one of 'hermite', 'linear', 'rectilinear'; got 'cubic'. \
Set path to one of these.
    """

    def __init__(
        self, hidden_layer_sizes=(32,), activation="silu", *, path="hermite", intensity=None,
        latent_dim=16, lookback=48, training_horizon=None, method="rk4", alpha=None,
        max_epochs=None, lr=None, batch_size=None, optimizer=None, callbacks=None,
        gradient_clip=None, ema_decay=None, early_stopping=True, validation_fraction=0.2,
        n_iter_no_change=None, features=None, target_transformer=None, series_scaling=False,
        time=None, time_unit=None, score_horizon=None, calibration="auto", warm_start=False,
        device="auto", random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        super().__init__(
            hidden_layer_sizes, activation, training_horizon=training_horizon, alpha=alpha,
            max_epochs=max_epochs, lr=lr, batch_size=batch_size, optimizer=optimizer,
            callbacks=callbacks, gradient_clip=gradient_clip, ema_decay=ema_decay,
            early_stopping=early_stopping, validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change, features=features,
            target_transformer=target_transformer, series_scaling=series_scaling, time=time,
            time_unit=time_unit, score_horizon=score_horizon, calibration=calibration,
            warm_start=warm_start, device=device, random_state=random_state, verbose=verbose,
            **net_params,
        )  # fmt: skip
        self.path = path
        self.intensity = intensity
        self.latent_dim = latent_dim
        self.lookback = lookback
        self.method = method

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("path", self.path, PATHS)
        check_choice("intensity", self.intensity, (None, True, False))
        check_count("latent_dim", self.latent_dim)
        check_choice("method", self.method, tuple(TABLEAUS))

    def _make_path(self, **training):
        return ControlledPath(
            path=self.path, intensity=self.intensity,
            lookback=self._length_in_steps(self.lookback, "lookback"),
            module_params={
                "latent_dim": self.latent_dim,
                "hidden_layer_sizes": tuple(self.hidden_layer_sizes),
                "activation": self.activation, "method": self.method,
            },
            **training,
        )  # fmt: skip
