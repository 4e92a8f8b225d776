"""Stamps without a zone become UTC."""

import pandas as pd

from tsnode.exceptions import TimeIndexError


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
        msg = f"the stamps do not fit the zone {tz!r} ({error}). Pass the zone they were written "
        msg += "in; clocks that ignore summer time need a fixed one, say tz='UTC' or 'Etc/GMT+5'."
        raise TimeIndexError(msg) from error
    return pd.DatetimeIndex(pd.concat(parts).sort_index())
