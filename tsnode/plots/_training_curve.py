"""Losses over the epochs of a training."""

import numpy as np
import pandas as pd

from ._arguments import check_drawable, check_finite, check_fitted
from ._panels import single_axes
from ._style import MODEL, OBSERVED, OTHERS, tidy

CURVES = {
    "train_loss": ("training", {"color": OTHERS[0], "linestyle": "--", "linewidth": 1.4}),
    "valid_loss": ("validation", {"color": MODEL, "linewidth": 2.2, "zorder": 3}),
}


class TrainingCurveDisplay:
    """Training and validation loss by epoch, the epoch whose weights were kept marked.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    history : DataFrame with columns epoch, train_loss and valid_loss
        A loss that is NaN throughout was not measured, and is not drawn.
    kept_epoch : int, default=None
        Epoch whose weights were kept, 0 = those of the start; None marks none.

    Attributes
    ----------
    ax_ : Axes
        The loss is logarithmic if it is positive throughout.
    figure_ : Figure
    lines_ : dict of str to Line2D
        "training" and "validation", where measured.
    best_ : Line2D or None
        The mark.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> losses = {"epoch": [1, 2], "train_loss": [0.5, 0.2]}
    >>> display = TrainingCurveDisplay.from_predictions(losses, ax=Figure().subplots())
    >>> list(display.lines_), display.ax_.get_yscale()
    (['training'], 'log')
    """

    def __init__(self, history, *, kept_epoch=None):
        self.history = history
        self.kept_epoch = kept_epoch

    @classmethod
    def from_estimator(cls, estimator, ax=None):
        """Draw the training of an estimator's ``net_``.

        Parameters
        ----------
        estimator : fitted forecaster with a ``fit_report_``
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        TrainingCurveDisplay

        Notes
        -----
        Where ``fit`` chose the number of epochs on the newest rows and then trained so long on
        all rows, this is the second training, which has no validation loss.
        """
        check_fitted(estimator)
        report = getattr(estimator, "fit_report_", None)
        if report is None:
            msg = "Expected a fitted estimator that has a fit_report_; got "
            msg += f"{type(estimator).__name__} without one. Fit it, or pass a neural forecaster."
            raise ValueError(msg)
        if report.history.empty:
            msg = "Expected an estimator whose weights went through the training loop; got one "
            msg += f"fitted by {report['tool']!r}, with no epochs. Set max_epochs= to ask for the "
            msg += "loop; if it ran and gained nothing, early_stopping=False keeps its epochs."
            raise ValueError(msg)
        return cls.from_predictions(report.history, kept_epoch=report.get("kept_epoch"), ax=ax)

    @classmethod
    def from_predictions(cls, history, *, kept_epoch=None, ax=None):
        """Draw losses that were recorded before.

        Parameters
        ----------
        history : DataFrame, dict of columns or list of rows
            With the columns epoch, train_loss and valid_loss, the last if it was measured: those
            of ``fit_report_.history``, or a ``net_.history`` of skorch.
        kept_epoch : see the class
        ax : Axes, default=None

        Returns
        -------
        TrainingCurveDisplay

        Raises
        ------
        ValueError
            For columns that are missing or of unlike lengths, or losses that are all NaN.
        """
        check_drawable()
        return cls(_read_losses(history), kept_epoch=kept_epoch).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        TrainingCurveDisplay
        """
        self.ax_ = ax = single_axes(ax)
        self.figure_ = ax.figure
        losses = self.history[list(CURVES)].dropna(axis="columns", how="all")
        self.lines_ = {}
        for column in losses:
            name, look = CURVES[column]
            (self.lines_[name],) = ax.plot(
                self.history["epoch"], losses[column], label=name, marker=".", **look
            )
        self.best_ = self._mark_kept()
        # A logarithm would hide a loss that is a likelihood, or that reached zero.
        ax.set_yscale("linear" if (losses <= 0).any(axis=None) else "log")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        tidy(ax)
        ax.legend(frameon=False)
        return self

    def _mark_kept(self):
        if self.kept_epoch is None:
            return None
        label = f"kept: epoch {self.kept_epoch}"
        return self.ax_.axvline(self.kept_epoch, color=OBSERVED, linestyle=":", label=label)


def _read_losses(history):
    if not isinstance(history, pd.DataFrame | dict | list):
        msg = "history must be a DataFrame, a dict of columns or a list of rows; got "
        raise TypeError(msg + f"{type(history).__name__}. Pass fit_report_.history.")
    try:
        frame = pd.DataFrame(list(history) if isinstance(history, list) else history)
    except ValueError as error:
        msg = f"history must hold columns of one length; {error}. Pass one value an epoch."
        raise ValueError(msg) from error
    missing = [name for name in ("epoch", "train_loss") if name not in frame]
    if missing:
        msg = f"history must have the columns epoch and train_loss; it lacks {', '.join(missing)}. "
        raise ValueError(msg + "Rename its columns, or pass fit_report_.history.")
    frame = frame.reindex(columns=["epoch", *CURVES])
    try:
        losses = frame[list(CURVES)].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        msg = f"history must hold losses as numbers; {error}. Pass fit_report_.history."
        raise ValueError(msg) from error
    check_finite("history", losses, "Look at the training: no epoch had a loss.")
    return frame
