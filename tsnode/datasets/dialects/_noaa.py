"""What NOAA's three formats share: stations, daily summaries among the reports, quality codes."""

import numpy as np
import pandas as pd

PLACES = {"LATITUDE": "latitude", "LONGITUDE": "longitude", "ELEVATION": "elevation",
          "NAME": "name"}  # fmt: skip
SUMMARIES = ("SOD", "SOM")  # of the day and of the month
# Of two reports at one stamp the later of these counts; METAR is the regular one of airports.
PREFERRED = ("FM-12", "FM-16", "FM-15")
SUSPECT, ERRONEOUS = frozenset("26"), frozenset("37")


def drop_summaries(table):
    """Return the reports, those that count most last, and how many rows were summaries."""
    kinds = table.pop("REPORT_TYPE").astype("category")
    names = [str(kind).strip() for kind in kinds.cat.categories]
    codes = kinds.cat.codes.to_numpy()
    is_summary = np.array([name in SUMMARIES for name in names] + [False])[codes]
    ranks = [1 + PREFERRED.index(name) if name in PREFERRED else 0 for name in names] + [0]
    order = np.argsort(np.array(ranks)[codes], kind="stable")
    order = order[~is_summary[order]]
    n_summaries = int(is_summary.sum())
    left_out = {"summaries of a day or month": n_summaries} if n_summaries else {}
    return table.iloc[order].reset_index(drop=True), left_out


def split_stations(stations, table, places):
    """Return the key of each row (None: one station) and what is told of each.

    Parameters
    ----------
    stations : Series of str – pandas would read a category of digits as numbers.
    table : DataFrame with columns of places, which are taken out of it
    places : dict – of the columns to the words for them.
    """
    if stations.isna().any():
        row = int(np.flatnonzero(stations.isna())[0]) + 1
        msg = f"the column {stations.name!r} is empty in {int(stations.isna().sum())} rows (first: "
        msg += f"row {row}), expected a station in each. Repair or remove these rows."
        raise ValueError(msg)
    told = {word: table.pop(column) for column, word in places.items() if column in table}
    found = {}
    for row in np.flatnonzero(~stations.duplicated()):
        station = str(stations.iloc[row])
        values = {word: _plain(cells.iloc[row]) for word, cells in told.items()}
        found[station] = {"station": station} | {
            word: value for word, value in values.items() if value is not None
        }
    if len(found) == 1:
        return None, next(iter(found.values()))
    return stations.astype("str").to_numpy(), found


def _plain(cell):
    if pd.isna(cell):
        return None
    return cell.strip() if isinstance(cell, str) else float(cell)


def doubt(code, *, keeps_doubtful):
    """Return why a quality code of the ISD family rules a value out, "" if it does not."""
    if code in ERRONEOUS:
        return "erroneous"
    return "suspect" if code in SUSPECT and not keeps_doubtful else ""
