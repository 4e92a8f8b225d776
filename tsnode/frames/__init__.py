"""Pandas in, sorted ragged arrays out: clocks, panels, requests, controls, grids."""
