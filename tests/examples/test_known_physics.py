"""The example of known physics: mu within its error, and a forecast the baseline does not reach."""

import pytest

FILE = "02_known_physics.py"


def check(found, rel):
    assert found["mu"] == pytest.approx(1.0, rel=rel)
    assert abs(found["mu"] - 1) < 3 * found["standard_error"] < 0.03
    assert found["errors"]["linear terms known"] < 0.5 * found["errors"]["nothing known"]


@pytest.mark.slow
def test_the_whole_example_finds_mu_within_one_percent(example, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    check(example.main(plot=tmp_path / "known.png"), rel=0.01)
    assert (tmp_path / "known.png").stat().st_size > 10_000
    assert "remainder of dv/dt = -" in capsys.readouterr().out


@pytest.mark.slow
def test_a_short_run_finds_mu_too(example):
    check(example.main(n_rows=100, n_ahead=40), rel=0.02)
