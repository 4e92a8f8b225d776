"""Choosing between forecasters: folds that cut time or series, and backtests."""

from ._backtest import backtest
from ._series_split import SeriesSplit
from ._time_split import TimeSplit

__all__ = ["SeriesSplit", "TimeSplit", "backtest"]
