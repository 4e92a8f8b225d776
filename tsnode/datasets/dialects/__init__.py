"""The weather formats that are known by their first lines, one file each."""

from ._choice import DIALECTS, choose_dialect
from ._dialect import Asked, Dialect, Head, Reading

__all__ = ["DIALECTS", "Asked", "Dialect", "Head", "Reading", "choose_dialect"]
