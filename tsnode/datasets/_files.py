"""Where the shipped data lie: inside an installed wheel, or in the checkout."""

from importlib.resources import files
from pathlib import Path


def data_file(name):
    """Return a readable path-like of the shipped file ``name``.

    The build maps the checkout's top-level ``datasets/`` to ``tsnode/datasets/files/`` of the
    wheel. An editable install has no such folder: there the checkout's own is read.
    """
    packed = files("tsnode.datasets") / "files" / name
    if packed.is_file():
        return packed
    checkout = Path(__file__).resolve().parents[2] / "datasets" / name
    if checkout.is_file():
        return checkout
    msg = f"the data file {name!r} should lie at {packed} (installed) or {checkout} (checkout); "
    msg += "it is at neither. Reinstall tsnode."
    raise FileNotFoundError(msg)
