"""Rows of a density on their way in and out: checked, merged, in the units of the flow."""

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._constraints import reading_numbers
from ._flow_members import FlowRows
from ._flow_units import FlowUnits, check_spread
from ._labels import merge_rows
from ._warm_checks import check_same_columns
from ._weights import read_weights


class FlowReading:
    """Reads rows to train on and to score, and gives draws back as the rows came."""

    def _read_training(self, X, y, sample_weight, *, anew):
        """Different rows with their weights, in the units of the flow, which they decide anew."""
        before = None if anew else self._columns_by_place()
        rows, context, names = self._read_anew(X, y)
        if before is not None:
            check_same_columns(before, self._columns_by_place(rows.shape[1]))
        weights = read_weights(sample_weight, len(rows))
        # Rows that come twice, weigh double or come in another order teach the same.
        whole = rows if context is None else np.hstack([rows, context])
        seen = weights > 0
        nobody = np.zeros(seen.sum(), dtype=np.int64)
        whole, _, weights = merge_rows(whole[seen], nobody, weights[seen])
        if len(whole) < 2:
            msg = "Expected at least two different rows with a weight above zero; got one in "
            msg += f"{len(rows)} row(s). Pass more rows, or raise their sample_weight."
            raise ValueError(msg)
        rows, rest = np.split(whole, [rows.shape[1]], axis=1)
        context = None if context is None else rest
        check_spread(rows, weights, names, "y" if self.conditional else "X")
        if anew:
            self._units = FlowUnits.learn(rows, context, weights)
        u = self._units.context(context)
        return FlowRows(self._units.to_flow(rows, u), u, weights)

    @reading_numbers("the rows")
    def _read_anew(self, X, y):
        """Rows whose density is sought, their context or None, and words for their columns."""
        if not self.conditional:
            self._columns = list(X.columns) if isinstance(X, pd.DataFrame) else None
            self._target_shape = None
            X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
            return X, None, _names(X, getattr(self, "feature_names_in_", None))
        if y is None:
            msg = "Expected y beside X, since conditional=True estimates the density of y given X; "
            msg += "got None. Pass y, or set conditional=False."
            raise ValueError(msg)
        self._columns, self._target_shape = _target_names(y), np.ndim(y)
        X, y = validate_data(
            self, X, y, dtype=np.float64, ensure_min_samples=2, multi_output=True, y_numeric=True
        )
        y = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        return y, X, _names(y, self._columns)

    def _columns_by_place(self, n_targets=None):
        """Count and name (None without names) the columns of X and, if conditional, of y."""
        found = {"X": (self.n_features_in_, getattr(self, "feature_names_in_", None))}
        if self.conditional:
            n_targets = len(self._units.center) if n_targets is None else n_targets
            found["y"] = n_targets, self._columns
        return found

    @reading_numbers("the rows")
    def _read_rows(self, X, y):
        """Rows in the flow's units, and their context."""
        check_is_fitted(self)
        self._check_solver()
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if not self._made["conditional"]:
            return self._units.to_flow(X), None
        if y is None:
            msg = "Expected y beside X: the density is that of y given X; got None. "
            msg += "Pass the y to score."
            raise ValueError(msg)
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y", estimator=self)
        y = y.reshape(len(y), -1)
        if len(y) != len(X) or y.shape[1] != len(self._units.center):
            msg = f"Expected y of shape ({len(X)}, {len(self._units.center)}), a row for every row "
            msg += f"of X; got {y.shape}. Pass the targets of these rows."
            raise ValueError(msg)
        u = self._units.context(X)
        return self._units.to_flow(y, u), u

    @reading_numbers("the rows")
    def _read_context(self, X, n_samples):
        if not self._made["conditional"]:
            if X is not None:
                msg = "Expected no X, since the density is not conditional; got "
                msg += f"{type(X).__name__}. Leave it out, or fit with conditional=True."
                raise ValueError(msg)
            return None
        if X is None:
            msg = "Expected X, since the density is that of y given X; got None. "
            msg += "Pass sample(X=rows)."
            raise ValueError(msg)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.repeat(self._units.context(X), n_samples, axis=0)

    def _contained(self, rows):
        if self._columns is not None and self._target_shape != 1:
            return pd.DataFrame(rows, columns=self._columns)
        if self._target_shape == 1:
            return pd.Series(rows[:, 0], name=self._columns[0]) if self._columns else rows[:, 0]
        return rows


def _names(rows, names):
    """Words for columns."""
    if names is not None:
        return [repr(name) for name in names]
    return [f"column {k}" for k in range(rows.shape[1])]


def _target_names(y):
    if isinstance(y, pd.DataFrame):
        return list(y.columns)
    return [y.name] if isinstance(y, pd.Series) else None
