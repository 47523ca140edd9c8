from dataclasses import replace

import numpy as np
import pytest
import torch

from bench.nn.published.catalogue import JUDGES
from bench.nn.published.geometry import crop, similarity

JUDGE = replace(JUDGES["sface"], input_px=8, points=((1, 2), (5, 2), (3, 4), (2, 6), (4, 6)))


def fractions(side_px):
    """Where the judge's points are in a picture of which it sees the left upper 8 x 8 px."""
    return (torch.tensor(JUDGE.points) + 0.5) / side_px


def test_a_quarter_turn_of_twice_the_size_is_found_by_hand():
    points = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]])
    x, y = points.T
    others = torch.stack([5 - 2 * y, 7 + 2 * x], dim=1)  # turned, doubled, moved by (5, 7)
    matrix, offset = similarity(points, others[None])
    torch.testing.assert_close(matrix[0], torch.tensor([[0.0, -2], [2, 0]]))
    torch.testing.assert_close(offset[0], torch.tensor([5.0, 7]))


def test_the_map_is_umeyamas():
    rng = np.random.default_rng(3)
    points, others = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    p, q = points - points.mean(0), others - others.mean(0)
    u, values, vt = np.linalg.svd(p.T @ q / 5)  # Umeyama 1991, equations 38 to 43
    signs = np.diag([1, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn, scale = u @ signs @ vt, np.trace(np.diag(values) @ signs) / q.var(axis=0).sum()
    back = np.linalg.inv(scale * turn)
    matrix, offset = similarity(*map(torch.from_numpy, (points, others[None])))
    np.testing.assert_allclose(matrix[0], back, atol=1e-12)
    np.testing.assert_allclose(offset[0], others.mean(0) - back @ points.mean(0), atol=1e-12)


def test_a_face_that_stands_right_is_cut_out_unchanged():
    pictures = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(crop(pictures, fractions(8), JUDGE), pictures)


def test_a_picture_of_twice_the_size_is_averaged():
    pictures = torch.rand(2, 3, 16, 16)
    expected = torch.nn.functional.avg_pool2d(pictures, 2)
    torch.testing.assert_close(crop(pictures, fractions(8), JUDGE), expected)


def test_each_picture_has_its_own_points_or_all_have_the_same():
    pictures = torch.rand(2, 3, 12, 12)
    moved = fractions(12) + torch.tensor([2 / 12, 3 / 12])
    found = crop(pictures, torch.stack([fractions(12), moved]), JUDGE)
    torch.testing.assert_close(found[0], crop(pictures, fractions(12), JUDGE)[0])
    torch.testing.assert_close(found[1], crop(pictures, moved, JUDGE)[1])
    assert not torch.allclose(found[1], crop(pictures, fractions(12), JUDGE)[1])


def test_beyond_its_edge_a_picture_is_continued():
    pictures = torch.arange(8.0).expand(1, 3, 8, 8)  # rows 0..7
    found = crop(pictures, fractions(8) + torch.tensor([3 / 8, 0]), JUDGE)
    row = torch.tensor([3.0, 4, 5, 6, 7, 7, 7, 7])
    torch.testing.assert_close(found, row.expand(1, 3, 8, 8))


def test_gradients_reach_the_pictures():
    pictures = torch.rand(1, 3, 16, 16, requires_grad=True)
    crop(pictures, fractions(16), JUDGE).sum().backward()
    assert pictures.grad.abs().sum() == pytest.approx(3 * 64, rel=1e-5)
