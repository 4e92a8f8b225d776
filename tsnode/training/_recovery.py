"""What went wrong in a fit, and what was done about it, as one sentence."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recovery:
    """A failure that a fit survived.

    Attributes
    ----------
    what : str
        What failed, "the loss was not finite".
    done : str
        What was done, "the learning rate was cut to a tenth".
    epoch, batch : int or None
        Where in the training loop.
    restored_epoch : int or None
        Epoch whose weights were restored; 0 = the start.
    series : int or None
        Number of the series whose window failed first.
    time : float or None
        Start of that window, in the unit of the path.
    """

    what: str
    done: str
    epoch: int | None = None
    batch: int | None = None
    restored_epoch: int | None = None
    series: int | None = None
    time: float | None = None

    def in_series(self, numbers):
        """Return the same with the series' number among all, empty ones included."""
        if self.series is None:
            return self
        return replace(self, series=int(numbers[self.series]))

    def sentence(self, place=None):
        """Say it in one sentence.

        Parameters
        ----------
        place : callable (series, time) -> str, optional
            Words for stamp and series; None leaves them out.

        Examples
        --------
        >>> Recovery("the loss was not finite", "lr was cut", epoch=3, batch=1).sentence()
        'In epoch 3, batch 1, the loss was not finite: lr was cut.'
        """
        where = "" if self.epoch is None else f"in epoch {self.epoch}, batch {self.batch}, "
        words = f"{where}{self.what}"
        if place is not None and self.series is not None:
            words += f" (window from {place(self.series, self.time)})"
        restored = ""
        if self.restored_epoch is not None:
            start = f"the weights of epoch {self.restored_epoch}"
            restored = f"{'the first weights' if not self.restored_epoch else start} came back, "
        return f"{words[0].upper()}{words[1:]}: {restored}{self.done}."
