"""Lines of one kind are told apart by dash and width, however many there are."""

import pytest

from tsnode.plots._style import forecaster_look, orbit_look, run_look


@pytest.mark.parametrize("look_of", [forecaster_look, run_look, orbit_look])
def test_nine_lines_have_nine_looks_in_grey(look_of):
    looks = [look_of(rank) for rank in range(9)]
    in_grey = {(str(look.get("linestyle", "-")), round(look["linewidth"], 3)) for look in looks}
    assert len(in_grey) == 9


@pytest.mark.parametrize("look_of", [forecaster_look, run_look, orbit_look])
def test_five_lines_have_five_colours(look_of):
    assert len({look_of(rank)["color"] for rank in range(5)}) == 5
