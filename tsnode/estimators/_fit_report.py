"""What a fit tried, chose and measured, as a dict that reads well when it is shown."""

import numbers
from html import escape

import numpy as np
import pandas as pd

from ..training._recovery import Recovery

COLUMNS = ("epoch", "train_loss", "valid_loss", "seconds")
# Names of skorch's history that a reader of the report would have to look up.
RENAMED = {"dur": "seconds", "event_lr": "lr"}

FIRST = ("tool", "stopped", "chosen", "pairs", "errors")
LAST = ("sigma", "history", "recoveries", "warnings", "seconds")
# Stages whose figures lie at the top of the report; those of the others are dicts of their own.
STAGES = {
    "match": (
        "seconds_match", "derivatives", "n_points", "n_gaps", "n_steps", "n_iterations", "loss",
        "objective", "scale", "miss",
    ),
    "linear": ("seconds_linear", "n_windows", "n_features", "valid_error_linear"),
}  # fmt: skip
LABELS = {"errors": "errors of candidates", "sigma": "noise (sigma)", "seconds": "total seconds"}
UNITS = {
    "errors": " (mean squared, of forecasts of the newest rows, standardised units)",
    "sigma": " (standardised units)",
}
MOST_SHOWN = 10


class FitReport(dict):
    """Dict of plain Python, shown with one line a choice, stage or figure.

    ``sigma`` (noise per channel) and ``errors`` are in standardised units.
    """

    @classmethod
    def of(cls, found, net, *, columns, seconds, place=None):
        """Add to what a path found the epochs of its net, its channels and the fit's seconds.

        ``place`` puts (series, time) into words, for the sentences of ``recoveries``.
        """
        notes = found.get("recoveries", ())
        report = cls(_plain(found | {"recoveries": [_sentence(note, place) for note in notes]}))
        if "n_iterations" in report and "seconds" in report:
            # The path's own seconds are those of the match; below come those of the whole fit.
            report["seconds_match"] = report["seconds"]
        if None not in columns:
            report["channels"] = [str(name) for name in columns]
        # A rehearsal, which chose the number of epochs, has more to tell than the net it led to.
        if report.get("history") is None and (epochs := epochs_of(net)):
            report.update(epochs)
        report["seconds"] = seconds
        return report

    def words_of_mending(self, what):
        """Return the warning of failures that were mended, in words; "" without any."""
        if not (notes := self["recoveries"]):
            return ""
        words = f"{len(notes)} failure(s) of the fit were mended. {notes[0]} All stand in "
        words += "fit_report_['recoveries']; lower lr, or look for outliers in "
        return f"{words}{what}, to avoid them."

    @property
    def history(self):
        """Epochs of the loop as a DataFrame, NaN where not measured; empty if none ran.

        Where a rehearsal on the older rows chose the number of epochs, they are its epochs.
        """
        epochs = self.get("history") or {}
        names = dict.fromkeys([*COLUMNS, *epochs])
        return (
            pd.DataFrame(epochs).reindex(columns=list(names)).astype(float).astype({"epoch": int})
        )

    def __repr__(self):
        rows = self._rows()
        width = max((len(label) for label, _ in rows), default=0)
        return "\n".join(["FitReport", *(f"  {label:<{width}}  {text}" for label, text in rows)])

    def _repr_html_(self):
        pairs = [(escape(label), escape(text)) for label, text in self._rows()]
        rows = "".join(f"<tr><th>{label}</th><td>{text}</td></tr>" for label, text in pairs)
        return f"<table><caption>FitReport</caption><tbody>{rows}</tbody></table>"

    def _rows(self):
        """Labels and texts of all lines; every key is in one of them."""
        rows, placed = self._lines(FIRST), {*FIRST, *LAST}
        for stage, keys in STAGES.items():
            # "seconds_match" of the match is its seconds.
            figures = {key.removesuffix(f"_{stage}"): self[key] for key in keys if key in self}
            rows += [(stage, _text(figures, self.get("channels", ())))] if figures else []
            placed.update(keys)
        return rows + self._lines(key for key in self if key not in placed) + self._lines(LAST)

    def _lines(self, keys):
        lines, names = [], self.get("channels", ())
        for key in [key for key in keys if key in self]:
            is_notes = key in ("recoveries", "warnings") and self[key]
            for value in self[key] if is_notes else [self[key]]:
                text = _course(value) if key == "history" else _text(value, names)
                lines.append((LABELS.get(key, str(key)), text + UNITS.get(key, "") * bool(value)))
        return lines


def _sentence(note, place=None):
    return note.sentence(place) if isinstance(note, Recovery) else note


def _plain(value):
    """Numpy and containers as plain Python; what is neither, as its text."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | None) else repr(value)


def epochs_of(net):
    """Return what training recorded: ``kept_epoch`` and ``history``; {} if none."""
    epochs = _figures_by_column(net)
    if not epochs:
        return {}
    best = net.report_["best_epoch"]
    # Without validation the weights of the last epoch stay.
    kept = epochs["epoch"][-1] if best is None else best
    return {"kept_epoch": kept, "history": epochs}


def _figures_by_column(net):
    """Figures of skorch's history by column, None where not measured; {} without epochs."""
    rows = [{RENAMED.get(name, name): v for name, v in row.items()} for row in net.history]
    found = [name for row in rows for name in row if _is_figure(name, row[name])]
    names = dict.fromkeys([*COLUMNS, *found]) if rows else ()
    # No nan, which differs from itself: a report equals its copy.
    return {n: [_plain(v) if (v := row.get(n)) == v else None for row in rows] for n in names}


def _is_figure(name, value):
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return is_number and not name.endswith("_batch_count")


def _course(epochs):
    """First and last figures of the epochs."""
    # The last epoch of an interrupted training has no seconds.
    seconds = sum(value or 0.0 for value in epochs["seconds"])
    texts = [f"{len(epochs['epoch'])} epochs, seconds {_text(seconds)}"]
    for name in [name for name in epochs if name not in ("epoch", "seconds")]:
        seen = [value for value in epochs[name] if value is not None]
        course = f"{_text(seen[0])} -> {_text(seen[-1])}" if seen else "not measured"
        texts.append(f"{name} {course}")
    return ", ".join(texts)


def _text(value, names=()):
    """One line; the reason why a stage declined comes first in it."""
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda entry: entry[0] not in ("declined", "refused"))
        return ", ".join(f"{name} {_text(entry, names)}" for name, entry in ordered) or "none"
    if isinstance(value, list):
        return _list_text(value, names)
    return f"{value:.4g}" if isinstance(value, float) else " ".join(str(value).split())


def _list_text(values, names):
    flat = [e for value in values for e in (value if isinstance(value, list) else [value])]
    is_numeric = all(isinstance(entry, int | float) for entry in flat)
    if len(flat) > MOST_SHOWN:
        # Unlike min and max, these pass over nan.
        ends = (np.fmin.reduce(flat), np.fmax.reduce(flat)) if is_numeric else (flat[0], flat[-1])
        between = " to " if is_numeric else ", ..., "
        return f"{_text(ends[0])}{between}{_text(ends[1])} ({len(flat)} values)"
    is_named = is_numeric and len(names) == len(flat)
    heads = [f"{name}: " for name in names] if is_named else [""] * len(flat)
    texts = [head + _text(entry) for head, entry in zip(heads, flat, strict=True)]
    return ", ".join(texts) or "none"
