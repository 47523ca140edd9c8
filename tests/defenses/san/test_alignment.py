"""Prototypes that lie where each face lies."""

import numpy as np
import pytest
import torch

from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Faces
from bench.nn.state import state_of
from bench.runner.luck import generator
from bench.runner.worker import Worker
from defenses.san.alignment import gathered, similarities, usual, warped
from defenses.san.auxiliary import under
from defenses.san.defense import SAN
from defenses.san.pattern import PrototypePattern
from defenses.san.pictures import EDGE, joined_with, scaled
from defenses.san.training import Material

FACE = np.array([(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.62), (0.58, 0.62)], np.float32)
SHIFT_PX = 5
LOST = np.full((5, 2), np.nan, np.float32)


def spot(x, y, size_px=64):
    """One bright pixel."""
    picture = np.zeros((1, 3, size_px, size_px), np.uint8)
    picture[..., int(y * size_px), int(x * size_px)] = 255
    return picture


def turned(points, angle, scale, move):
    """About the middle of the picture."""
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((points - 0.5) @ turn.T + 0.5 + move).astype(np.float32)


def test_a_similarity_is_found_again():
    there = turned(FACE, 0.3, 1.2, (0.05, -0.1))
    (place,) = similarities(FACE[None], there)
    corner = np.array([[-1.0, -1.0]])  # of the picture, in the coordinates of affine_grid
    wanted = 2 * turned((corner + 1) / 2, 0.3, 1.2, (0.05, -0.1)) - 1
    np.testing.assert_allclose(corner @ place[:, :2].T + place[:, 2], wanted, atol=1e-5)


def test_landmarks_that_bend_are_met_as_nearly_as_can_be():
    rng = np.random.default_rng(0)
    there = FACE + 0.05 * rng.standard_normal((5, 2)).astype(np.float32)

    def miss(place):
        return (((2 * FACE - 1) @ place[:, :2].T + place[:, 2] - (2 * there - 1)) ** 2).sum()

    (best,) = similarities(FACE[None], there)
    assert best[0, 0] == best[1, 1]
    assert best[0, 1] == -best[1, 0]
    for turn, move in rng.normal(0, 0.02, (50, 2, 2)):
        other = best + np.array(
            [(turn[0], -turn[1], move[0]), (turn[1], turn[0], move[1])], np.float32
        )
        assert miss(other) > miss(best)


def test_where_no_face_is_found_nothing_moves():
    (place,) = similarities(LOST[None], FACE)
    np.testing.assert_array_equal(place, [[1, 0, 0], [0, 1, 0]])
    picture = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(warped(picture, torch.from_numpy(place[None])), picture)


def test_pictures_are_gathered_and_prototypes_go_back_to_each_face():
    there = turned(FACE, 0.4, 1.3, (0.1, 0.0))
    points = np.stack([there, FACE - (there - FACE), LOST])  # their mean is FACE
    x, y = there[3]
    together = gathered(np.concatenate([spot(x, y)] * 3), points, "cpu")
    row, column = np.unravel_index(together[0, 0].argmax(), (64, 64))
    assert abs((column + 0.5) / 64 - FACE[3, 0]) < 0.02
    assert abs((row + 0.5) / 64 - FACE[3, 1]) < 0.02
    np.testing.assert_array_equal(together[2], spot(x, y)[0])

    three = torch.from_numpy(spot(*FACE[3]).repeat(3, axis=0)).float()
    places = torch.from_numpy(similarities(points, usual(points)))
    own, other = joined_with("OP", three, torch.tensor([0, 1, 0]), places)
    row, column = np.unravel_index(int(other[0, 0].argmax()), (64, 64))
    assert abs((column + 0.5) / 64 - x) < 0.02
    assert abs((row + 0.5) / 64 - y) < 0.02
    torch.testing.assert_close(own, other)


def test_pictures_without_faces_are_refused():
    with pytest.raises(ValueError, match="found none in 2 pictures"):
        usual(np.stack([LOST, LOST]))


def faces_of(n):
    """Drawn people, and the same some pixels further to the right."""
    images = draw(scenes(n, 1, 2, seed=5, style=True), 64, "cpu")
    further = np.roll(images, SHIFT_PX, axis=3)
    further[..., :SHIFT_PX] = further[..., SHIFT_PX : SHIFT_PX + 1]
    number = np.arange(len(images))
    labels = {"gender": number % 2, "identity": number // 2}
    return Faces(images, labels, number), Faces(further, labels, number)


@pytest.mark.slow
@pytest.mark.parametrize("aligned", [True, False])
def test_the_pattern_goes_with_the_face(aligned):
    here, there = faces_of(12)
    context = Worker().training(generator("test"))
    defense = PrototypePattern(w=1, aligned=aligned, gender="label")
    weights = defense.averages(here, defense.points(here.images, context), context)

    def pattern(faces):
        moved = torch.logit(torch.from_numpy(defense.protect(faces, weights, context).images), 1e-6)
        return (
            moved - torch.logit(scaled(torch.from_numpy(np.array(faces.images)), 3), EDGE)
        ).numpy()

    before, after = pattern(here), pattern(there)
    went = abs(after[..., SHIFT_PX:] - before[..., :-SHIFT_PX]).mean()
    stayed = abs(after - before).mean()
    assert went < 0.6 * stayed if aligned else stayed < 1e-4


@pytest.mark.slow
def test_it_trains_on_the_prototypes_that_it_protects_with():
    faces, _ = faces_of(12)
    context = Worker().training(generator("test"))
    defense = SAN(aligned=True, skip=True, pattern=2.0)
    points = defense.points(faces.images, context)
    averages = defense.averages(faces, points, context)
    net = defense.net()
    places = defense.places(points, averages, context)
    material = Material(faces, averages["prototypes"], places, 1, "cpu")
    with torch.inference_mode():
        _, shown = material.outputs(net, torch.arange(len(faces.rows)))
    weights = {**averages, **under("autoencoder", state_of(net))}
    released = defense.moved(faces.images, faces.labels["gender"], weights, context)
    np.testing.assert_allclose(released[:, :1], shown.numpy() * 255, atol=0.51)
