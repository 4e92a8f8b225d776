"""The likelihood smoother and the noise estimate."""
