"""Transformers in scikit-learn's sense that keep the time index."""

from ._calendar import CalendarFeatures
from ._exogenous import ExogenousFeatures
from ._pipeline import make_pipeline

__all__ = ["CalendarFeatures", "ExogenousFeatures", "make_pipeline"]
