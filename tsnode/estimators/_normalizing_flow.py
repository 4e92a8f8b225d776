"""ContinuousNormalizingFlow: a density learned by carrying a simple one along a field."""

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_count
from .._progress import printing
from ..training._flow_bases import sample_base
from ..training._flow_net import carry, log_densities
from ._copies import become, copy_with
from ._flow_fitting import BaseFlow, base_arrays
from ._sklearn_callbacks import fit_task, with_callbacks


class ContinuousNormalizingFlow(BaseFlow):
    """Density estimator: a Gaussian or a mixture carried to the data along a learned field.

    A row x is carried back along dz/dt = f(z, t) from t = 1 to a base density at t = 0, and
    log p(x) = log p_base(z(0)) - integral of div f. The field is a perceptron trained by maximum
    likelihood, on few fixed Runge-Kutta steps, with penalties that keep it easy to solve; the
    epoch is chosen on held-out rows. By default two flows are trained, one from a Gaussian and one
    from a mixture of Gaussians, and mixed by weights that the held-out rows choose.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64, 64)
        With at most two layers the exact trace costs one more product of matrices, whatever the
        number of columns.
    activation : {"tanh", "silu", "softplus", "logistic", "elu"}, default="tanh"
    base : {"auto", "normal", "mixture"}, default="auto"
        "normal": the Gaussian of the data. "mixture": that number of Gaussians up to 50, and
        covariance (full or one for all), that cross-validation over the training rows finds best,
        fitted five times and averaged; for densities in parts, which no smooth map of one
        Gaussian reaches. "auto": both, mixed; the normal one if ``conditional``.
    conditional : bool, default=False
        Estimate the density of y given X: ``fit(X, y)``, ``score_samples(X, y)``,
        ``sample(X=X)``.
    trace : {"auto", "exact", "hutchinson"}, default="auto"
        Of the Jacobian in training. "hutchinson": an unbiased estimate by one draw of signs per
        solve. "auto": exact with at most two hidden layers or 8 columns, else estimated. Scores
        are always exact.
    method : str, default="rk4"
        "rk4", "midpoint", "heun", "euler", "dopri5" and the others of torchdiffeq; binds
        training and scores, and may be changed between them.
    n_steps : int, default=None
        Steps of the fixed-step methods. None: 6 in training, and for scores the fewest that leave
        the log-density of held-out rows where 64 steps have it, within 0.001 nats
        (``n_steps_``).
    rtol, atol : float, default=1e-5
        Of the adaptive methods.
    kinetic_penalty, jacobian_penalty : float, default=None
        Weights of mean |f|^2 and |df/dz|_F^2 per column along the paths, in standardised units
        (RNODE); None: 0.01 and 0.003, 0 switches one off. Larger ones need fewer field calls.
    max_epochs, batch_size : int, default=None
        None: 700 steps of a sixteenth of the rows, 32 to 256, each; fewer for under 330 rows,
        and 200 from a mixture.
    lr : float, default=None
        None: 0.01, and 0.002 from a mixture; falls along a cosine.
    optimizer : class or name of one of torch's, default=None
        None: SOAP, Adam in the eigenbasis of the gradient's covariance.
    callbacks : list of skorch callbacks, default=None
        ``set_callbacks`` takes scikit-learn's, which see the mixtures tried and the epochs of
        every flow as two kinds of stages.
    early_stopping : bool, default=True
        Hold rows out, keep the epoch that describes them best, and end after
        ``n_iter_no_change`` epochs without a better one.
    validation_fraction : float, default=0.1
        Share of the different rows held out at random, 20 or a quarter of them at least; with
        fewer than 10 none is.
    n_iter_no_change : int, default=25
        More than usual: the learning rate falls to the end, and the best epoch is often late.
    warm_start : bool, default=False
        Whether fit goes on from the flows, bases and units of the fit before, for rows of the
        same columns; ``hidden_layer_sizes``, ``activation``, ``base`` and ``conditional`` must
        stay. Of rows that the fit before has seen, those held out now flatter it, unless
        ``random_state`` is the same int.
    random_state : int, RandomState or None, default=None
    verbose : int, default=0
    device : str, default="cpu"
        Such fields are too small for a GPU to be faster.
    **net_params
        For skorch's nets: ``optimizer__...``, ``iterator_train__...``, ``callbacks__...``.

    Attributes
    ----------
    weights_ : float array of shape (n_members,)
        Of the flows in the density.
    members_ : list of str
        Their bases, "normal" or "mixture".
    n_steps_ : list of int
        Fixed steps of every member's scores.
    net_ : list of skorch nets
    fit_report_ : dict
        What was chosen and measured; ``field_calls`` are those of one score by the chosen steps
        and by dopri5 at rtol = atol = 1e-5.
    n_features_in_, feature_names_in_

    See Also
    --------
    sklearn.neighbors.KernelDensity, sklearn.mixture.GaussianMixture : the same methods.

    Notes
    -----
    Training runs in float32, scores in float64; 4,000 rows of two columns take about a minute of
    one core. Rows that repeat exactly have no density: thin them, or add the noise of their
    rounding.

    Equal rows are merged and sorted first, so that weights count as repetitions, the order of
    rows decides nothing, and no row is held out whose twin is trained on. Weights then enter
    every mean over rows: of the units, of the clustering and the expectation maximisation that
    find the mixture (scikit-learn's takes none), of the losses and of the held-out likelihoods.

    References
    ----------
    Chen, Rubanova, Bettencourt, Duvenaud 2018, Neural ordinary differential equations (theorem 1).
    Grathwohl, Chen, Bettencourt, Sutskever, Duvenaud 2019, FFJORD. Finlay, Jacobsen, Nurbekyan,
    Oberman 2020, How to train your neural ODE (the penalties).

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import ContinuousNormalizingFlow
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> flow = ContinuousNormalizingFlow((8,), max_epochs=2, random_state=0).fit(X)
    >>> flow.score_samples(X).shape, flow.sample(3, random_state=0).shape
    ((60,), (3, 2))
    >>> flow.fit(np.c_[X, np.ones(60)])
    Traceback (most recent call last):
        ...
    ValueError: Expected columns of X that vary; got the constant column 2, which has no density. \
Leave it out.
    """

    def __init__(
        self, hidden_layer_sizes=(64, 64), *, activation="tanh", base="auto", conditional=False,
        trace="auto", method="rk4", n_steps=None, rtol=1e-5, atol=1e-5, kinetic_penalty=None,
        jacobian_penalty=None, max_epochs=None, batch_size=None, lr=None, optimizer=None,
        callbacks=None, early_stopping=True, validation_fraction=0.1, n_iter_no_change=25,
        warm_start=False, random_state=None, verbose=0, device="cpu", **net_params,
    ):  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.base = base
        self.conditional = conditional
        self.trace = trace
        self.method = method
        self.n_steps = n_steps
        self.rtol = rtol
        self.atol = atol
        self.kinetic_penalty = kinetic_penalty
        self.jacobian_penalty = jacobian_penalty
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.optimizer = optimizer
        self.callbacks = callbacks
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.device = device
        self._net_params = net_params

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None):
        """Learn the density of the rows of X, or of y given X.

        Parameters
        ----------
        X : array or frame of shape (n_samples, n_features)
        y : ignored, or with ``conditional`` array or frame of shape (n_samples,) or
            (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None
            0 drops a row, k counts it k times; only their ratios matter.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Fewer than two different rows, missing or infinite entries, columns without a density,
            negative weights or none above zero; other columns or flows than those of the fit
            before, beside ``warm_start``.
        tsnode.exceptions.FitError
            No weights gave a finite likelihood.
        """
        with fit_task(self, X, y, sample_weight):
            self._check_parameters()
            # A fit that fails changes nothing.
            fitted = copy_with(self)
            with printing(self.verbose):
                fitted._fit(X, y, sample_weight)
            become(self, fitted)
            return self

    def score_samples(self, X, y=None):
        """Log-density of every row.

        Parameters
        ----------
        X : array or frame of shape (n_samples, n_features)
        y : ignored, or with ``conditional`` the targets of these rows

        Returns
        -------
        float array of shape (n_samples,), in nats: natural logarithm, in the units of the data.
        """
        z, u = self._read_rows(X, y)
        densities = [
            log_densities(net.module_, z, u, solver=self._solver(n)) + log_weight
            for net, n, log_weight in self._weighted()
        ]
        return np.logaddexp.reduce(densities, axis=0) + self._units.log_volume

    def score(self, X, y=None):
        """Mean log-density of the rows, as GaussianMixture's (KernelDensity returns the sum)."""
        return float(np.mean(self.score_samples(X, y)))

    def count_field_calls(self, X, y=None):
        """Count the calls of the field by which ``score_samples`` scores one batch of these rows.

        For adaptive methods they depend on the rows; set ``method``, ``rtol`` and ``atol`` to
        compare.
        """
        z, u = self._read_rows(X, y)
        return self._calls(z, u, self._solver)

    def sample(self, n_samples=1, random_state=None, *, X=None):
        """Draw rows from the density.

        Parameters
        ----------
        n_samples : int, default=1
            Rows; with ``conditional`` draws for every row of X.
        random_state : int, RandomState or None, default=None
        X : array or frame of shape (n_rows, n_features), with ``conditional`` only

        Returns
        -------
        array or, if fit saw a frame, frame of shape (n_samples, n_features); with ``conditional``
        (n_rows * n_samples, n_targets), the draws for one row beside one another, or a 1-D array
        if y was.
        """
        check_is_fitted(self)
        self._check_solver()
        check_count("n_samples", n_samples)
        context = self._read_context(X, n_samples)
        n_rows = n_samples if context is None else len(context)
        random = check_random_state(random_state)
        which = random.choice(len(self.net_), size=n_rows, p=self.weights_ / self.weights_.sum())
        z = np.empty((n_rows, len(self._units.center)))
        for k, (net, n_steps) in enumerate(zip(self.net_, self.n_steps_, strict=True)):
            rows = np.flatnonzero(which == k)
            if len(rows):
                start = sample_base(base_arrays(net.module_), len(rows), random)
                u = None if context is None else context[rows]
                z[rows] = carry(net.module_, start, u, solver=self._solver(n_steps))
        return self._contained(self._units.from_flow(z, context))
