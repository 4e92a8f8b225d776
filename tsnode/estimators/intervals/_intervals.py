"""How sure a forecast is: intervals and samples, calibrated by lead time."""

import numbers
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..._constraints import check_count, check_flag
from ._calibration import errors_of_blocks, errors_of_newest, errors_of_older
from ._error_paths import draw_errors
from ._recent_errors import RecentErrors

DEFAULT_FRACTION = 0.2


class Interval(NamedTuple):
    """Bounds of forecasts, each in the container of y."""

    lower: object
    upper: object


class Intervals:
    """Adds ``predict_interval`` and ``predict_samples`` to a forecaster."""

    # Errors by lead, once they are known.
    _lead_errors = None

    def _older_model(self):
        """Forecaster of the older rows that fit has left over, None without one."""

    def _error_units(self, known, series):  # noqa: ARG002 - for series of different size
        """Centre and scale that errors of the given series are pooled in: those of y."""
        return 0.0, 1.0

    def _settings_of_twin(self):
        """Parameters of fits to parts of the rows."""
        return {"calibration": None}

    def _error_of_twin(self):
        """Size of the errors of such a fit, in parts of those of the model itself."""
        return 1.0

    def _check_calibration(self):
        if self.calibration is None or (
            isinstance(self.calibration, str) and self.calibration == "auto"
        ):
            return
        if isinstance(self.calibration, numbers.Integral):
            check_count("calibration", self.calibration, low=2)
            return
        msg = "calibration must be 'auto', None or a number of blocks, at least 2; got "
        msg += f"{self.calibration!r}. Leave it at 'auto' for the newest part of the rows."
        raise ValueError(msg)

    def _calibrate(self):
        """Learn the errors in fit, as far as ``calibration`` asks for it there."""
        self._lead_errors = None
        older = self._older_model()
        if self.calibration is None:
            return
        if self.calibration != "auto":
            self._lead_errors = errors_of_blocks(self, self.calibration)
        elif older is not None:
            self._lead_errors = errors_of_older(older, self, self._held_out_share())

    def _held_out_share(self):
        return getattr(self, "validation_fraction", None) or DEFAULT_FRACTION

    @property
    def lead_errors_(self):
        """Errors on rows not seen, by lead (``LeadErrors``); learned when first asked for."""
        check_is_fitted(self)
        if self._lead_errors is None:
            self._check_can_calibrate()
            self._lead_errors = errors_of_newest(self, self._held_out_share())
        return self._lead_errors

    def _check_can_calibrate(self):
        msg = "Expected a model that knows its errors on rows not seen; this one was "
        if self.calibration is None:
            msg += "fitted with calibration=None. Set calibration='auto' or a number of blocks, "
            raise ValueError(msg + "and fit again.")
        if self._tail is not None:
            msg += "saved with rows='tail' before it had learned them. Ask it for an interval "
            raise ValueError(msg + "before saving, or save with rows='all'.")

    def predict_interval(self, X, history=None, horizon=1, *, coverage=0.9, adaptive=True):
        """Bounds between which the observations at the stamps of X fall with a probability.

        Quantiles of the errors on held-out rows (``calibration``) at the same lead are added to
        the forecast, for each channel by itself: split conformal prediction by lead time, in its
        two-sided form. Leads beyond those held out get the bounds of the longest of these. Errors
        of all series of a panel are pooled: in units of y, or with ``series_scaling`` (and no
        ``target_transformer``) in parts of the spread of each series. Bounds keep to the ranges of
        ``PhysicalRanges``.

        Parameters
        ----------
        X, history, horizon
            As in ``predict``.
        coverage : float in ]0, 1[, or sequence of them, default=0.9
            Probability. Coverages that the number of held-out errors cannot tell apart from 1
            get the largest errors seen.
        adaptive : bool, default=True
            Where ``history`` holds rows behind those of fit (40, three steps apart), look how
            often intervals would have held those of the newest 500 median steps, and fit each
            forecast's to what was known at its start. Not for covariates in X, which are not known
            at those rows.

        Returns
        -------
        Interval
            Named pair ``lower``, ``upper``, each as ``predict`` returns it, in units of y. NaN
            where the forecast diverged. For several coverages a dict of these, by coverage;
            bounds of a larger coverage lie outside.

        Raises
        ------
        ValueError
            A coverage outside ]0, 1[, ``adaptive`` that is no bool, or a model fitted with
            ``calibration=None``.

        References
        ----------
        Romano, Patterson, Candes (2019), Conformalized quantile regression, NeurIPS, Eq. (8).

        Examples
        --------
        >>> import numpy as np
        >>> from tsnode import PersistenceRegressor
        >>> steps = np.random.default_rng(0).normal(size=20000)
        >>> t, walk = np.arange(20000.0)[:, None], np.cumsum(steps)
        >>> model = PersistenceRegressor(time=0).fit(t, walk)
        >>> lower, upper = model.predict_interval([[20000.0], [20003.0]])
        >>> (upper - lower).round(1).tolist()  # about 2 * 1.645 * sqrt(lead)
        [3.3, 6.7]
        """
        coverages = _read_coverages(coverage)
        check_flag("adaptive", adaptive)
        errors = self.lead_errors_
        asked, forecast, place, scale = self._forecast_and_units(X, history, horizon)
        leads, found = asked.leads, {}
        recent = RecentErrors.of(self, errors, asked.known, asked.controls) if adaptive else None
        for c in coverages:
            nominal = c if recent is None else recent.nominal(c, leads, asked.starts, errors.place)
            levels = (0.5 - nominal / 2, 0.5 + nominal / 2)
            bounds = (forecast + scale * errors.at(leads, place, level) for level in levels)
            bounds = (self._within_range(bound) for bound in bounds)
            found[c] = Interval(*(self.container_.wrap(bound, asked.index) for bound in bounds))
        return found if np.ndim(coverage) else found[coverages[0]]

    def predict_samples(self, X, n_samples=100, history=None, horizon=1, *, random_state=None):
        """Draw futures at the stamps of X: forecasts plus errors as the held-out ones.

        The errors of one sample belong together over leads and channels: they have the ranks of
        those of one held-out origin (as in the Schaake shuffle), while their sizes are those that
        ``predict_interval`` uses.

        Parameters
        ----------
        X, history, horizon
            As in ``predict``. Rows that start from the same row of the history are one future.
        n_samples : int, default=100
        random_state : int, RandomState or None, default=None

        Returns
        -------
        float array of shape (n_rows, n_channels, n_samples), or (n_rows, n_samples) for 1-D y
            In units of y; as ``tsnode.metrics.crps`` takes an ensemble.

        References
        ----------
        Clark et al. (2004), The Schaake shuffle, J. Hydrometeorol. 5, 243.

        Examples
        --------
        >>> import numpy as np
        >>> from tsnode import PersistenceRegressor
        >>> walk = np.cumsum(np.random.default_rng(0).normal(size=20000))
        >>> model = PersistenceRegressor(time=0).fit(np.arange(20000.0)[:, None], walk)
        >>> samples = model.predict_samples([[20000.0], [20003.0]], 500, random_state=0)
        >>> samples.std(axis=1).round(1)  # sqrt(lead)
        array([1., 2.])
        """
        check_count("n_samples", n_samples)
        errors = self.lead_errors_
        asked, forecast, place, scale = self._forecast_and_units(X, history, horizon)
        run = np.unique(
            np.stack([asked.requests.series, asked.requests.cutoff]), axis=1, return_inverse=True
        )[1].ravel()
        random = check_random_state(random_state)
        drawn = draw_errors(errors, asked.leads, place, run, n_samples, random)
        samples = self._within_range(forecast[:, :, None] + np.asarray(scale)[..., None] * drawn)
        return samples[:, 0] if self.container_.is_flat else samples

    def _within_range(self, values):
        """Cut channels (second axis) to the ranges that the target transformer knows, if any."""
        limit = getattr(self.target_transformer_, "limit", None)
        return values if limit is None else limit(values)

    def _forecast_and_units(self, X, history, horizon):
        """Return what is asked, the forecast in units of y and of errors, and their scale."""
        asked = self._read_asked(X, history, horizon)
        forecast = self._answer(asked)
        center, scale = self._error_units(asked.known, asked.requests.series)
        return asked, forecast, (forecast - center) / scale, scale


def _read_coverages(coverage):
    found = [float(c) if isinstance(c, numbers.Real) else np.nan for c in np.ravel(coverage)]
    if not found or not all(0 < c < 1 for c in found):
        msg = f"coverage must lie between 0 and 1, both excluded; got {coverage!r}. Pass 0.9 for "
        msg += "intervals that hold nine of ten observations."
        raise ValueError(msg)
    return found
