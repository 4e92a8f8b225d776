"""Stamps without a zone become UTC."""

from datetime import tzinfo

import pandas as pd

from tsnode.exceptions import TimeIndexError
from tsnode.frames._words import in_words


def check_zone(tz):
    """Refuse what is no zone: pandas would take a number for an offset in seconds."""
    if tz is not None and not isinstance(tz, str | tzinfo):
        msg = f"tz must be the name of a zone such as 'Europe/Berlin', or a tzinfo; got {tz!r}. "
        msg += "Write an offset of five hours to the west as 'Etc/GMT+5'."
        raise TimeIndexError(msg)


def to_utc(stamps, tz, keys):
    """Turn stamps into UTC, each series by itself; without a zone they stay as they are."""
    if not isinstance(stamps, pd.DatetimeIndex):
        if tz is None:
            return stamps
        msg = f"tz={tz!r} needs stamps, but the time column holds plain numbers. Leave tz out, "
        msg += "or pass unit= if they count since 1970."
        raise TimeIndexError(msg)
    if stamps.tz is not None:
        return stamps.tz_convert("UTC")
    if tz is None:
        return stamps
    local = pd.Series(stamps, index=range(len(stamps)))
    groups = [local] if keys is None else [part for _, part in local.groupby(keys.to_numpy())]
    try:
        parts = [part.dt.tz_localize(tz, ambiguous="infer").dt.tz_convert("UTC") for part in groups]
    except (ValueError, KeyError) as error:
        # Unknown zones and hours that a clock change skips or doubles; pandas says which.
        reason = str(error).split(". Try")[0]
        msg = f"the stamps do not fit the zone {tz!r} ({reason}). Pass the zone they were written "
        msg += "in; clocks that ignore summer time need a fixed one, say tz='UTC' or 'Etc/GMT+5'."
        raise TimeIndexError(msg) from error
    return pd.DatetimeIndex(pd.concat(parts).sort_index())


def refuse_autumn_hour(stamps, keys):
    """Refuse naive stamps that repeat a whole hour of the night when clocks are set back."""
    groups = [range(len(stamps))] if keys is None else keys.groupby(keys).indices.values()
    for rows in groups:
        local = stamps[rows]
        hour = _autumn_hour(local) if local.has_duplicates else None
        if hour is not None:
            msg = f"the stamps repeat the hour of {in_words(hour)}, as clocks with summer time do "
            msg += "in autumn; expected UTC or a zone. Pass tz= with their zone, such as "
            msg += "'Europe/Berlin', or tz='UTC' if the rows are only doubled."
            raise TimeIndexError(msg)


def _autumn_hour(local):
    """Return an hour whose stamps come twice while those of its neighbours come once, or None.

    Clocks go back on a Sunday before four, in autumn of either hemisphere.
    """
    hours, is_repeated = local.floor("h"), local.duplicated()
    n_rows = pd.Series(is_repeated, index=hours).groupby(level=0).agg(["size", "sum"])
    for hour in n_rows.index[n_rows["sum"] > 0]:
        is_night = hour.day_of_week == 6 and hour.hour < 4 and hour.month in (3, 4, 9, 10, 11)
        is_whole = 2 * n_rows["sum"][hour] == n_rows["size"][hour]
        # A doubled file repeats its neighbours too, and daily rows have none.
        beside = n_rows.reindex([hour - pd.Timedelta("1h"), hour + pd.Timedelta("1h")])
        if is_night and is_whole and (beside["sum"] == 0).all():
            return hour
    return None
