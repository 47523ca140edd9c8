import numpy as np
import pytest
import torch
from torch import nn

from bench.nn.published import asking, networks
from bench.nn.published.catalogue import JUDGES
from bench.nn.state import state_of


@pytest.fixture
def untrained(tmp_path, monkeypatch):
    """All networks, untrained, as if they were converted."""
    monkeypatch.setenv("BENCH_JUDGES", str(tmp_path))
    torch.manual_seed(0)
    for name in ("yunet", "dlib-gender"):
        networks.save_state(JUDGES[name], state_of(networks.network(name)))


def test_batches_change_no_answer(untrained):
    images = np.random.default_rng(0).integers(0, 256, (11, 3, 24, 24)).astype(np.uint8)
    seen = asking.detect(images, "cpu")
    assert seen.found.shape == (11,)
    alone = asking.detect(images[10:], "cpu")
    np.testing.assert_allclose(seen.points[10], alone.points[0], atol=1e-4)
    points = np.random.default_rng(1).uniform(0.2, 0.8, (11, 5, 2)).astype(np.float32)
    said = asking.outputs("dlib-gender", images, points, "cpu")
    assert said.shape == (11, 2)
    again = asking.outputs("dlib-gender", images[10:], points[10:], "cpu")
    np.testing.assert_allclose(said[10], again[0], atol=1e-5)


def test_points_are_fractions_of_the_picture(untrained, monkeypatch):
    class CentreFinder(nn.Module):
        """Finds a face at the middle of a picture of 192 px, in the grid of stride 32."""

        def forward(self, pictures):
            outputs = torch.zeros(len(pictures), 24**2 + 12**2 + 6**2, 16)
            outputs[:, 24**2 + 12**2 + 6 * 3 + 3, :2] = 5.0
            return outputs

    monkeypatch.setattr(asking, "restored", lambda net, weights, device: CentreFinder())
    seen = asking.detect(np.zeros((2, 3, 40, 40), np.uint8), "cpu")
    assert seen.found.all()
    np.testing.assert_allclose(seen.points, 0.5 + 0.5 / 192, atol=1e-6)
