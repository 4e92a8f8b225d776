"""Figures by channel: what is missing, spread, noise."""

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import make_van_der_pol
from tsnode.inspection import data_report

from .conftest import lorenz


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("irregular", [False, True])
def test_the_noise_is_the_planted_one(share, irregular):
    frame = make_van_der_pol(1500, noise=share, irregular=irregular, random_state=0)
    found = data_report(frame).channels.noise_share
    # The planted share is of the spread without noise.
    assert found.to_numpy() == pytest.approx(share / np.sqrt(1 + share**2), rel=0.25)


def test_the_noise_of_a_long_series_is_that_of_all_its_parts():
    frame = lorenz(8000)
    frame += 0.05 * frame.std().to_numpy() * np.random.default_rng(0).normal(size=frame.shape)
    found = data_report(frame).channels.noise_share
    assert found.to_numpy() == pytest.approx(0.05, rel=0.2)


def test_white_noise_is_all_noise(made):
    assert made("white").channels.noise_share.to_numpy() == pytest.approx(1.0, abs=0.02)


def test_a_smooth_path_has_none(made):
    assert made("van der Pol").channels.noise_share.max() < 1e-4


def test_the_noise_has_the_units_of_its_channel():
    frame = make_van_der_pol(600, noise=0.05, random_state=0)
    one, other = data_report(frame).channels, data_report(frame * 1000 + 7).channels
    assert other.noise.to_numpy() == pytest.approx(1000 * one.noise.to_numpy(), rel=1e-3)
    assert other.noise_share.to_numpy() == pytest.approx(one.noise_share.to_numpy(), rel=1e-3)


def test_missing_entries_are_shares_of_the_stamps():
    frame = pd.DataFrame({"a": np.arange(40.0), "b": np.nan}, np.arange(40.0))
    frame.loc[10.0:19.0, "a"] = np.nan
    frame.loc[5.0, "b"] = 1.0
    channels = data_report(frame).channels
    assert channels.missing.tolist() == [0.25, 0.975]
    assert channels.n_observed.tolist() == [30, 1]
    # From 9 to 20, and from 5 to the end.
    assert channels.longest_unobserved.tolist() == [11.0, 34.0]


def test_constant_and_unseen_channels_are_told_and_left_out_of_the_start():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": rng.normal(size=100), "flat": 3.0, "never": np.nan, "who": "me"}, np.arange(100.0)
    )
    report = data_report(frame)
    assert report.channels.is_constant.tolist() == [False, True, False]
    assert report.recommendation.channels == ("x",)
    assert 'frame[["x"]]' in report.recommendation.code
    notes = " ".join(report.notes)
    assert "Never changes: flat (always 3)" in notes
    assert "Never observed: never" in notes
    assert "not numeric: who" in notes


def test_nullable_and_whole_numbers_are_channels():
    frame = pd.DataFrame(
        {"a": pd.array([1, None, 3, 4], dtype="Int64"), "b": [1, 2, 3, 5]}, np.arange(4.0)
    )
    assert data_report(frame).channels.n_observed.tolist() == [3, 4]


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_values_whose_squares_overflow_or_vanish_keep_their_figures(factor):
    frame = make_van_der_pol(300, noise=0.05, random_state=0)
    one, other = data_report(frame), data_report(frame * factor)
    assert other.channels["std"].to_numpy() == pytest.approx(
        factor * one.channels["std"].to_numpy()
    )
    assert other.channels.noise.to_numpy() == pytest.approx(factor * one.channels.noise.to_numpy())
    assert other.phase_space.from_row == pytest.approx(one.phase_space.from_row, abs=1e-6)


def test_complex_numbers_are_no_channel():
    frame = pd.DataFrame({"a": np.arange(9.0), "z": 1j}, np.arange(9.0))
    assert list(data_report(frame).channels.index) == ["a"]
