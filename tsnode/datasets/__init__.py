"""Weather, shipped or fetched, systems and fields with known laws, and readers for any CSV."""

from tsnode.datasets._data_home import get_data_home
from tsnode.datasets._fetch_open_meteo import fetch_open_meteo
from tsnode.datasets._field_generators import (
    make_advection,
    make_burgers,
    make_heat,
    make_kuramoto_sivashinsky,
    make_reaction_diffusion,
)
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
from tsnode.datasets._heidelberg import fetch_heidelberg_2021
from tsnode.datasets._nyc_weather import load_nyc_weather
from tsnode.datasets._read_csv import read_series_csv
from tsnode.datasets._read_report import ReadReport
from tsnode.datasets._read_weather import read_weather_csv

__all__ = [
    "ReadReport",
    "fetch_heidelberg_2021",
    "fetch_open_meteo",
    "get_data_home",
    "load_nyc_weather",
    "make_advection",
    "make_burgers",
    "make_damped_pendulum",
    "make_harmonic_oscillator",
    "make_heat",
    "make_kuramoto_sivashinsky",
    "make_lorenz63",
    "make_lorenz96",
    "make_lotka_volterra",
    "make_reaction_diffusion",
    "make_roessler",
    "make_spiral",
    "make_van_der_pol",
    "read_series_csv",
    "read_weather_csv",
]
