"""Which column of a table tells its series apart, and the keys in it."""

import numpy as np
import pandas as pd

# A series key: how many rows must share a stamp before a column counts as one, by its kind, how
# many of them it may leave doubled, and names that make one without that.
MIN_DOUBLED_TEXT = 0.1
MIN_DOUBLED_WHOLE = 0.3
MAX_LEFT_DOUBLED = 0.1
# Whole numbers are a key only if so large a share of its series has a row at a stamp.
MIN_FULL_WHOLE = 0.5
KEY_NAMES = ("station", "station_id", "station_name", "series", "series_id", "unique_id", "site",
             "site_id", "location", "location_id", "sensor", "sensor_id")  # fmt: skip


def _find_series_columns(values, stamps):
    """Return the columns that tell rows of one stamp apart, or are named like such a key."""
    n_rows, n_doubled = len(stamps), int(stamps.duplicated().sum())
    n_numbers = values.select_dtypes("number").shape[1]
    found = []
    for name, cells in values.items():
        is_text = not pd.api.types.is_numeric_dtype(cells)
        is_whole = pd.api.types.is_integer_dtype(cells)
        if not (is_text or is_whole) or not 2 <= cells.nunique() <= 2 * n_rows / 3:
            continue
        # Numbers tell stamps apart by chance more easily than names do.
        is_key = n_doubled >= (MIN_DOUBLED_TEXT if is_text else MIN_DOUBLED_WHOLE) * n_rows
        if is_key:
            pairs = pd.DataFrame({"stamp": stamps, "key": cells.to_numpy()})
            is_key = pairs.duplicated().sum() <= MAX_LEFT_DOUBLED * n_doubled
        if is_key and is_whole and name.lower() not in KEY_NAMES:
            n_cells = cells.nunique() * stamps.nunique()
            is_key = n_rows >= MIN_FULL_WHOLE * n_cells and n_numbers > 1
        if is_key or (is_text and name.lower() in KEY_NAMES):
            found.append(name)
    return sorted(found, key=lambda name: name.lower() not in KEY_NAMES)


def settle_series(values, stamps, series, columns):
    """Return the name of the key under "auto"; refuse rows of several series as one."""
    found = _find_series_columns(values.drop(columns=columns or []), stamps)
    if not found:
        return None
    if series == "auto":
        return found[0]
    keys = values[found[0]].dropna().unique()
    shown = ", ".join(map(str, keys[:5])) + (", ..." if len(keys) > 5 else "")
    msg = f"the rows belong to {len(keys)} series: column {found[0]!r} holds {shown}, expected one "
    msg += f"series. Pass series={found[0]!r} for a panel, or name the value columns by columns=."
    raise ValueError(msg)


def read_keys(cells):
    if cells.isna().any():
        row = int(np.argmax(cells.isna().to_numpy())) + 1
        msg = f"the series column {cells.name!r} is empty in {int(cells.isna().sum())} of "
        msg += f"{len(cells)} rows (first: data row {row}), expected a name in every row. "
        msg += "Remove or fill them."
        raise ValueError(msg)
    texts = cells.astype(str).str.strip()
    is_number = texts.str.fullmatch(r"0|-?[1-9]\d{0,17}").all()
    return texts.astype("int64") if is_number else texts
