"""Latent ODE forecaster: a variational state behind an irregular, partly missing history."""

from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_choice, check_count, check_number
from ..dynamics._history_encoder import ENCODERS
from ..frames._series import Requests
from ._loop_forecaster import BaseLoopForecaster
from .intervals._own_samples import OwnSamples
from .paths._variational_path import N_LATENT, N_UNITS, VariationalPath


class LatentODERegressor(OwnSamples, BaseLoopForecaster):
    """Forecast, and fill, irregular series by a variational latent ODE.

    An encoder reads the last ``lookback`` of a series backwards in time, whatever is missing in it,
    and gives a distribution of the latent state z0 at the oldest of these rows. From there a neural
    ODE runs through the history and on into the future; a decoder makes observations of it:

        q(z0 | history) = N(m, s^2),   dz/dt = f(z, u),   y(t) ~ N(g(z(t), u(t)), sigma^2).

    Trained by the evidence lower bound (Chen et al. 2018; Rubanova et al. 2019). For many short
    series of the same kind, sparsely observed; a single long one is better served by
    ``NeuralODERegressor``, whose model of the history is fitted in closed form first.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default=(64, 64)
        Of the field f; its last width is that of the decoder's hidden layer, too.
    activation : str, default="tanh"
        See ``NeuralODERegressor``.
    latent_dim : int, default=8
        States of z.
    encoder : {"ode-rnn", "gru"}, default="ode-rnn"
        What happens between two rows of the history: the hidden state of the encoder follows an ODE
        of its own, or a gated recurrent unit reads how long the gap was. The second takes a third
        of the time.
    encoder_units : int, default=40
        Size of that hidden state.
    lookback : int or duration, default=48
        How much of the past the encoder reads and the path runs through, in median steps or as
        "48h". Whole series, where they are short.
    training_horizon : int, duration or None, default=None
        How far ahead of its history a training window reaches; None = 24 median steps.
    kl_weight : float, default=1.0
        Weight of the distance between q(z0 | history) and the prior N(0, 1): more than 1 asks for
        simpler latent states, less for a closer fit.
    kl_annealing : float, default=0.3
        Share of the epochs over which that weight grows from 0, and the path that is trained from
        an eighth of its length to all of it.
    alpha : float or None, default=None
        Weight decay of the optimiser; None = 0.
    max_epochs, lr, batch_size, optimizer, callbacks, gradient_clip, ema_decay : default=None
        The training loop, as skorch's. None: about 1,500 steps of AdamW with 1e-2 (warm-up, then
        half a cosine) and 64 windows, norm of the gradient at most 10, mean of weights 0.98.
    early_stopping : bool, default=True
        Choose the number of epochs on the newest part, then train so long on everything; False
        trains ``max_epochs``.
    validation_fraction, n_iter_no_change, features, target_transformer, series_scaling, time, \
time_unit, score_horizon, warm_start, device, random_state, verbose, **net_params
        See ``NeuralODERegressor``.
    calibration : None, "auto" or int, default=None
        Where ``predict_interval`` and ``predict_samples`` come from. None: draws of the model
        itself, z0 from its posterior and the noise of observations. "auto" or a number of blocks:
        errors on rows that were not trained on, as for every other forecaster.

    Attributes
    ----------
    net_ : skorch net
        All fitted weights; ``net_.module_.noise`` is sigma in standardised units.
    fit_report_ : FitReport
    clock_, time_unit_, step_ : Clock, str, float
        Model time; the median step of fit in its unit.

    References
    ----------
    Chen, Rubanova, Bettencourt, Duvenaud (2018), Neural ordinary differential equations, Section 5.
    Rubanova, Chen, Duvenaud (2019), Latent ODEs for irregularly-sampled time series.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from tsnode import LatentODERegressor
    >>> t, phases = np.arange(20) / 2, np.linspace(0, 6, 5)
    >>> waves = pd.concat({k: pd.Series(np.sin(t + p), t) for k, p in enumerate(phases)})
    >>> model = LatentODERegressor(encoder="gru", lookback=20, max_epochs=3, random_state=0)
    >>> model.fit(waves.index, waves).interpolate(waves.index[[3, 7]]).shape
    (2,)
    """

    def __init__(
        self, hidden_layer_sizes=(64, 64), activation="tanh", *, latent_dim=N_LATENT,
        encoder="ode-rnn", encoder_units=N_UNITS, lookback=48, training_horizon=None,
        kl_weight=1.0, kl_annealing=0.3, alpha=None, max_epochs=None, lr=None, batch_size=None,
        optimizer=None, callbacks=None, gradient_clip=None, ema_decay=None, early_stopping=True,
        validation_fraction=0.2, n_iter_no_change=None, features=None, target_transformer=None,
        series_scaling=False, time=None, time_unit=None, score_horizon=None, calibration=None,
        warm_start=False, device="auto", random_state=None, verbose=0, **net_params,
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
        self.latent_dim = latent_dim
        self.encoder = encoder
        self.encoder_units = encoder_units
        self.lookback = lookback
        self.kl_weight = kl_weight
        self.kl_annealing = kl_annealing

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("encoder", self.encoder, ENCODERS)
        check_count("latent_dim", self.latent_dim)
        check_count("encoder_units", self.encoder_units)
        check_number("kl_weight", self.kl_weight, low=0, high=1e9)
        check_number("kl_annealing", self.kl_annealing, low=0, high=1)

    # ---------------------------------------------------------------- fit

    def _make_path(self, **training):
        return VariationalPath(
            lookback=self._length_in_steps(self.lookback, "lookback"),
            module_params={
                "n_latent": self.latent_dim, "encoder": self.encoder,
                "n_units": self.encoder_units,
                "hidden_layer_sizes": tuple(self.hidden_layer_sizes),
                "activation": self.activation,
            },
            kl_weight=self.kl_weight, kl_annealing=self.kl_annealing, **training,
        )  # fmt: skip

    # ---------------------------------------------------------------- what else it can say

    def interpolate(self, X, history=None):
        """Values at the stamps of X by what was observed before and after them.

        ``predict`` knows nothing of what comes after a stamp; this is for filling gaps. The path
        goes through the ``lookback`` of rows that ends half a lookback behind the stamp; behind the
        last row it is the forecast.

        Parameters
        ----------
        X, history
            As in ``predict``.

        Returns
        -------
        Series, DataFrame or ndarray
            In the order of X's rows.

        Raises
        ------
        HorizonError
            A stamp before the first row of its series.
        """
        check_is_fitted(self)
        asked = self._read_asked(X, history, 1)
        known, requests = asked.known, asked.requests
        reach = requests.times + 0.5 * self._path.lookback * self._step
        last = known.find(requests.series, reach) - 1
        empty = last < known.starts[requests.series]
        requests = Requests(requests.series, requests.times, np.where(empty, -1, last))
        asked = replace(asked, requests=requests)
        return self.container_.wrap(self._answer(asked), asked.index)

    def _sample_requests(self, known, requests, controls, n_samples, random):
        return self._in_units(
            lambda rows, asked, u: self._path.sample(rows, asked, u, n_samples, random),
            known, requests, controls,
        )  # fmt: skip
