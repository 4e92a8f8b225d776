"""The command ``tsnode``: a thin reading of the Python API."""

from ._main import main

__all__ = ["main"]
