"""Damaged, foreign and unwritable files: refused with the reason, and never half a file."""

import json
import os

import numpy as np
import pytest
import safetensors.numpy
from sklearn.exceptions import NotFittedError

import tsnode
from tsnode.io import _container, _saving

from .conftest import equal, fitted, waves

FRAME = waves()


@pytest.fixture
def saved(place):
    tsnode.save(fitted("NeuralODERegressor"), place)
    return place


def corrupt(data, random):
    """Flip a bit, cut a piece out, or put bytes in."""
    at = int(random.integers(len(data)))
    size = int(random.integers(1, 50))
    kind = random.integers(3)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ (1 << int(random.integers(8)))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + size :]
    return data[:at] + random.bytes(size) + data[at:]


def test_200_random_corruptions_are_all_refused(saved):
    data, random = saved.read_bytes(), np.random.default_rng(0)
    refusals = []
    for _ in range(200):
        saved.write_bytes(corrupt(data, random))
        with pytest.raises(ValueError, match=r"Expected a file that tsnode\.save wrote") as found:
            tsnode.load(saved)
        refusals.append(str(found.value))
    assert sum("checksum" in text for text in refusals) > 50
    saved.write_bytes(data)
    equal(tsnode.load(saved).forecast(3), fitted("NeuralODERegressor").forecast(3))


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 20, 1000, -1])
def test_a_file_cut_off_anywhere_is_refused(length, saved):
    saved.write_bytes(saved.read_bytes()[:length])
    with pytest.raises(ValueError, match="cut off|is none, or is damaged"):
        tsnode.load(saved)


@pytest.mark.parametrize(
    "data", [b"time,temp\n2013-01-01,3.0\n", b"\x80\x04\x95pickle", b"\xff" * 100, b"{}" * 50]
)
def test_a_foreign_file_is_refused(data, place):
    place.write_bytes(data)
    with pytest.raises(ValueError, match="which is none, or is damaged at its beginning"):
        tsnode.load(place)


def test_a_file_of_safetensors_without_a_forecaster_is_refused(place):
    safetensors.numpy.save_file({"weight": np.ones(3)}, place)
    with pytest.raises(ValueError, match="of no forecaster"):
        tsnode.load(place)


def test_a_file_of_a_later_format_names_the_version_that_wrote_it(saved, monkeypatch):
    monkeypatch.setattr(_container, "VERSION", 2)
    monkeypatch.setattr(_saving, "__version__", "9.1.0")
    tsnode.save(fitted("PersistenceRegressor"), saved)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"has format '2' \(written by tsnode 9\.1\.0\)"):
        tsnode.load(saved)


def test_the_header_is_plain_json_for_other_readers(saved):
    data = saved.read_bytes()
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    document = json.loads(metadata["document"])
    assert document["forecaster"] == "NeuralODERegressor"
    assert document["parameters"]["hidden_layer_sizes"] == {"type": "tuple", "items": [4]}


# ---------------------------------------------------------------- paths


def test_a_path_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not there"):
        tsnode.load(tmp_path / "none.tsnode")
    with pytest.raises(IsADirectoryError, match="got the folder"):
        tsnode.load(tmp_path)
    model = fitted("PersistenceRegressor")
    with pytest.raises(IsADirectoryError, match="Add a file name"):
        tsnode.save(model, tmp_path)
    with pytest.raises(FileNotFoundError, match="in a folder that is there"):
        tsnode.save(model, tmp_path / "none" / "model.tsnode")


def test_a_forecaster_that_is_not_fitted_is_refused(place):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        tsnode.save(tsnode.PersistenceRegressor(), place)
    assert not place.exists()


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_half_way_leaves_the_old_file(step, saved, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        tsnode.save(fitted("PersistenceRegressor"), saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_file_is_replaced_behind_a_link_and_readable_by_others(saved, tmp_path):
    link = tmp_path / "link.tsnode"
    link.symlink_to(saved)
    tsnode.save(fitted("PersistenceRegressor"), link)
    assert link.is_symlink()
    assert isinstance(tsnode.load(saved), tsnode.PersistenceRegressor)
    (tmp_path / "plain").touch()
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode
