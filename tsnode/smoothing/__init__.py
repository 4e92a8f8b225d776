"""The likelihood smoother and the noise estimate."""

from ._integrated_wiener import smooth_channel

__all__ = ["smooth_channel"]
