"""Orbits in the plane of two channels, over the field that moves them."""

import itertools

import numpy as np

from .._constraints import check_count
from ..metrics._runs import check_varies, read_run_pair, read_runs
from ._arguments import (
    TRUTH,
    channel_numbers,
    check_drawable,
    check_finite,
    check_fitted,
    named_runs,
    select_channels,
)
from ._draw_field import draw_field
from ._field_grid import sample_field
from ._fitted_field import check_has_field, fitted_channels, frozen_field
from ._panels import grid_axes
from ._style import orbit_look, tidy
from ._units import units_of, with_unit

LONG = 1000  # rows; from there on an orbit crosses itself so often that thick lines make a blot
MOST_CHANNELS = 4  # six panels; more pairs are no picture


class PhasePortraitDisplay:
    """Orbits, and in two channels the field with its nullclines and fixed points.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    orbits : dict of str to list of array of shape (n_rows, n_channels)
        By label; the first is the truth. NaN breaks a line.
    channels : list of str
        One panel for each pair of them.
    field : FieldGrid, default=None
        Slopes of two channels on a grid, with ``x``, ``y``, ``slopes``, ``fixed_points`` and
        ``is_stable``. Its arrows have one length: they show where to, not how fast.
    units : dict of str to str, default=None

    Attributes
    ----------
    ax_ : array of Axes
        One panel a pair of channels.
    figure_ : Figure
    lines_ : dict of str to list of Line2D, in the order of panels and orbits
    arrows_ : Quiver or None
    nullclines_ : list of QuadContourSet
        Where the first channel, and where the second, stands still.
    fixed_points_ : list of Line2D
        The stable ones filled, the unstable ones open.

    See Also
    --------
    StateDensityDisplay : How often states are visited, where orbits hide each other.
    tsnode.inspection.fixed_points : Fixed points as figures, of any number of channels.

    Notes
    -----
    Fixed points are sought where both slopes change sign within a cell of an 81 by 81 grid, and
    refined by Newton's method; two within a cell may be missed. Runs that leave the true
    range by more than half of it are cut off.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> angles = np.linspace(0.0, 6.0, 50)
    >>> circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> display = PhasePortraitDisplay.from_predictions(circle, circle / 2, ax=Figure().subplots())
    >>> list(display.lines_), display.ax_[0].get_xlabel()
    (['observed', 'generated'], 'channel 0')
    >>> PhasePortraitDisplay.from_predictions(circle[:, :1])
    Traceback (most recent call last):
        ...
    ValueError: Expected 2 to 4 channels to draw in pairs; got 1 of 0. Choose them by channels=.
    """

    def __init__(self, orbits, channels, *, field=None, units=None):
        self.orbits = orbits
        self.channels = channels
        self.field = field
        self.units = units

    @classmethod
    def from_estimator(
        cls,
        estimator,
        y,
        *,
        starts=None,
        n_steps=None,
        step=None,
        X=None,
        channels=None,
        units=None,
        name=None,
        ax=None,
    ):
        """Draw the field of a forecaster and its free runs beside observed states.

        Parameters
        ----------
        estimator : fitted forecaster with ``vector_field`` and ``simulate``
        y : Series, DataFrame or array-like of shape (n_rows, n_channels), observed states
            With all fitted channels; they set the range of the picture.
        starts : array-like of shape (n_starts, n_channels), default=None
            States from which ``simulate`` runs; None takes the first wholly observed row of each
            series of ``y``.
        n_steps : int, default=None
            Of these runs; None takes as many as ``y`` has rows.
        step : float, default=None
            In ``time_unit_``; None takes the median step of fit.
        X : one row as in predict, default=None
            Stamp (and covariates) at which the field is drawn, if it depends on them; then there
            are no runs.
        channels : list, default=None
            Those drawn; None takes all. The field is drawn only if they are all there are.
        units : dict of str to str, default=None
            None takes ``attrs["units"]`` of ``y``.
        name : str, default=None
            Label of the runs; None takes the name of the class.
        ax : array of Axes, default=None
            One for each pair of channels; None makes a figure.

        Returns
        -------
        PhasePortraitDisplay

        Raises
        ------
        NotFittedError
            For an estimator that is not fitted.
        TypeError
            For an estimator without a field.
        ValueError
            For a field on a hidden state, one that depends on covariates where X is not given,
            a constant channel, or more than four channels.
        """
        check_fitted(estimator)
        check_has_field(estimator)
        check_count("n_steps", n_steps, none_ok=True)
        units = units_of(y, units)
        observed = read_runs(fitted_channels(y, estimator), name="y")
        whole, _ = observed.observed("y")
        check_varies(whole.values, whole.channels, "y")
        names = observed.channels or list(range(observed.n_channels))
        places = channel_numbers("y", names, channels)
        _check_number(names, places)
        orbits = {TRUTH: [run.values for run in observed]}
        if X is None:
            if starts is None:
                starts = [run.values[0] for run in whole if len(run.values)]
            starts = np.atleast_2d(fitted_channels(starts, estimator))
            n_steps = n_steps or max(len(run.values) for run in observed) - 1
            runs = estimator.simulate(starts, n_steps, step=step)
            orbits[name or type(estimator).__name__] = list(runs)
        field = None
        if observed.n_channels == 2 == len(set(places)):
            inside = whole.values if X is not None else np.concatenate([whole.values, starts])
            field = sample_field(frozen_field(estimator, X, places), inside[:, places])
        orbits = {label: [run[:, places] for run in runs] for label, runs in orbits.items()}
        names = [names[place] for place in places]
        return cls(orbits, _as_text(names), field=field, units=_by_text(units)).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        truth,
        generated=None,
        *,
        channels=None,
        units=None,
        ax=None,
    ):
        """Draw orbits that were computed before.

        Parameters
        ----------
        truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
            NaN leaves a gap; a MultiIndex with times names the series.
        generated : array or frame of the same channels, or dict of str to such, default=None
        channels : list, default=None
            Those drawn: names of a frame, numbers of an array; None takes all.
        units : dict of str to str, default=None
            None takes ``attrs["units"]`` of the truth.
        ax : array of Axes, default=None
            One for each pair of channels; None makes a figure.

        Returns
        -------
        PhasePortraitDisplay

        Raises
        ------
        ValueError
            For other channels than the truth's, fewer than two of them or more than four, a
            constant true channel, or no row that is wholly observed.
        """
        check_drawable()
        units = units_of(truth, units)
        truth = select_channels("truth", truth, channels)
        true_runs = read_runs(truth, name="truth")
        whole, _ = true_runs.observed()
        check_varies(whole.values, whole.channels)
        orbits = {TRUTH: [run.values for run in true_runs]}
        for name, run in named_runs(generated).items():
            run = select_channels(name, run, channels)
            found = [each.values for each in read_run_pair(truth, run)[1]]
            check_finite(name, np.concatenate(found), "The run diverged: leave it out.")
            orbits[name] = found
        names = true_runs.channels or channels or list(range(true_runs.n_channels))
        _check_number(names, names)
        return cls(orbits, _as_text(names), units=_by_text(units)).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the orbits, over the field if there is one.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            One for each pair of channels; None makes a figure.

        Returns
        -------
        PhasePortraitDisplay
        """
        pairs = [list(pair) for pair in itertools.combinations(range(len(self.channels)), 2)]
        names = [f"{self.channels[i]}-{self.channels[j]}" for i, j in pairs]
        size = (4.6, 3.8) if len(pairs) == 1 else (3.1, 2.7)
        grid = grid_axes(names, ax, what="pairs of channels", size=size)
        self.ax_, self.figure_ = grid.axes, grid.axes[0].figure
        self.lines_ = {name: [] for name in self.orbits}
        self.arrows_, self.nullclines_, self.fixed_points_ = None, [], []
        if self.field is not None:
            drawn = draw_field(self.ax_[0], self.field, self.channels)
            self.arrows_, self.nullclines_, self.fixed_points_ = drawn
        for axes, pair in zip(self.ax_, pairs, strict=True):
            self._draw_orbits(axes, pair)
        grid.legend(is_full=True)
        return self

    def _draw_orbits(self, ax, pair):
        is_long = sum(len(run) for runs in self.orbits.values() for run in runs) > LONG
        for rank, (name, runs) in enumerate(self.orbits.items()):
            look = orbit_look(rank)
            if is_long:
                look["linewidth"] *= 0.6
            for k, run in enumerate(runs):
                label = name if k == 0 else f"_{name} {k}"
                (line,) = ax.plot(*run[:, pair].T, label=label, **look)
                self.lines_[name].append(line)
        units = self.units or {}
        x, y = (with_unit(self.channels[k], units.get(self.channels[k])) for k in pair)
        ax.set(xlabel=x, ylabel=y)
        if self.field is None:
            self._limit(ax, pair)
        tidy(ax, grid="both" if self.field is None else None)

    def _limit(self, ax, pair):
        """Show all orbits, yet no more than the truth's range again: a run may leave for good."""
        first = next(iter(self.orbits))
        own, every = (
            np.concatenate([run[:, pair] for name in names for run in self.orbits[name]])
            for names in ([first], self.orbits)
        )
        every = np.where(np.isfinite(every), every, np.nan)
        low, high = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
        span = high - low
        bottom = np.maximum(np.nanmin(every, axis=0), low - span / 2) - 0.04 * span
        top = np.minimum(np.nanmax(every, axis=0), high + span / 2) + 0.04 * span
        ax.set_xlim(bottom[0], top[0])
        ax.set_ylim(bottom[1], top[1])


def _check_number(known, chosen):
    if 2 <= len(chosen) <= MOST_CHANNELS:
        return
    msg = f"Expected 2 to {MOST_CHANNELS} channels to draw in pairs; got {len(chosen)} of "
    raise ValueError(msg + f"{', '.join(map(str, known))}. Choose them by channels=.")


def _as_text(names):
    return [f"channel {name}" if isinstance(name, int) else str(name) for name in names]


def _by_text(units):
    return {str(channel): unit for channel, unit in units.items()}
