"""Weather that ships with tsnode, systems with known laws, and readers for any CSV."""

from tsnode.datasets._generators import (
    make_damped_pendulum,
    make_harmonic_oscillator,
    make_lorenz63,
    make_lorenz96,
    make_lotka_volterra,
    make_roessler,
    make_spiral,
    make_van_der_pol,
)
from tsnode.datasets._nyc_weather import load_nyc_weather
from tsnode.datasets._read_csv import read_series_csv
from tsnode.datasets._read_report import ReadReport
from tsnode.datasets._read_weather import read_weather_csv

__all__ = [
    "ReadReport",
    "load_nyc_weather",
    "make_damped_pendulum",
    "make_harmonic_oscillator",
    "make_lorenz63",
    "make_lorenz96",
    "make_lotka_volterra",
    "make_roessler",
    "make_spiral",
    "make_van_der_pol",
    "read_series_csv",
    "read_weather_csv",
]
