"""Power spectra of true and generated runs, one panel a channel."""

import numpy as np

from .._constraints import check_choice
from ..frames._clock import SECONDS
from ..frames._time_source import has_time_index
from ..metrics import PowerSpectrum, power_spectrum, power_spectrum_distance
from ..metrics._power_spectrum import run_power
from ..metrics._runs import read_run_pair, read_runs
from ..metrics._spectrum_distance import match_runs
from ._arguments import TRUTH, check_drawable, named_forecasters, named_runs, select_channels
from ._free_runs import free_runs
from ._panels import grid_axes
from ._style import run_look, tidy
from ._units import UNIT_WORDS

DECADES = 6  # below the peak; what lies deeper is rounding and the tail of the smoothing


class PowerSpectrumDisplay:
    """Share of each channel's variance by frequency, of the truth and of free runs.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    spectra : dict of str to PowerSpectrum
        By label; the first is the truth. A run that diverged has NaN for its power.
    distances : dict of str to array of shape (n_channels,), default=None
        Distance of each run from the truth; its mean is written into the legend.
    channels : list of str, default=None
        Names of the channels; None numbers them.
    per : str, default="unit of time"
        What frequencies are counted in: cycles per that.

    Attributes
    ----------
    ax_ : array of Axes
        One panel a channel; both axes are logarithmic, the frequency 0 is left out.
    figure_ : Figure
    lines_ : dict of str to list of Line2D, one a channel

    See Also
    --------
    tsnode.metrics.power_spectrum, tsnode.metrics.power_spectrum_distance : The numbers drawn.

    Notes
    -----
    The frequencies below ``smoothing`` bins are smoothed into a plateau. On irregular stamps
    compare only lines of one display: all of them leak in the same way.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from matplotlib.figure import Figure
    >>> hours = pd.date_range("2024-01-01", periods=240, freq="h")
    >>> tide = pd.Series(np.sin(2 * np.pi * np.arange(240) / 12), hours, name="tide")
    >>> display = PowerSpectrumDisplay.from_predictions(
    ...     tide, tide + 1, smoothing=1, time_unit="D", ax=Figure().subplots()
    ... )
    >>> display.ax_[0].get_xlabel(), display.distances["generated"].round(2).tolist()
    ('frequency [cycles per day]', [0.0])
    """

    def __init__(self, spectra, *, distances=None, channels=None, per="unit of time"):
        self.spectra = spectra
        self.distances = distances
        self.channels = channels
        self.per = per

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        baselines=None,
        channels=None,
        smoothing=20.0,
        method="auto",
        time_unit=None,
        name=None,
        ax=None,
    ):
        """Run a forecaster freely over the rows of ``X`` and draw its rhythms beside the truth's.

        Parameters
        ----------
        estimator : fitted forecaster
        X : index of times, DataFrame or array-like, as in fit
        y : Series, DataFrame or array-like of the observed states at ``X``, default=None
            The run starts from its first wholly observed row and sees none after it. None: the
            numeric columns of the frame X.
        baselines : dict of str to fitted forecaster, default=None
        channels, smoothing, method, time_unit : see ``from_predictions``
        name : str, default=None
            Label of the estimator; None takes the name of the class.
        ax : array of Axes, default=None
            One for each channel; None makes a figure.

        Returns
        -------
        PowerSpectrumDisplay

        Raises
        ------
        NotFittedError
            For an estimator or a baseline that is not fitted.
        """
        truth, generated = free_runs(named_forecasters(estimator, name, baselines), X, y)
        return cls.from_predictions(
            truth,
            generated,
            channels=channels,
            smoothing=smoothing,
            method=method,
            time_unit=time_unit,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        truth,
        generated=None,
        *,
        times=None,
        generated_times=None,
        channels=None,
        smoothing=20.0,
        method="auto",
        time_unit=None,
        ax=None,
    ):
        """Compute the spectra of runs that were made before, and draw them.

        Parameters
        ----------
        truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
            Rows with NaN are dropped, on both sides.
        generated : array or frame like ``truth``, or dict of str to such, default=None
            At the stamps of the truth; None draws the truth alone.
        times, generated_times, smoothing, method : see `tsnode.metrics.power_spectrum_distance`
        channels : list, default=None
            Those drawn: names of a frame, numbers of an array; None takes all.
        time_unit : str, default=None
            What frequencies are counted in: "s", "min", "h" or "D"; None takes the largest below
            the step. Where times are plain numbers, the name of their unit.
        ax : array of Axes, default=None

        Returns
        -------
        PowerSpectrumDisplay

        Raises
        ------
        ValueError
            For other channels or stamps than the truth's, a constant true channel, no row that is
            wholly observed, or too few rows for the smoothing.

        Warns
        -----
        ForecastWarning
            For a run that is not finite: its distance is 1, and no line is drawn.
        """
        check_drawable()
        truth = select_channels("truth", truth, channels)
        options = {"smoothing": smoothing, "method": method}
        seen = power_spectrum(truth, times=times, **options)
        factor, unit, per = _unit_of_frequency(seen.unit, time_unit, truth, times)
        spectra = {TRUTH: PowerSpectrum(seen.frequencies * factor, seen.power, unit)}
        distances = {}
        options |= {"times": times, "generated_times": generated_times}
        for name, run in named_runs(generated).items():
            run = select_channels(name, run, channels)
            distances[name] = power_spectrum_distance(truth, run, per_channel=True, **options)
            power = _generated_power(truth, run, **options)
            spectra[name] = PowerSpectrum(seen.frequencies * factor, power, unit)
        names = read_runs(truth).channels
        return cls(spectra, distances=distances, channels=names, per=per).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the spectra.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            One for each channel; None makes a figure.

        Returns
        -------
        PowerSpectrumDisplay
        """
        channels = self._channel_names()
        grid = grid_axes(channels, ax)
        self.ax_, self.figure_ = grid.axes, grid.axes[0].figure
        self.lines_ = {name: [] for name in self.spectra}
        for k, (axes, channel) in enumerate(zip(self.ax_, channels, strict=True)):
            for rank, (name, spectrum) in enumerate(self.spectra.items()):
                frequencies, power = spectrum.frequencies[1:], spectrum.power[1:, k]
                (line,) = axes.plot(frequencies, power, label=self._label(name), **run_look(rank))
                self.lines_[name].append(line)
            axes.set(xscale="log", yscale="log")
            axes.set_ylim(*self._limits(k))
            axes.set_title(channel, loc="left", fontsize="medium")
            tidy(axes)
        grid.label(f"frequency [cycles per {self.per}]", "share of variance")
        grid.legend()
        return self

    def _channel_names(self):
        n_channels = next(iter(self.spectra.values())).power.shape[1]
        return self.channels or [f"channel {k}" for k in range(n_channels)]

    def _label(self, name):
        distance = (self.distances or {}).get(name)
        if distance is None:
            return name
        return f"{name}{self._why_no_line(name)} (distance {np.mean(distance):.2f})"

    def _why_no_line(self, name):
        power = self.spectra[name].power
        if np.isnan(power).all():
            return ", diverged"
        return "" if power[1:].any() else ", at rest"

    def _limits(self, k):
        power = np.concatenate([spectrum.power[1:, k] for spectrum in self.spectra.values()])
        power = power[power > 0]
        if not len(power):
            return None, None
        return max(power.min() / 1.5, power.max() / 10**DECADES), 2 * power.max()


def _generated_power(truth, generated, *, times, generated_times, smoothing, method):
    """Return the mean power over the runs, NaN if one holds no number; rows as the distance's."""
    generated_times = times if generated_times is None else generated_times
    powers = []
    for run, other in match_runs(*read_run_pair(truth, generated, times, generated_times)):
        kept = np.isfinite(run.values).all(axis=1)
        answer = other.keep(kept)
        if not kept.any():
            continue
        if not np.isfinite(answer.values).all():
            return np.full((len(answer.values) // 2 + 1, answer.values.shape[1]), np.nan)
        powers.append(run_power(answer, smoothing, method))
    return np.mean(powers, axis=0)


def _unit_of_frequency(unit, time_unit, truth, times):
    """Return the factor on frequencies per ``unit``, the unit asked for, and that in words."""
    if unit is None:
        has_times = times is not None or (hasattr(truth, "index") and has_time_index(truth))
        return 1.0, time_unit, time_unit or ("unit of time" if has_times else "row")
    asked = unit if time_unit is None else check_choice("time_unit", time_unit, tuple(SECONDS))
    return SECONDS[asked] / SECONDS[unit], asked, UNIT_WORDS[asked]
