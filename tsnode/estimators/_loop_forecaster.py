"""What forecasters share that one loop of mini-batches trains: its parameters, one fit."""

from abc import abstractmethod

from ..training._optimizers import is_lbfgs
from ._neural import BaseNeuralForecaster


class BaseLoopForecaster(BaseNeuralForecaster):
    """Hands the parameters of the training to a ``LoopPath``; subclasses add those of the model."""

    # What the other neural forecasters let the user choose.
    module, module_units, training = None, "standardised", "shooting"
    forcing, lead_weights = None, None
    _loop_names = ("lr", "batch_size", "optimizer", "callbacks", "gradient_clip", "ema_decay")
    # In steps, where ``training_horizon`` is None.
    _usual_horizon = 24

    def __init__(
        self, hidden_layer_sizes, activation, *, training_horizon, alpha, max_epochs, lr,
        batch_size, optimizer, callbacks, gradient_clip, ema_decay, early_stopping,
        validation_fraction, n_iter_no_change, features, target_transformer, series_scaling, time,
        time_unit, score_horizon, calibration, warm_start, device, random_state, verbose,
        **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.training_horizon = training_horizon
        self.alpha = alpha
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.gradient_clip = gradient_clip
        self.ema_decay = ema_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.features = features
        self.target_transformer = target_transformer
        self.series_scaling = series_scaling
        self.time = time
        self.time_unit = time_unit
        self.score_horizon = score_horizon
        self.calibration = calibration
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self._net_params = net_params

    @abstractmethod
    def _make_path(self, **training):
        """Return the path, not fitted; ``training`` is for its ``LoopPath``, and ``max_lead``."""

    def _check_parameters(self):
        self._check_no_module_params()
        super()._check_parameters()

    def _check_optimizer(self):
        if is_lbfgs(self.optimizer):
            msg = "Expected an optimiser of mini-batches, since a line search needs one function; "
            msg += f"got optimizer={self.optimizer!r}. Leave it out, or name another."
            raise ValueError(msg)
        super()._check_optimizer()

    def _fit_path(self, series, controls, start=None):
        path = self._make_path(
            max_lead=self._horizon_in_steps() or self._usual_horizon, alpha=self.alpha or 0.0,
            early_stopping=self.early_stopping, validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change, max_epochs=self.max_epochs,
            loop=self._loop_parameters(), device=self._device(), seed=self._seed,
        )  # fmt: skip
        return path.fit(series, controls, start)
