"""A density display draws for how much of the time each state is visited."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning
from tsnode.metrics import kl_divergence
from tsnode.plots import StateDensityDisplay

pytestmark = pytest.mark.usefixtures("pyplot")

INDEX = pd.Index(np.arange(3000) * 0.1, name="time")


def cloud(seed=0, index=INDEX):
    values = np.random.default_rng(seed).normal(size=(len(index), 2))
    frame = pd.DataFrame(values @ [[1.0, 0.5], [0.0, 2.0]], index=index, columns=["x", "y"])
    frame.attrs["units"] = {"x": "K", "y": "m/s"}
    return frame


def test_the_true_density_sums_to_one_and_has_the_moments_of_the_data():
    truth = cloud()
    display = StateDensityDisplay.from_predictions(truth, n_bins=60)
    for channel in ("x", "y"):
        edges, density = display.edges[channel], display.densities["observed"][channel]
        share = density * np.diff(edges)
        centres = (edges[1:] + edges[:-1]) / 2
        assert share.sum() == pytest.approx(1.0)
        assert share @ centres == pytest.approx(truth[channel].mean(), abs=0.02)
        assert share @ centres**2 == pytest.approx((truth[channel] ** 2).mean(), rel=0.02)


def test_steps_are_drawn_as_computed():
    display = StateDensityDisplay.from_predictions(cloud(), {"other": cloud(1)})
    for name, patches in display.artists_.items():
        for channel, patch in zip(("x", "y"), patches, strict=True):
            drawn = patch.get_data()
            np.testing.assert_array_equal(drawn.values, display.densities[name][channel])
            np.testing.assert_array_equal(drawn.edges, display.edges[channel])


def test_rows_weigh_by_the_time_they_stand_for():
    # 20 rows at 0 within one second, then 20 at 1 over a hundred.
    times = np.concatenate([np.arange(20) * 0.05, 1.0 + 5.0 * np.arange(20)])
    states = np.repeat([0.0, 1.0], 20)
    display = StateDensityDisplay.from_predictions(states, times=times, n_bins=2)
    share = display.densities["observed"]["channel 0"] * np.diff(display.edges["channel 0"])
    even = StateDensityDisplay.from_predictions(states, n_bins=2).densities["observed"]["channel 0"]
    cells = np.diff(np.concatenate([[-0.05], (times[1:] + times[:-1]) / 2, [98.5]]))
    cells[0], cells[-1] = 0.05, 5.0
    np.testing.assert_allclose(
        share, [cells[:20].sum() / cells.sum(), cells[20:].sum() / cells.sum()]
    )
    assert share[1] > 0.98
    assert even[0] == even[1]


def test_time_outside_the_true_range_is_missing_from_the_density():
    far = cloud(1)
    far.iloc[:1000] = 50.0
    display = StateDensityDisplay.from_predictions(cloud(), far)
    share = display.densities["generated"]["x"] * np.diff(display.edges["x"])
    assert share.sum() == pytest.approx(2 / 3, abs=0.01)


def test_the_legend_holds_the_divergence_of_the_drawn_channels():
    truth, wide = cloud(), 1.5 * cloud(1)
    for channels in (["x", "y"], ["y"]):
        display = StateDensityDisplay.from_predictions(truth, {"wide": wide}, channels=channels)
        expected = kl_divergence(truth[channels], wide[channels])
        assert expected > 0.01
        label = display.ax_[0].get_legend_handles_labels()[1][1]
        assert label == f"wide (KL {expected:.2g} nats)"


def test_axes_carry_units():
    display = StateDensityDisplay.from_predictions(cloud())
    assert [ax.get_xlabel() for ax in display.ax_] == ["x [K]", "y [m/s]"]
    assert [ax.get_ylabel() for ax in display.ax_] == ["density [1/K]", "density [1/(m/s)]"]


def test_a_run_that_stands_still_does_not_flatten_the_truth():
    still = cloud() * 0 + 0.1
    display = StateDensityDisplay.from_predictions(cloud(), still, n_bins=10)
    density = display.densities
    assert density["generated"]["x"].max() > 2.5 * density["observed"]["x"].max()
    assert display.ax_[0].get_ylim()[1] == pytest.approx(2.5 * density["observed"]["x"].max())


def test_on_given_axes_there_is_room_for_the_legend(pyplot):
    _, ax = pyplot.subplots()
    display = StateDensityDisplay.from_predictions(cloud(), cloud(), channels="x", ax=ax)
    assert ax.get_ylim()[1] == pytest.approx(1.2 * 1.1 * display.densities["observed"]["x"].max())


def test_a_pair_is_drawn_one_panel_a_run_in_one_scale_of_grey():
    display = StateDensityDisplay.from_predictions(cloud(), {"b": cloud(1)}, pair=["y", "x"])
    assert len(display.ax_) == 2
    meshes = display.artists_
    assert meshes["observed"].get_clim() == meshes["b"].get_clim()
    assert meshes["b"].get_cmap().name == "Greys"
    np.testing.assert_array_equal(meshes["b"].get_array(), display.densities["b"].T)
    assert display.ax_[0].get_xlabel() == "y [m/s]"
    assert display.ax_[0].get_ylabel() == "x [K]"
    assert display.figure_.axes[-1].get_ylabel() == "density [1/(m/s·K)]"


def test_the_density_of_a_pair_sums_to_that_of_a_channel():
    pair = StateDensityDisplay.from_predictions(cloud(), pair=["x", "y"])
    single = StateDensityDisplay.from_predictions(cloud())
    marginal = pair.densities["observed"] @ np.diff(pair.edges["y"])
    np.testing.assert_allclose(marginal, single.densities["observed"]["x"])


def test_from_estimator_draws_its_free_run():
    truth = cloud()
    model = PersistenceRegressor().fit(truth.index, truth)
    display = StateDensityDisplay.from_estimator(
        model, truth.index, truth, baselines={"same": model}, n_bins=10
    )
    assert list(display.densities) == ["observed", "PersistenceRegressor", "same"]
    # Free persistence stays in one bin.
    assert (display.densities["same"]["x"] > 0).sum() == 1
    assert display.ax_[1].get_xlabel() == "y [m/s]"


def test_a_run_that_left_is_told_of():
    with pytest.warns(ForecastWarning, match="outside the true range"):
        display = StateDensityDisplay.from_predictions(cloud(), cloud() + 100.0)
    assert display.divergences["generated"] == np.inf
    display.figure_.canvas.draw()


REFUSALS = {
    "a constant channel": (cloud().assign(x=1.0), {}, "must vary; constant: x"),
    "no whole row": (cloud() * np.nan, {}, "rows hold NaN"),
    "other channels": (cloud(), {"generated": cloud()[["x"]]}, "same channels; got x, y and x"),
    "few rows": (cloud()[:9], {"generated": cloud()}, "Too few points for the bins"),
    "an unknown channel": (cloud(), {"channels": ["z"]}, "some of x, y in truth; got z. Name"),
    "a pair of one": (cloud(), {"pair": ["x", "x"]}, "pair must hold two channels"),
    "a pair and channels": (cloud(), {"pair": ["x", "y"], "channels": ["x"]}, "Pass one of them"),
    "no bins": (cloud(), {"n_bins": 1}, "n_bins must be a whole number at least 2"),
}


@pytest.mark.parametrize(("truth", "options", "words"), REFUSALS.values(), ids=REFUSALS)
def test_runs_without_a_density_are_refused(truth, options, words):
    with pytest.raises(ValueError, match=words):
        StateDensityDisplay.from_predictions(truth, **options)
