"""A forecaster kept in a file: fitted once, then loaded and moved on by the rows that are newer."""

from dataclasses import dataclass

import numpy as np

import tsnode

from ..frames._words import in_words
from ._models import name_of_fitted
from ._options import parse_names
from ._source import words_of

MOST_OTHER = 0.5  # share of changed values from which on rows are another series'


@dataclass(frozen=True)
class SavedModel:
    """A loaded forecaster of one series.

    Attributes
    ----------
    path : str
    model : fitted forecaster
    """

    path: str
    model: object

    @classmethod
    def load(cls, path, asked=None):
        """Read a model file.

        Parameters
        ----------
        path : str
        asked : str, default=None
            Name of the model that the user asked for; None takes what there is.

        Raises
        ------
        ValueError
            The file is none, is damaged, or holds a model that the command cannot ask.
        """
        saved = cls(path, tsnode.load(path))
        reason = saved._why_unfit()
        if reason:
            msg = f"--model-file must hold a forecaster of one series by its named columns; {path} "
            msg += f"{reason}. Use it in Python, or let the command fit one into another file."
            raise ValueError(msg)
        if asked not in (None, saved.name):
            msg = f"--model must be the one in {path}, {saved.name}; got {asked}. Leave --model "
            raise ValueError(msg + "out, or name another --model-file for it.")
        return saved

    @property
    def name(self):
        """What the command calls the model."""
        return name_of_fitted(self.model)

    @property
    def columns(self):
        """Names of the channels."""
        return [str(name) for name in self.model.container_.columns]

    @property
    def series(self):
        """Name of the series it was fitted on, None if that had none."""
        return getattr(self.model, "series_name_", None)

    @property
    def end(self):
        """Time of the last row that it knows."""
        return self.model.clock_.to_index([self._end])[0]

    @property
    def _end(self):
        return float(self.model._recent.rows.times.max())

    def _why_unfit(self):
        model = self.model
        if not hasattr(model, "forecast"):
            return f"holds a {type(model).__name__}, which is no forecaster"
        if len(model._recent.rows.keys) > 1 or model._recent.rows.keys[0] is not None:
            return "holds one of a panel of series"
        if model._covariates.from_columns:
            return "holds one that was fitted with covariates"
        return "holds one of plain arrays" if model.container_.kind == "array" else None

    def reading(self, reading):
        """Return how to read a file for it: its columns, and its series if none is named.

        Raises
        ------
        ValueError
            Other columns or another series are asked for.
        """
        asked, series = reading["columns"], reading["series"]
        names = parse_names(asked)
        if names is not None and set(names) != set(self.columns):
            msg = f"--columns must be those of {self.path} ({', '.join(self.columns)}); got "
            raise ValueError(msg + f"{asked}. Leave --columns out, or name another --model-file.")
        if None not in (series, self.series) and series != self.series:
            raise ValueError(self._series_message(series))
        return reading | {"columns": self.columns, "usual_series": self.series}

    def newer_rows(self, frame, file):
        """Return the rows of a file behind the last one that the model knows.

        Raises
        ------
        ValueError
            The file is of another series, or ends before the model's last row.
        """
        series = frame.attrs.get("series")
        if None not in (series, self.series) and series != self.series:
            raise ValueError(self._series_message(series))
        self._check_clock(frame.index, file)
        times = self.model.clock_.to_model(frame.index)
        self._check_same_values(frame, times, file)
        if times[-1] < self._end * (1 - 1e-12 * np.sign(self._end)):
            msg = f"{words_of(file)} must reach the last row that {self.path} knows, "
            msg += f"{in_words(self.end)}; it ends at {in_words(frame.index[-1])}. Pass newer rows "
            raise ValueError(msg + "(or no --until), or name another --model-file.")
        return frame[times > self._end]

    def _check_clock(self, index, file):
        from ..plots._time_frames import kind_of_times

        known = self.model.clock_.to_index([self._end])
        kinds = [kind_of_times(one) for one in (known, index)]
        if kinds[0] != kinds[1]:
            msg = f"{words_of(file)} must have times like those of {self.path} ({kinds[0]}); got "
            raise ValueError(msg + f"{kinds[1]}. Pass such a file, or another --model-file.")

    def _check_same_values(self, frame, times, file):
        """Refuse rows that say something else than the training rows of the same times."""
        known = self.model._observed
        if self.model.target_transformer is not None or not known.n_rows:
            return
        _, mine, theirs = np.intersect1d(known.times, times, return_indices=True)
        values = frame[list(self.model.container_.columns)].to_numpy(dtype=float)[theirs]
        known = known.values[mine]
        is_both = np.isfinite(values) & np.isfinite(known)
        differs = ~np.isclose(values[is_both], known[is_both], rtol=1e-6, atol=1e-9)
        if differs.size and differs.mean() > MOST_OTHER:
            msg = f"{words_of(file)} must hold the series that {self.path} was fitted on; "
            msg += f"{differs.mean():.0%} of the values at the same times differ. Pass its file "
            raise ValueError(msg + "(or --station), or name another --model-file.")

    def _series_message(self, series):
        msg = f"--station must be the series of {self.path}, {self.series}; got {series}. "
        return msg + "Name that one, or another --model-file."


def save_model(model, path, frame, report):
    """Write a fitted forecaster, with the name of its series."""
    name = frame.attrs.get("series")
    if name is not None:
        model.series_name_ = name
    tsnode.save(model, path)
    report(f"model written to {path}")
