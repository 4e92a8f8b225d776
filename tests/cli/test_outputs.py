"""Outputs that cannot be written are told in one line, and leave no file behind."""

import errno
import os
import subprocess
import sys

import pytest

import tsnode

FAST = ("--model", "persistence")
needs_full_device = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="needs the device that is always full"
)


@pytest.fixture
def untrained(monkeypatch):
    """Make any training a fault, so that a refusal must come before it."""
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", None)


@pytest.mark.parametrize("option", ["--output", "--plot", "--report"])
@pytest.mark.parametrize("same", ["weather.png", "./weather.png", "link.png", "hard.png"])
@pytest.mark.usefixtures("untrained")
def test_the_file_that_is_read_is_no_output(refusal, weather_csv, tmp_path, option, same):
    source = weather_csv.rename(tmp_path / "weather.png")
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "hard.png").hardlink_to(source)
    line = refusal("weather.png", *FAST, option, same)
    assert f"{option} must be another file than FILE" in line
    assert same in line
    assert "Choose another name" in line
    assert source.read_text().startswith("time,temp")


@pytest.mark.parametrize("plot", ["out.png", "./out.png", "link/out.png"])
@pytest.mark.usefixtures("untrained")
def test_forecast_and_picture_are_two_files(refusal, weather_csv, tmp_path, plot):
    (tmp_path / "link").symlink_to(tmp_path)
    line = refusal(weather_csv, *FAST, "--output", "out.png", "--plot", plot)
    assert "--plot must be another file than --output" in line
    assert not (tmp_path / "out.png").exists()


def test_a_file_that_is_not_there_is_told_before_its_double(refusal):
    assert "FILE must be a CSV that exists" in refusal("new.csv", *FAST, "--output", "new.csv")


def full_disk(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("option", ["--output", "--plot", "--report"])
@pytest.mark.parametrize("broken", ["os.replace", "os.chmod"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    refusal, weather_csv, tmp_path, monkeypatch, option, broken
):
    target = tmp_path / "result.png"
    target.write_text("old")
    monkeypatch.setattr(broken, full_disk)
    before = sorted(tmp_path.iterdir())
    line = refusal(weather_csv, *FAST, "--columns", "temp", option, target)
    assert f"{target} could not be written (No space left on device)" in line
    assert "Make room or give permission there, or choose another place" in line
    assert target.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_is_locked_meanwhile_is_told_with_the_path(
    refusal, weather_csv, tmp_path, monkeypatch
):
    def locked(*_args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("os.replace", locked)
    line = refusal(weather_csv, *FAST, "--output", "out.csv")
    assert "out.csv could not be written (Permission denied)" in line
    assert [path.name for path in tmp_path.iterdir()] == ["weather.csv"]


@needs_full_device
def test_a_device_without_space_is_told_in_one_line(refusal, weather_csv):
    line = refusal(weather_csv, *FAST, "--output", "/dev/full")
    assert "/dev/full could not be written (No space left on device)" in line


@pytest.mark.slow
@needs_full_device
@pytest.mark.parametrize("options", [(), ("--quiet", "--output", "-")])
def test_a_full_standard_output_is_told_in_one_line(weather_csv, options):
    code = "from tsnode.cli import main; main()"
    command = [sys.executable, "-c", code, "forecast", weather_csv, *FAST, *options]
    with open("/dev/full", "w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert "standard output could not be written (No space left on device)" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(refusal, weather_csv, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    assert "Permission denied" in refusal(weather_csv, *FAST, "--output", locked / "out.csv")
