"""Pandas in, sorted ragged arrays out: clocks, panels, requests, controls, grids."""

from ._long import from_long, to_long

__all__ = ["from_long", "to_long"]
