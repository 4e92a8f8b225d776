"""ContinuousNormalizingFlow: conditional densities, and one sentence for every bad input."""

import numpy as np
import pandas as pd
import pytest

from tsnode import ContinuousNormalizingFlow

CHEAP = {"hidden_layer_sizes": (8,), "n_steps": 4, "max_epochs": 8, "batch_size": 100,
         "random_state": 0}  # fmt: skip


def noisy_line(n=400, seed=0):
    """Rows of x and y = 2 x + 1 + noise of 0.3."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, size=(n, 1))
    return x, 2 * x[:, 0] + 1 + 0.3 * random.normal(size=n)


@pytest.fixture(scope="module")
def conditional():
    return ContinuousNormalizingFlow(conditional=True, **CHEAP).fit(*noisy_line())


def test_the_density_of_y_given_x_is_that_of_the_noise(conditional):
    x, y = noisy_line(seed=1)
    true = -0.5 * (((y - 2 * x[:, 0] - 1) / 0.3) ** 2 + np.log(2 * np.pi * 0.09))
    assert conditional.score(x, y) == pytest.approx(true.mean(), abs=0.05)


def test_draws_given_x_follow_x(conditional):
    draws = conditional.sample(2000, random_state=0, X=[[-0.5], [0.5]])
    assert draws.shape == (4000,)
    assert draws.reshape(2, -1).mean(1) == pytest.approx([0, 2], abs=0.1)
    assert draws.reshape(2, -1).std(1) == pytest.approx([0.3, 0.3], abs=0.05)


def test_targets_of_a_frame_are_drawn_as_a_frame():
    x, y = noisy_line(60)
    frame = pd.DataFrame({"a": y, "b": y**2})
    model = ContinuousNormalizingFlow(conditional=True, **CHEAP | {"max_epochs": 1}).fit(x, frame)
    draws = model.sample(2, X=x[:3])
    assert draws.shape == (6, 2)
    assert list(draws.columns) == ["a", "b"]


def rows(n=30):
    return np.random.default_rng(0).normal(size=(n, 2))


BAD = {
    "one row": (rows(1), "1 sample"),
    "complex": (rows() + 1j, "Complex data not supported"),
    "text": (np.array([["a", "b"], ["c", "d"]], dtype=object), "could not convert string"),
    "missing": (np.where(rows() > 1.5, np.nan, rows()), "contains NaN"),
    "constant column": (
        pd.DataFrame(rows(), columns=["p", "q"]).assign(level=3.0),
        "constant 'level', which has no density. Leave it out",
    ),
    "sum of others": (np.c_[rows(), rows().sum(1)], "none of which follows from others"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_refused_in_one_sentence_and_change_nothing(name):
    data, words = BAD[name]
    model = ContinuousNormalizingFlow(**CHEAP)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=words):
        model.fit(data)
    assert vars(model) == before


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"base": "uniform"}, "base must be one of 'auto', 'normal', 'mixture'"),
        ({"activation": "relu"}, "activation must be one of"),
        ({"method": "Radau"}, "method must be one of"),
        ({"jacobian_penalty": -1}, "jacobian_penalty must be a number at least 0 or None"),
        ({"base": "mixture", "early_stopping": False}, "Hold rows out, or set base='normal'"),
        ({"device": "mps"}, "device must be auto, cpu or cuda"),
        ({"n_steps": 0}, "n_steps must be a whole number at least 1 or None"),
    ],
)
def test_bad_parameters_are_refused(params, words):
    with pytest.raises(ValueError, match=words):
        ContinuousNormalizingFlow(**params).fit(rows())


def test_parameters_of_nobody_are_named():
    with pytest.raises(TypeError, match="n_step"):
        ContinuousNormalizingFlow(n_step=3).fit(rows())


def test_a_conditional_density_asks_for_what_it_needs(conditional):
    x, y = noisy_line(10)
    for call in (
        lambda: conditional.score_samples(x), lambda: conditional.sample(),
        lambda: ContinuousNormalizingFlow(conditional=True).fit(x),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="got None. Pass"):
            call()
    with pytest.raises(ValueError, match=r"y of shape \(10, 1\)"):
        conditional.score_samples(x, np.c_[y, y])


def test_a_density_stays_conditional_whatever_is_set_after_its_fit(conditional):
    x, y = noisy_line(10)
    plain = ContinuousNormalizingFlow(**CHEAP | {"max_epochs": 1, "base": "normal"}).fit(rows())
    score = plain.score(rows())
    assert plain.set_params(conditional=True).score(rows()) == score
    score = conditional.score(x, y)
    try:
        assert conditional.set_params(conditional=False).score(x, y) == score
        assert conditional.sample(X=x).shape == (10,)
    finally:
        conditional.set_params(conditional=True)


@pytest.mark.parametrize("unit", [2.0**-664, 2.0**664])
def test_a_density_of_tiny_or_huge_numbers_is_that_of_their_units(unit):
    model = ContinuousNormalizingFlow(**CHEAP | {"max_epochs": 1, "base": "normal"})
    score = model.fit(rows()).score(rows())
    assert model.fit(unit * rows()).score(unit * rows()) == pytest.approx(
        score - 2 * np.log(unit), rel=1e-9
    )


def test_a_plain_density_takes_no_context():
    model = ContinuousNormalizingFlow(**CHEAP | {"max_epochs": 1, "base": "normal"}).fit(rows())
    with pytest.raises(ValueError, match="density is not conditional"):
        model.sample(X=rows())
