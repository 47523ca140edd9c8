import numpy as np
import pytest

from bench.runner.picture_files import Protector
from bench.runner.weights_file import WeightsRecipe, save
from bench.runner.worker import Worker
from bench.spec import Spec


@pytest.fixture
def weights(tmp_path):
    """A file of eigenface, fitted with k=4 to pictures of 32 px."""
    recipe = WeightsRecipe(
        defense="eigenface",
        fields={"k": 4},
        data="toy",
        data_fields={},
        data_key="0" * 64,
        seed=0,
        shape=(3, 32, 32),
        code="",
        libraries={},
        suite="0",
    )
    save(tmp_path / "e.safetensors", {"mean": np.zeros(3)}, recipe)
    return tmp_path / "e.safetensors"


def made(text, weights=None):
    return Protector.of(Spec.parse(text), weights, Worker(), 0)


@pytest.mark.parametrize("text", ["eigenface", "eigenface:k=4"])
def test_fields_of_the_fit_come_from_the_file(weights, text):
    found = made(text, weights)
    assert (found.defense.k, found.side_px, list(found.weights)) == (4, 32, ["mean"])
    assert made(f"{text}{',' if ':' in text else ':'}weights={weights}").defense.k == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("eigenface:k=8", "expected weights of eigenface:k=8"),
        ("san", "expected weights of san"),
        ("blur", "expected a field of defense blur, got 'weights'"),
    ],
)
def test_weights_of_another_fit_are_refused(weights, text, told):
    with pytest.raises(ValueError, match=told):
        made(text, weights)
