"""Pandas in, sorted ragged arrays out: clocks, panels, requests, controls, grids."""

from ._long import from_long, to_long
from ._panel_array import from_panel

__all__ = ["from_long", "from_panel", "to_long"]
