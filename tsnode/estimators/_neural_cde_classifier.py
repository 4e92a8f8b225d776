"""Classes of whole time series, irregular and partly missing, by a controlled equation."""

import numbers

import numpy as np
import torch
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._constraints import check_choice, check_count, check_flag, reading_numbers
from ..batches import device_of, to_array, to_tensor
from ..models._controlled_state import ControlledState
from ..solvers._control_paths import PATHS, check_causal
from ..solvers._kernels import TABLEAUS
from ._classifier import BaseNeuralClassifier
from ._control_reading import ControlReading, check_times, split_times

# Steps of the solve, where samples have more stamps.
MOST_STEPS = 100


class NeuralCDEClassifier(BaseNeuralClassifier):
    """Classify time series, one sample a series, by a neural controlled differential equation.

    A path X(t) through the observations drives a hidden state, dz = F(z) dX, from which the class
    is read at the end [1]_: a recurrent network in continuous time, which takes irregular stamps
    and missing values as they are.

    Samples are the rows of a 2-D X (one series over the columns, equally spaced), or the first
    axis of a 3-D X, (sample, time, channel). NaN is not observed; rows of NaN at the end of a
    sample are padding. ``tsnode.from_panel`` makes such an array of a frame.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(32,)
        Hidden layers of F.
    activation : str, default="silu"
    path : {"hermite", "rectilinear", "linear"}, default="hermite"
        How the path runs between observations: cubic pieces with backward differences [2]_;
        first the time, then the values; or straight lines, which also fill missing values by
        later ones. The state at a stamp knows nothing of later ones but on a linear path.
    causal : bool, default=False
        Insist on a path that does not look ahead.
    intensity : None or bool, default=None
        Whether counts of the observations so far are channels of the path too, None = where
        values are missing.
    times : None, int or array-like of shape (n_stamps,), default=None
        The stamps: equally spaced, those in this channel of X (which is no value then), or these,
        for all samples.
    latent_dim : int, default=None
        Size of the hidden state, None = 16.
    n_steps : int, default=None
        Steps of the solve: one a gap, and for samples of more gaps so many in all, whose path
        reads the values between which they go. None = 100.
    method : {"rk4", "heun", "midpoint", "euler"}, default="rk4"
        Kernel of a step; the first integrates the cubic pieces exactly.
    max_epochs : int, default=None
        None: as many as make 300 steps, 30 at least and 200 at most.
    lr : float, default=None
        None = 1e-2.
    alpha, class_weight, batch_size, optimizer, callbacks, early_stopping, \
validation_fraction, n_iter_no_change, warm_start, device, random_state, verbose, **net_params
        See ``NeuralODEClassifier``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    fit_report_ : FitReport
    net_ : skorch net
    n_features_in_ : int
        Columns of X; stamps of a 3-D one.

    See Also
    --------
    NeuralCDERegressor : Its twin that forecasts.
    NeuralODEClassifier : For signals that are regular and whole, convolutions are faster.

    Notes
    -----
    A fit takes time in proportion to the stamps of a sample: they are solved one after another.

    References
    ----------
    .. [1] Kidger, Morrill, Foster and Lyons 2020, Neural controlled differential equations for
       irregular time series.
    .. [2] Morrill, Kidger, Yang and Lyons 2021, Neural controlled differential equations for
       online prediction tasks.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralCDEClassifier
    >>> random = np.random.default_rng(0)
    >>> rises = random.integers(2, size=60).astype(bool)
    >>> X = np.where(rises, 1, -1)[:, None] * np.linspace(-1, 1, 8) + random.normal(size=(60, 1))
    >>> X[random.random(X.shape) < 0.3] = np.nan
    >>> model = NeuralCDEClassifier((8,), latent_dim=4, max_epochs=20, lr=0.03, random_state=0)
    >>> bool(model.fit(X, rises).score(X, rises) > 0.9)
    True
    >>> model.set_params(path="linear", causal=True).fit(X, rises)
    Traceback (most recent call last):
        ...
    ValueError: Expected a causal path, 'hermite' or 'rectilinear'; got path='linear', which fills \
missing values by later ones. Set path='hermite', or do not ask for what is known at a stamp.
    """

    def __init__(
        self, hidden_layer_sizes=(32,), activation="silu", *, path="hermite", causal=False,
        intensity=None, times=None, latent_dim=None, n_steps=None, method="rk4", alpha=None,
        class_weight=None, max_epochs=None, lr=None, batch_size=None, optimizer=None,
        callbacks=None, early_stopping=True, validation_fraction=0.1, n_iter_no_change=None,
        warm_start=False, device="auto", random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.path = path
        self.causal = causal
        self.intensity = intensity
        self.times = times
        self.latent_dim = latent_dim
        self.n_steps = n_steps
        self.method = method
        self.alpha = alpha
        self.class_weight = class_weight
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self._net_params = net_params

    _n_steps, _usual_loop = 300, {"lr": 1e-2}  # noqa: RUF012

    # ---------------------------------------------------------------- samples in

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("path", self.path, PATHS)
        check_flag("causal", self.causal)
        check_causal(self.path, asked=self.causal)
        check_choice("intensity", self.intensity, (None, True, False))
        check_times(self.times)
        check_count("latent_dim", self.latent_dim, none_ok=True)
        check_count("n_steps", self.n_steps, none_ok=True)
        check_choice("method", self.method, tuple(TABLEAUS))

    @reading_numbers("X")
    def _read_rows(self, X, y=None, *, reset):
        options = {"dtype": np.float64, "allow_nd": True, "ensure_all_finite": "allow-nan"}
        if reset:
            X, y = validate_data(self, X, y, **options)
            if self._goes_on():
                self._check_form(X)
            self._n_axes, self._n_channels = X.ndim, X.shape[-1] if X.ndim == 3 else 1
        elif getattr(X, "ndim", 2) == 3:
            # Samples may be padded to another length than in fit.
            X = check_array(X, **options)
        else:
            X = validate_data(self, X, reset=False, **options)
        self._check_form(X)
        X = X if X.ndim == 3 else X[:, :, None]
        if reset and not np.isfinite(split_times(X, self._stamps())[1]).any():
            msg = f"Expected observed values in X; got none in {len(X)} sample(s). Pass samples of "
            msg += "which something was observed."
            raise ValueError(msg)
        return X if y is None else (X, y)

    def _check_form(self, X):
        n_channels = X.shape[-1] if X.ndim == 3 else 1
        if X.ndim > 3:
            msg = "Expected X of shape (n_samples, n_stamps) or (n_samples, n_stamps, n_channels); "
            msg += f"got {X.shape}. Turn the axes beyond into channels."
            raise ValueError(msg)
        if (X.ndim, n_channels) != (self._n_axes, self._n_channels):
            msg = f"Expected a {self._n_axes}-D X of {self._n_channels} channel(s), as in fit; got "
            msg += f"X of shape {X.shape}. Pass samples of the same channels."
            raise ValueError(msg)

    def _stamps(self):
        """Where the stamps stand, as fitted: None, a channel, or an array."""
        is_count = isinstance(self.times, numbers.Integral)
        return int(self.times) if is_count else self.times

    def _learn_units(self, X, weights):
        self._times = self._stamps()
        if self._times is not None and not isinstance(self._times, int):
            self._times = np.array(self._times, dtype=float)
        n_steps = MOST_STEPS if self.n_steps is None else self.n_steps
        self._reading = ControlReading(self.path, self.intensity, n_steps)
        self._reading.fit(*split_times(X, self._times), weights)

    def _inputs(self, X):
        first, slopes = self._reading(*split_times(X, self._times))
        return {"first": first, "slopes": slopes}

    # ---------------------------------------------------------------- the module

    def _module_settings(self):
        hidden = tuple(self.hidden_layer_sizes)
        latent_dim = 16 if self.latent_dim is None else self.latent_dim
        n_controls = self._reading.n_controls
        return {
            "n_controls": n_controls, "n_outputs": len(self.classes_), "latent_dim": latent_dim,
            "hidden_layer_sizes": hidden, "activation": self.activation, "method": self.method,
            "widths": (latent_dim, *hidden, latent_dim * n_controls),
        }  # fmt: skip

    def _solver_settings(self):
        return ("method",)

    def _make_module(self, settings):
        return ControlledState(**{k: v for k, v in settings.items() if k != "widths"})

    def _described(self):
        reading = self._reading
        missing = ", with counts of observations" if reading.intensity else ""
        return {"read_as": f"series of {len(reading.center)} channel(s){missing}",
                "path": reading.path}  # fmt: skip

    # ---------------------------------------------------------------- along the stamps

    def hidden_states(self, X):
        """States along the stamps.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        ndarray of shape (n_samples, n_stamps, latent_dim)
            Of samples with more gaps than steps, that of the last step up to the stamp.
        """
        check_is_fitted(self)
        X = self._read_rows(X, reset=False)
        module, inputs = self.net_.module_, self._inputs(X)
        with torch.no_grad():
            states = module.states(
                **{k: to_tensor(v, device_of(module)) for k, v in inputs.items()}
            )
        length = X.shape[1]
        last = np.searchsorted(self._reading.places(length), np.arange(length), side="right") - 1
        return to_array(states)[:, self._reading.stride * last]

    def staged_predict_proba(self, X):
        """Probability of every class by what is known at each stamp.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        ndarray of shape (n_samples, n_stamps, n_classes)
            The last stamp has what ``predict_proba`` gives.

        Raises
        ------
        ValueError
            Fitted with a path that looks ahead.
        """
        check_is_fitted(self)
        check_causal(self._reading.path, asked=True)
        head, states = self.net_.module_.head, self.hidden_states(X)
        with torch.no_grad():
            logits = to_array(head(to_tensor(states, head.weight.device)))
        odds = np.exp(logits - logits.max(axis=2, keepdims=True))
        return odds / odds.sum(axis=2, keepdims=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags
