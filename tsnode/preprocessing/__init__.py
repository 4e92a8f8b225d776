"""Transformers in scikit-learn's sense that keep the time index."""

from ._calendar import CalendarFeatures
from ._exogenous import ExogenousFeatures
from ._pipeline import make_pipeline
from ._ranges import PhysicalRanges
from ._solar import SolarFeatures

__all__ = [
    "CalendarFeatures",
    "ExogenousFeatures",
    "PhysicalRanges",
    "SolarFeatures",
    "make_pipeline",
]
