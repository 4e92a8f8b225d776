"""The command starts fast: help and version load nothing heavy."""

import subprocess
import sys
import time

import pytest

import tsnode

COMMAND = [sys.executable, "-c", "from tsnode.cli import main; main(prog_name='tsnode')"]


OPTIONS = (
    "horizon", "columns", "model", "station", "series", "holdout", "output", "plot", "seed",
    "device", "quiet",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["forecast", "--help"], ["--version"]])
def test_help_and_version_answer_in_under_600_ms(arguments):
    def seconds():
        start = time.perf_counter()
        subprocess.run([*COMMAND, *arguments], check=True, capture_output=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.6


def test_version_is_that_of_the_package():
    run = subprocess.run([*COMMAND, "--version"], check=True, capture_output=True, text=True)
    assert run.stdout == f"tsnode {tsnode.__version__}\n"


def test_help_names_every_option():
    run = subprocess.run([*COMMAND, "forecast", "-h"], check=True, capture_output=True, text=True)
    assert [option for option in OPTIONS if f"--{option}" not in run.stdout] == []
