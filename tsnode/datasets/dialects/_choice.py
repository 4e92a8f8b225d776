"""Which dialect a file is written in: exactly one may recognise it."""

from dataclasses import replace

from ._delhi import DELHI
from ._dialect import Dialect
from ._ghcnh import GHCNH
from ._gsod import GSOD
from ._isd import ISD
from ._jena import JENA
from ._lcd import LCD
from ._metar import METAR
from ._meteostat import METEOSTAT_ANNUAL, METEOSTAT_BULK
from ._open_meteo import OPEN_METEO
from ._plain import read_plain

PLAIN = Dialect("csv", "plain CSV", lambda _head: "", read_plain)
DIALECTS = (OPEN_METEO, JENA, DELHI, METEOSTAT_BULK, METEOSTAT_ANNUAL, METAR, ISD, LCD, GHCNH, GSOD)


def choose_dialect(head, name, asked=None):
    """Return the dialect of a file and why; plain CSV if none knows it.

    Parameters
    ----------
    head : Head
    name : str – of the file, for messages.
    asked : str or None – the key of a dialect that the caller insists on.

    Raises
    ------
    ValueError
        Two dialects recognise the file, or that asked for does not, or there is none of its name.
    """
    if asked is not None:
        return _asked(head, name, asked), "asked for by dialect="
    if not head.lines:
        return PLAIN, "it holds comments alone"
    found = [(dialect, why) for dialect in DIALECTS if (why := dialect.recognises(head))]
    if len(found) > 1:
        (first, because), (second, too) = found[:2]
        msg = f"{name} may be {first.title} ({because}) or {second.title} ({too}), expected one "
        msg += f"format. Pass dialect={first.key!r} or dialect={second.key!r}."
        raise ValueError(msg)
    if not found:
        _refuse_other_marks(head, name)
    return found[0] if found else (PLAIN, "no known weather format")


def _refuse_other_marks(head, name):
    for sep in ";\t|":
        recut = replace(head, sep=sep)
        for dialect in DIALECTS:
            if dialect.needs_commas and dialect.recognises(recut):
                msg = f"{name} is {dialect.title} cut by {sep!r}, expected the commas it is "
                msg += "published with: its codes would be misread. Download it again."
                raise ValueError(msg)


def _asked(head, name, asked):
    known = {dialect.key: dialect for dialect in (*DIALECTS, PLAIN)}
    dialect = known.get(asked)
    if dialect is PLAIN or (dialect and head.lines and dialect.recognises(head)):
        return dialect
    if dialect:
        msg = f"{name} is no {dialect.title}, by its first lines, but dialect={asked!r} asks for "
        msg += "that. Leave dialect out, or pass dialect='csv' to read it by its columns."
        raise ValueError(msg)
    msg = f"dialect must be one of {', '.join(map(repr, known))} or None; got {asked!r}. "
    msg += "Pass one of these."
    raise ValueError(msg)
