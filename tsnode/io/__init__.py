"""Fitted forecasters as files that hold data and no code."""

from ._saving import load, save

__all__ = ["load", "save"]
