"""The command starts fast: help and version load nothing heavy."""

import os
import subprocess
import sys

import pytest

import tsnode

COMMAND = [sys.executable, "-c", "from tsnode.cli import main; main(prog_name='tsnode')"]


OPTIONS = (
    "horizon", "columns", "time", "model", "station", "series", "holdout", "output", "plot", "seed",
    "device", "quiet", "interval", "every", "since", "until", "format",
    "report", "model-file", "tz", "section", "dialect",
)  # fmt: skip


def processor_seconds(command):
    """Least processor time of three runs: a busy machine does not count."""
    found = []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        children = ("children_user", "children_system")
        found.append(sum(getattr(after, name) - getattr(before, name) for name in children))
    return min(found)


@pytest.mark.parametrize("arguments", [["--help"], ["forecast", "--help"], ["models"]])
def test_help_and_version_take_little_more_than_python_and_click(arguments):
    bare = processor_seconds([sys.executable, "-c", "import click"])
    # pandas alone would be eight times as much, torch over thirty.
    assert processor_seconds([*COMMAND, *arguments]) < 3 * bare


def test_version_is_that_of_the_package():
    run = subprocess.run([*COMMAND, "--version"], check=True, capture_output=True, text=True)
    assert run.stdout == f"tsnode {tsnode.__version__}\n"


def test_help_names_every_option():
    run = subprocess.run([*COMMAND, "forecast", "-h"], check=True, capture_output=True, text=True)
    assert [option for option in OPTIONS if f"--{option}" not in run.stdout] == []
