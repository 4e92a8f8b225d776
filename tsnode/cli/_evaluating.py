"""From a file to errors by lead: what ``tsnode evaluate`` does, step by step."""

from types import SimpleNamespace

from ..frames._words import in_words
from . import _outputs
from ._fitting import ModelFactory
from ._forecasting import judge, read
from ._judging import Trial
from ._model_file import SavedModel
from ._source import words_of
from ._times import parse_holdout


def evaluate_models(file, reading, asked, report):
    """Judge models on the newest part of a file.

    Parameters
    ----------
    file : str
    reading : dict, keywords of ``read_one_series``
    asked : namespace of the command's options
    report : Report
    """
    saved = None if asked.model_file is None else SavedModel.load(asked.model_file)
    names = list(dict.fromkeys(asked.model)) or ([] if saved else ["neural-ode"])
    reading = reading if saved is None else saved.reading(reading)
    frame, notes = read(file, reading, report)
    start = parse_holdout(asked.holdout, frame.index)
    if saved is not None:
        start = _after(saved, frame, file, start, report)
    trial = Trial.plan(frame, asked.horizon, start)
    report(trial.describe())
    models = {} if saved is None else {f"{saved.name} of file": saved.model}
    for name in names:
        model_of = ModelFactory(name, asked, trial)
        models[name] = model_of.fit(trial.train, "training", report)
    judge(trial, models, asked.intervals, report)
    if asked.output:
        about = {"file": words_of(file), "models": list(models), "judged_from": in_words(start)}
        _outputs.write_table(_table(trial), asked, about, report)
    if asked.report:
        found = SimpleNamespace(file=file, frame=frame, notes=notes, trial=trial, ahead=None)
        found.model = next(iter(models.values()))
        found.settings = asked.settings | {"model": ", ".join(models)}
        _outputs.write_report(found, asked.report, report)


def _after(saved, frame, file, start, report):
    """Return ``start``, or the first row that a saved model has not seen if that is later."""
    newer = saved.newer_rows(frame, file)
    if len(newer) < 2:
        msg = f"{words_of(file)} must hold rows that {saved.path} has not seen, to judge it; got "
        msg += f"{len(newer)} behind {in_words(saved.end)}, the last that it knows. Pass a file "
        raise ValueError(msg + "with newer rows, or judge by --model a new fit.")
    if start >= newer.index[0]:
        return start
    report(f"judging from {in_words(newer.index[0])} on: {saved.path} knows the rows before")
    return newer.index[0]


def _table(trial):
    """Errors and coverage by lead, one row a lead."""
    table = trial.errors()
    table.insert(0, "lead", [trial.step.in_words(n) for n in table.index])
    for label, shares in trial.coverage.items():
        table[f"inside {label}"] = shares.mean(axis=1)
    return table.rename_axis(index="steps")
