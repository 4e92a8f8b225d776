"""What update has brought is in the file, too."""

import numpy as np
import pytest

import tsnode

from .conftest import MAKERS, equal, fitted, waves

FRAME = waves(70)
NEW = FRAME[40:60].copy()
NEW.iloc[5:, 1] = np.nan


@pytest.mark.parametrize("rows", ["all", "tail"])
@pytest.mark.parametrize("name", MAKERS)
def test_an_updated_forecaster_goes_on_after_load(name, rows, place):
    model = fitted(name).update(NEW.index, NEW)
    tsnode.save(model, place, rows=rows)
    loaded = tsnode.load(place)
    equal(loaded.forecast(5), model.forecast(5))
    later = FRAME[60:]
    equal(
        loaded.update(later.index, later).forecast(5), model.update(later.index, later).forecast(5)
    )
