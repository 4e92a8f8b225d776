"""Read-outs: what the data are like, and what a fitted field does in the long run."""

from ._data_report import DataReport, data_report
from ._lyapunov_spectrum import LyapunovSpectrum, lyapunov_spectrum

__all__ = ["DataReport", "LyapunovSpectrum", "data_report", "lyapunov_spectrum"]
