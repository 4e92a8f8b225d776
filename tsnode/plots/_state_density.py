"""How often states are visited by the truth and by generated runs."""

from .._constraints import check_count
from .._optional import import_optional
from ..metrics import kl_divergence
from ..metrics._runs import check_varies, read_run_pair, read_runs
from ._arguments import TRUTH, check_drawable, named_forecasters, named_runs, select_channels
from ._densities import MARGIN, bin_edges, channel_densities, joint_density
from ._free_runs import free_runs
from ._panels import grid_axes
from ._style import RULE, run_look, tidy
from ._units import inverse, units_of, with_unit

MOST_TIMES_THE_TRUTH = 2.5  # higher densities leave the panel


class StateDensityDisplay:
    """Density of the states, of the truth and of free runs: where they are, not when.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    densities : dict of str to dict of channel to array of shape (n_bins,)
        By label of the run; the first is the truth. For a pair of channels the values are arrays
        of shape (n_bins, n_bins), by the run's label.
    edges : dict of channel to array of shape (n_bins + 1,)
    is_joint : bool, default=False
        Whether the densities are those of a pair of channels, drawn one panel a run.
    divergences : dict of str to float, default=None
        KL divergence of each run from the truth, written beside its label.
    units : dict of str to str, default=None

    Attributes
    ----------
    ax_ : array of Axes
        One panel a channel; for a pair, one panel a run.
    figure_ : Figure
    artists_ : dict of str to list of StepPatch (one a channel), or to QuadMesh

    See Also
    --------
    tsnode.metrics.kl_divergence : The number in the legend.

    Notes
    -----
    A density over 2.5 times the highest of the truth leaves the panel: a run that stands still
    would flatten all others.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> states = np.linspace(0.0, 1.0, 2000)
    >>> display = StateDensityDisplay.from_predictions(
    ...     states, {"half": states / 2}, ax=Figure().subplots()
    ... )
    >>> display.artists_["half"][0].get_label()
    'half (KL 7.1 nats)'
    """

    def __init__(self, densities, edges, *, is_joint=False, divergences=None, units=None):
        self.densities = densities
        self.edges = edges
        self.is_joint = is_joint
        self.divergences = divergences
        self.units = units

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        baselines=None,
        channels=None,
        pair=None,
        n_bins=30,
        method="auto",
        units=None,
        name=None,
        ax=None,
    ):
        """Run a forecaster freely over the rows of ``X`` and draw where it goes, beside the truth.

        Parameters
        ----------
        estimator : fitted forecaster
        X : index of times, DataFrame or array-like, as in fit
        y : Series, DataFrame or array-like of the observed states at ``X``, default=None
            The run starts from its first wholly observed row and sees none after it. None: the
            numeric columns of the frame X.
        baselines : dict of str to fitted forecaster, default=None
        channels, pair, n_bins, method, units : see ``from_predictions``
        name : str, default=None
            Label of the estimator; None takes the name of the class.
        ax : array of Axes, default=None

        Returns
        -------
        StateDensityDisplay

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
            pair=pair,
            n_bins=n_bins,
            method=method,
            units=units,
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
        pair=None,
        n_bins=30,
        method="auto",
        units=None,
        ax=None,
    ):
        """Compute the densities of runs that were made before, and draw them.

        Parameters
        ----------
        truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
            Rows with NaN are dropped. Times, of an index or in ``times``, weigh each row by the
            time it stands for.
        generated : array or frame of the same channels, or dict of str to such, default=None
            Of any length; what lies outside the box of the truth counts, but is not drawn. None
            draws the truth alone.
        times, generated_times : see `tsnode.metrics.kl_divergence`
        channels : list, default=None
            Those drawn, one panel each: names of a frame, numbers of an array; None takes all.
        pair : two channels, default=None
            Their joint density instead, one panel a run.
        n_bins : int, default=30
            In a channel, from a tenth of a standard deviation below the true range to one above.
        method : see `tsnode.metrics.kl_divergence`
            The divergence is that of the channels drawn, together.
        units : dict of str to str, default=None
            None takes ``attrs["units"]`` of the truth.
        ax : array of Axes, default=None

        Returns
        -------
        StateDensityDisplay

        Raises
        ------
        ValueError
            For other channels than the truth's, a constant true channel, no row that is wholly
            observed, or too few rows for the bins.

        Warns
        -----
        ForecastWarning
            If more than half of a run lies outside the true range.
        """
        check_drawable()
        check_count("n_bins", n_bins, low=2)
        units = units_of(truth, units)
        channels = channels if pair is None else _check_pair(pair, channels)
        truth = select_channels("truth", truth, channels)
        runs, _ = read_runs(truth, times, "truth").observed()
        check_varies(runs.values, runs.channels)
        edges = bin_edges(runs, n_bins)
        estimate = channel_densities if pair is None else joint_density
        densities = {TRUTH: estimate(runs, edges)}
        divergences = {}
        stamps = {"times": times, "generated_times": generated_times}
        for name, run in named_runs(generated).items():
            run = select_channels(name, run, channels)
            options = {"n_bins": n_bins, "margin": MARGIN, "method": method, **stamps}
            divergences[name] = kl_divergence(truth, run, **options)
            densities[name] = estimate(read_run_pair(truth, run, **stamps)[1], edges)
        names = runs.channels or [f"channel {k}" for k in channels or range(runs.n_channels)]
        if pair is None:
            densities = {
                name: dict(zip(names, each, strict=True)) for name, each in densities.items()
            }
        display = cls(
            densities,
            dict(zip(names, edges, strict=True)),
            is_joint=pair is not None,
            divergences=divergences,
            units={str(channel): unit for channel, unit in units.items()},
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the densities.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            One for each channel, or, for a pair, one for each run; None makes a figure.

        Returns
        -------
        StateDensityDisplay
        """
        names = list(self.densities if self.is_joint else self.edges)
        grid = grid_axes(names, ax, what="runs" if self.is_joint else "channels")
        self.ax_, self.figure_ = grid.axes, grid.axes[0].figure
        draw = self._draw_pair if self.is_joint else self._draw_channels
        self.artists_ = draw(grid)
        return self

    def _draw_channels(self, grid):
        artists = {name: [] for name in self.densities}
        for ax, (channel, edges) in zip(grid.axes, self.edges.items(), strict=True):
            for rank, (name, density) in enumerate(self.densities.items()):
                look = run_look(rank)
                if rank == 0:
                    # Filled: the reference is seen under any line.
                    look |= {"facecolor": RULE, "edgecolor": look.pop("color"), "fill": True}
                    look["alpha"] = 0.6
                patch = ax.stairs(density[channel], edges, label=self._label(name), **look)
                artists[name].append(patch)
            unit = (self.units or {}).get(channel)
            ax.set_xlabel(with_unit(channel, unit))
            ax.set_ylabel(with_unit("density", inverse(unit)))
            # Given axes hold the legend themselves: above the densities.
            room = 1.0 if grid.is_new else 1.0 + 0.1 * len(self.densities)
            ax.set_ylim(0.0, room * self._highest(channel))
            tidy(ax)
        grid.legend()
        return artists

    def _highest(self, channel):
        """Height that shows the truth, even beside a run that stands still."""
        peaks = [density[channel].max() for density in self.densities.values()]
        return min(1.1 * max(peaks), MOST_TIMES_THE_TRUTH * peaks[0])

    def _draw_pair(self, grid):
        colors = import_optional("matplotlib.colors", extra="plots")
        channels = list(self.edges)
        units = [(self.units or {}).get(channel) for channel in channels]
        highest = next(iter(self.densities.values())).max()
        artists = {}
        for ax, (name, density) in zip(grid.axes, self.densities.items(), strict=True):
            # White where no state was seen, black where the truth has most: a copy keeps both.
            # By the root: one state of rest would leave all others white.
            look = {"cmap": "Greys", "norm": colors.PowerNorm(0.5, vmin=0.0, vmax=highest)}
            artists[name] = ax.pcolormesh(*self.edges.values(), density.T, **look)
            ax.set_title(self._label(name), loc="left", fontsize="medium")
        grid.label(*map(with_unit, channels, units))
        is_over = any(density.max() > highest for density in self.densities.values())
        self.figure_.colorbar(
            artists[name],
            ax=list(grid.axes),
            label=with_unit("density", inverse("·".join(filter(None, units)))),
            extend="max" if is_over else "neither",
        )
        return artists

    def _label(self, name):
        divergence = (self.divergences or {}).get(name)
        return name if divergence is None else f"{name} (KL {divergence:.2g} nats)"


def _check_pair(pair, channels):
    if channels is None and isinstance(pair, list | tuple) and len(set(pair)) == 2 == len(pair):
        return list(pair)
    msg = f"pair must hold two channels, without channels= beside it; got {pair!r} and "
    raise ValueError(msg + f"channels={channels!r}. Pass one of them, as pair=('x', 'y').")
