"""Read-outs: what the data are like, and what a fitted field does in the long run."""

from ._lyapunov_spectrum import LyapunovSpectrum, lyapunov_spectrum

__all__ = ["LyapunovSpectrum", "lyapunov_spectrum"]
