"""Classes of images, signals and rows from a state that flows through depth."""

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from .._constraints import check_choice, check_count, check_number, reading_numbers
from ..batches import device_of, to_array, to_tensor
from ..models._depth_classifier import BLOCKS, DepthClassifier
from ..solvers._gradients import check_gradient
from ..solvers._solve import check_differentiable, check_method, is_adaptive
from ..training._field_count import FieldCount, counting
from ._classifier import BaseNeuralClassifier
from ._sample_shape import check_sample_shape, find_sample_shape, in_words

# Steps of RK4 through the ODE, blocks of its discrete twins.
N_BLOCKS = {"ode": 2, "residual": 8, "plain": 8}
# Rows on which the gradients of the first weights are looked at.
N_LOOKED_AT = 256


class NeuralODEClassifier(BaseNeuralClassifier):
    """Classify images, signals or rows by an ODE in place of a stack of layers.

    Features are extracted (one linear layer of rows, convolutions of signals and images), flow
    along dz/dt = f(t, z) from t = 0 to 1, and are read out linearly: a residual network in the
    limit of many blocks that share their weights [1]_. Discrete stacks of blocks with the same f
    stand beside it for comparison.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64,)
        Units, or channels of the convolutions, in the hidden layers of f.
    activation : {"silu", "tanh", "relu", "softplus", "logistic", "elu"}, default="silu"
        Smooth ones let a solver take long steps.
    blocks : {"ode", "residual", "plain"}, default="ode"
        One ODE; or ``n_blocks`` blocks with weights of their own, z + f_k(z) or a(f_k(z)).
    n_blocks : int, default=None
        Blocks of a stack, None = 8; of the ODE, steps of a fixed-step method, None = 2.
    latent_dim : int, default=None
        Channels of the state, None = 32.
    augment_dim : int, default=0
        Channels of zeros beside them, which let paths pass each other [2]_. Features that are
        extracted to more channels than the data have need none.
    sample_shape : "auto", (channels, time) or (channels, height, width), default="auto"
        What a row of X is, whatever the shape in which it comes: ``(1, 8, 8)`` reads 64 columns
        as grey images. "auto": the axes of X decide, two are rows of features, three signals
        (n, channels, time), four images (n, channels, height, width).
    method : str, default="rk4"
        Solver of the ODE, see ``NeuralODERegressor``. This and the next two may be changed
        between fit and predict by ``set_params``: speed against accuracy.
    rtol, atol : float, default=1e-3 and 1e-4
        Tolerances of adaptive methods ("dopri5"), for every sample by itself in predict.
    gradient : {"backprop", "adjoint"}, default="backprop"
        "adjoint" solves backwards instead of keeping the steps: memory does not grow with their
        number.
    alpha : float, default=None
        L2 penalty as of scikit-learn's perceptrons, None = 1.0.
    class_weight : None, "balanced" or dict of label -> weight, default=None
    max_epochs : int, default=None
        None: as many as make 1,000 steps, 30 at least and 200 at most.
    lr, batch_size, optimizer, callbacks : default=None
        None = 3e-3, 64 and Adam; see ``NeuralODERegressor``.
    early_stopping : bool, default=True
        Hold out ``validation_fraction`` of every class and keep the weights that do best there.
    validation_fraction : float, default=0.1
    n_iter_no_change : int, default=None
        Epochs without a better validation loss that end the training, None = go on.
    warm_start : bool, default=False
        Whether fit goes on from the last weights, with their units; columns, classes and layers
        must stay.
    device, random_state, verbose, **net_params
        See ``NeuralODERegressor``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    gradient_norms_ : ndarray of shape (n_blocks + 1,)
        ``gradient_norms`` of up to 256 training rows at the first weights, where a stack decides
        whether it will train.
    sample_shape_ : tuple of int
    fit_report_ : FitReport
    net_ : skorch net
    n_features_in_ : int
    feature_names_in_ : ndarray of str, where X has names

    Notes
    -----
    Equal rows are merged and sorted first, so that weights count as repetitions and the order of
    rows decides nothing. Images and signals are computed in single precision, rows in double.

    References
    ----------
    .. [1] Chen, Rubanova, Bettencourt and Duvenaud 2018, Neural ordinary differential equations.
    .. [2] Dupont, Doucet and Teh 2019, Augmented neural ODEs.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralODEClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> inside = np.hypot(*X.T) < 1
    >>> model = NeuralODEClassifier((16,), latent_dim=8, max_epochs=30, lr=0.03, random_state=0)
    >>> bool(model.fit(X, inside).score(X, inside) > 0.9)
    True
    >>> model.fit(X, np.ones(200))
    Traceback (most recent call last):
        ...
    ValueError: Expected labels of at least two classes; got one class (1.0) in the \
200 row(s) of y with a weight. Pass rows of another class as well.
    """

    def __init__(
        self, hidden_layer_sizes=(64,), activation="silu", *, blocks="ode", n_blocks=None,
        latent_dim=None, augment_dim=0, sample_shape="auto", method="rk4", rtol=1e-3, atol=1e-4,
        gradient="backprop", alpha=None, class_weight=None, max_epochs=None, lr=None,
        batch_size=None, optimizer=None, callbacks=None, early_stopping=True,
        validation_fraction=0.1, n_iter_no_change=None, warm_start=False, device="auto",
        random_state=None, verbose=0, **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.blocks = blocks
        self.n_blocks = n_blocks
        self.latent_dim = latent_dim
        self.augment_dim = augment_dim
        self.sample_shape = sample_shape
        self.method = method
        self.rtol = rtol
        self.atol = atol
        self.gradient = gradient
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

    # ---------------------------------------------------------------- rows in

    def _check_parameters(self):
        super()._check_parameters()
        check_choice("blocks", self.blocks, BLOCKS)
        check_count("latent_dim", self.latent_dim, none_ok=True)
        check_count("augment_dim", self.augment_dim, low=0)
        check_sample_shape(self.sample_shape)
        self._check_solver()
        check_differentiable(self.method)
        check_choice("gradient", self.gradient, ("backprop", "adjoint"))
        check_gradient(self.gradient, self.method, is_adaptive=is_adaptive(self.method))
        if self.gradient == "adjoint" and self.blocks != "ode":
            msg = "Expected blocks='ode' beside gradient='adjoint', which solves an ODE backwards; "
            msg += f"got blocks={self.blocks!r}. Leave out one of the two."
            raise ValueError(msg)

    def _check_solver(self):
        check_count("n_blocks", self.n_blocks, none_ok=True)
        check_method(self.method)
        check_number("rtol", self.rtol, low=0, low_open=True)
        check_number("atol", self.atol, low=0, low_open=True)

    @reading_numbers("X")
    def _read_rows(self, X, y=None, *, reset):
        options = {"dtype": np.float64, "allow_nd": True, "reset": reset}
        if reset:
            X, y = validate_data(self, X, y, **options)
            shape = find_sample_shape(self.sample_shape, X)
            if self._goes_on() and shape != self.sample_shape_:
                self._refuse_shape(X)
            self.sample_shape_ = shape
            return X.reshape(len(X), *shape), y
        self._check_solver()
        X = validate_data(self, X, **options)
        if X[0].size != np.prod(self.sample_shape_):
            self._refuse_shape(X)
        return X.reshape(len(X), *self.sample_shape_)

    def _refuse_shape(self, X):
        msg = f"Expected {in_words(self.sample_shape_)}, as in fit; got X of shape {X.shape}. "
        msg += "Pass samples of the same shape, or fit anew."
        raise ValueError(msg)

    def _learn_units(self, X, weights):
        """Mean and spread of every feature, or of every channel over its places."""
        places = tuple(range(2, X.ndim))
        rows = weights / weights.sum()
        self._center = rows @ X.mean(axis=places)
        shape = (-1, *[1] * len(places))
        misses = X - self._center.reshape(shape)
        scale = np.sqrt(rows @ np.square(misses).mean(axis=places))
        self._scale = np.where(scale > 1e-12 * np.abs(self._center), scale, 1.0)

    def _inputs(self, X):
        shape = (-1, *[1] * (X.ndim - 2))
        return {"x": (X - self._center.reshape(shape)) / self._scale.reshape(shape)}

    # ---------------------------------------------------------------- the module

    @property
    def _depth(self):
        return N_BLOCKS[self.blocks] if self.n_blocks is None else self.n_blocks

    def _module_settings(self):
        latent_dim = 32 if self.latent_dim is None else self.latent_dim
        hidden, n_states = tuple(self.hidden_layer_sizes), latent_dim + self.augment_dim
        return {
            "shape": self.sample_shape_, "n_classes": len(self.classes_),
            "latent_dim": latent_dim, "augment_dim": self.augment_dim,
            "hidden_layer_sizes": hidden, "activation": self.activation,
            "blocks": self.blocks, "n_blocks": self._depth, "method": check_method(self.method),
            "gradient": self.gradient, "rtol": self.rtol, "atol": self.atol,
            "widths": (n_states, *hidden, n_states),
        }  # fmt: skip

    def _solver_settings(self):
        names = ("method", "gradient", "rtol", "atol")
        return (*names, "n_blocks") if self.blocks == "ode" else names

    def _make_module(self, settings):
        given = {name: value for name, value in settings.items() if name != "widths"}
        return DepthClassifier(**given)

    def _started(self, module, inputs, targets):
        x, targets = (to_tensor(entry[:N_LOOKED_AT]) for entry in (inputs["x"], targets))
        self.gradient_norms_ = to_array(module.gradient_norms(x, targets))

    def _described(self):
        return {"read_as": in_words(self.sample_shape_), "blocks": self.blocks,
                "n_blocks": self._depth}  # fmt: skip

    def _answer(self, module, inputs):
        solver = {"method": check_method(self.method), "rtol": self.rtol, "atol": self.atol}
        if module.blocks == self.blocks == "ode":
            solver["n_blocks"] = self._depth
        return module.answer(**inputs, **solver)

    def field_evaluations(self, X):
        """Count the evaluations of the field that predict takes for a row, mean over the rows.

        Adaptive methods take more where ``rtol`` and ``atol`` are small.
        """
        check_is_fitted(self)
        X, count = self._read_rows(X, reset=False), FieldCount()
        with counting(count, "predict", self.net_.module_.field):
            self._logits(X)
        return count.total / len(X)

    def gradient_norms(self, X, y):
        """How large the gradient of the loss is along the depth, at the present weights.

        Parameters
        ----------
        X : as in fit
        y : array-like of shape (n_samples,)
            Labels out of ``classes_``.

        Returns
        -------
        ndarray of shape (n_blocks + 1,)
            Root mean square over samples of |d loss / d z| in the state before every block, and
            behind the last; of the ODE, at as many times. Where the first are many times smaller
            than the last the gradient vanishes, and the first blocks do not learn.
        """
        check_is_fitted(self)
        X, y = self._read_rows(X, reset=False), np.asarray(y).ravel()
        unknown = sorted({str(label) for label in y if label not in self.classes_})
        if unknown or len(y) != len(X):
            got = f"unknown {unknown}" if unknown else f"{len(y)} of them for {len(X)} samples"
            msg = f"Expected one label a sample out of {self.classes_.tolist()}; got {got}. "
            msg += "Pass labels seen in fit."
            raise ValueError(msg)
        targets = np.eye(len(self.classes_))[np.searchsorted(self.classes_, y)]
        module = self.net_.module_
        x, targets = (to_tensor(e, device_of(module)) for e in (self._inputs(X)["x"], targets))
        return to_array(module.gradient_norms(x, targets))
