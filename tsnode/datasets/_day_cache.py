"""Days of hourly weather that will not change any more, one file per place and month."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HOURS = 24


class DayCache:
    """Whole days (UTC) of one place, by variable.

    A file is replaced whole or not at all, and one that does not read is as good as none, so
    neither an interruption nor another process leaves wrong numbers.

    Parameters
    ----------
    folder : path, or None to keep nothing
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)

    def read(self, days, variables):
        """Find the days that have all variables.

        Returns
        -------
        frame : DataFrame of shape (24 * n_found, n_variables), UTC index
        units : dict of str to str
        place : dict
        """
        found, units, place = {}, {}, {}
        for month, asked in _by_month(days):
            kept = self._load(month)
            for day in asked:
                columns = kept["days"].get(f"{day:%Y-%m-%d}", {})
                if all(name in columns for name in variables):
                    found[day] = np.array([columns[name] for name in variables], dtype=float).T
                    units |= {name: kept["units"].get(name, "") for name in variables}
                    place = kept["place"]
        return _stack(found, variables), units, place

    def keep(self, frame, units, place, until):
        """Keep the days of ``frame`` that end at or before ``until`` and are complete."""
        if self.folder is None:
            return
        whole = frame[frame.index < until]
        complete = {
            day: rows
            for day, rows in whole.groupby(whole.index.normalize())
            if len(rows) == HOURS and np.isfinite(rows.to_numpy()).all()
        }
        for month, days in _by_month(complete):
            kept = self._load(month)
            kept["units"] |= units
            kept["place"] = place
            for day in days:
                columns = {name: complete[day][name].tolist() for name in frame}
                kept["days"].setdefault(f"{day:%Y-%m-%d}", {}).update(columns)
            self._write(month, kept)

    def _load(self, month):
        empty = {"units": {}, "place": {}, "days": {}}
        if self.folder is None:
            return empty
        try:
            kept = json.loads((self.folder / f"{month}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return empty
        return kept if _is_sound(kept) else empty

    def _write(self, month, kept):
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=f".{month}-", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(kept, stream, allow_nan=False)
            os.replace(draft, self.folder / f"{month}.json")
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _is_sound(kept):
    try:
        return all(isinstance(kept[part], dict) for part in ("units", "place")) and all(
            len(values) == HOURS for day in kept["days"].values() for values in day.values()
        )
    except (KeyError, TypeError, AttributeError):
        return False


def _by_month(days):
    months = {}
    for day in days:
        months.setdefault(f"{day:%Y-%m}", []).append(day)
    return months.items()


def _stack(found, variables):
    stamps = [day + pd.Timedelta(hours=hour) for day in found for hour in range(HOURS)]
    values = np.concatenate(list(found.values())) if found else np.empty((0, len(variables)))
    return pd.DataFrame(values, pd.DatetimeIndex(stamps, tz="UTC"), list(variables), dtype=float)
