"""NOAA's GSOD: nines of each column's own length are nothing measured."""

import io

import numpy as np
import pandas as pd

from tsnode.datasets import read_weather_csv

TEXT = (
    '"STATION","DATE","LATITUDE","LONGITUDE","ELEVATION","NAME","TEMP","TEMP_ATTRIBUTES","DEWP",'
    '"SLP","STP","VISIB","WDSP","GUST","MAX","MAX_ATTRIBUTES","PRCP","SNDP"\n'
    '"01003099999","2020-01-01","77.0","15.5","12.0","HORNSUND, NO","   9.6","24","   1.2",'
    '"1005.1","  4.0"," 12.0"," 10.0","999.9","  14.0","*"," 0.12","999.9"\n'
    '"01003099999","2020-01-02","77.0","15.5","12.0","HORNSUND, NO","9999.9"," 0","9999.9",'
    '"9999.9","999.1","999.9","999.9"," 35.0","  15.0"," ","99.99","  3.9"\n'
)


def read(**options):
    return read_weather_csv(io.StringIO(TEXT), return_report=True, **options)


def test_the_nines_of_each_column_are_missing_and_counted():
    frame, report = read()
    assert frame["TEMP"].tolist()[0] == 9.6
    assert frame.isna().sum(axis=1).tolist() == [2, 6]
    assert report.missing["PRCP"] == {"99.99": 1}
    assert report.missing["TEMP"] == {"9999.9": 1}
    assert (report.dialect, report.zone) == ("NOAA GSOD", "UTC days, as the format has it")


def test_blanks_around_names_are_none_of_theirs():
    text = TEXT.replace('"DATE"', '" DATE"').replace('"TEMP"', '"TEMP "')
    frame, _ = read_weather_csv(io.StringIO(text), return_report=True)
    pd.testing.assert_frame_equal(frame, read()[0])


def test_padded_numbers_places_and_units_are_read():
    frame, _ = read()
    assert frame["MAX"].tolist() == [14.0, 15.0]
    assert frame.index[1] == pd.Timestamp("2020-01-02", tz="UTC")
    assert frame.attrs["place"]["station"] == "01003099999"
    assert frame.attrs["units"]["WDSP"] == "kn"


def test_a_station_pressure_over_a_thousand_gets_its_leading_1_back():
    frame, report = read()
    assert frame["STP"].tolist() == [1004.0, 999.1]
    assert report.notes == ("STP: 1 values without their leading 1 mended",)


def test_metric_units_and_cf_names_are_those_of_other_sources():
    frame, _ = read(names="cf", units="metric")
    first = frame.iloc[0]
    np.testing.assert_allclose(first["air_temperature"], (9.6 - 32) / 1.8, atol=1e-6)
    np.testing.assert_allclose(first["wind_speed"], 5.14444, atol=1e-5)
    np.testing.assert_allclose(first["lwe_thickness_of_precipitation_amount"], 3.048)
