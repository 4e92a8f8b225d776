"""The folder that fetched data are kept in."""

import os
from pathlib import Path


def get_data_home(data_home=None):
    """Return the folder that fetched data are kept in; it is made if it is not there.

    Parameters
    ----------
    data_home : str or path, default=None
        None: the environment variable ``TSNODE_DATA``, or else ``~/tsnode_data``. Nothing but
        copies of what can be fetched again lies there: delete it whenever room is needed.

    Returns
    -------
    Path

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    if data_home is None:
        data_home = os.environ.get("TSNODE_DATA") or Path("~", "tsnode_data")
    folder = Path(data_home).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
