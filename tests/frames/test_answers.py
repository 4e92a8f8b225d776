"""The answer wears the container of y."""

import numpy as np
import pandas as pd
import pytest

from tsnode.frames._answers import Container

VALUES = np.array([[1.0], [2.0]])
INDEX = pd.Index([5.0, 6.0], name="t")


@pytest.mark.parametrize("has_times", [True, False])
@pytest.mark.parametrize("kind", ["series", "frame"])
def test_pandas_comes_back_only_where_y_had_times(kind, has_times):
    y = {"series": pd.Series([0.0], name="x"), "frame": pd.DataFrame({"x": [0.0]})}[kind]
    container = Container.of(y, 1, is_flat=kind == "series", has_times=has_times)
    answer = container.wrap(VALUES, INDEX)
    assert container.columns == ("x",)
    assert isinstance(answer, pd.Series | pd.DataFrame) == has_times
    np.testing.assert_array_equal(np.asarray(answer).ravel(), VALUES.ravel())


def test_a_frame_of_one_column_stays_a_frame():
    container = Container.of(pd.DataFrame({"x": [0.0]}), 1, is_flat=False, has_times=True)
    expected = pd.DataFrame({"x": [1.0, 2.0]}, index=INDEX)
    pd.testing.assert_frame_equal(container.wrap(VALUES, INDEX), expected)


@pytest.mark.parametrize(("is_flat", "shape"), [(True, (2,)), (False, (2, 1))])
def test_an_array_keeps_its_number_of_axes(is_flat, shape):
    container = Container.of(np.zeros((3, 1)), 1, is_flat=is_flat, has_times=False)
    assert container.wrap(VALUES, None).shape == shape
    assert container.columns == (0,)
