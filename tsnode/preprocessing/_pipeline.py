"""Pipelines whose transformers keep the time index."""

from sklearn.pipeline import make_pipeline as sklearn_make_pipeline


def make_pipeline(*steps, memory=None, verbose=False):
    """Return scikit-learn's pipeline, with pandas output so that the time index is kept.

    Transformers hand on bare arrays by default, and an array has no stamps for the forecaster at
    the end.

    Parameters
    ----------
    *steps : transformers of covariates, a forecaster at the end
    memory, verbose : see `sklearn.pipeline.make_pipeline`

    Returns
    -------
    sklearn.pipeline.Pipeline

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.preprocessing import StandardScaler
    >>> rain = pd.DataFrame({"rain": [0.0, 2.0]}, pd.date_range("2024-01-01", periods=2))
    >>> make_pipeline(StandardScaler()).fit_transform(rain).index.equals(rain.index)
    True
    """
    pipeline = sklearn_make_pipeline(*steps, memory=memory, verbose=verbose)
    return pipeline.set_output(transform="pandas")
