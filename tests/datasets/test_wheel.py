"""A wheel built from the checkout carries the data and needs the checkout no more."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import tsnode.datasets
from tsnode.datasets import load_nyc_weather
from tsnode.datasets._files import data_file
print(tsnode.datasets.__file__)
print(data_file("nyc_weather.csv"))
print(load_nyc_weather("EWR").shape)
"""


@pytest.mark.slow
def test_a_wheel_carries_the_weather_and_loads_it_without_the_checkout(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(CHECKOUT)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    assert (unpacked / "tsnode/datasets/files/README.md").is_file()
    program = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n{PROGRAM}"
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    package, data, shape = run.stdout.splitlines()
    assert package.startswith(str(unpacked))
    assert data.startswith(str(unpacked))
    assert shape == "(8703, 11)"
