"""Prototypes, by hand and aligned to each face."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from bench.api import Defense
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Faces
from bench.nn.estimation import Split
from bench.nn.state import state_of
from bench.registry import make
from bench.runner.rng import RowGenerators, generator
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.san.defense import SAN
from defenses.san.nets import EDGE, scaled
from defenses.san.pattern import PrototypePattern
from defenses.san.prototypes import (
    Prototypes,
    aligned,
    averages,
    fitted_prototypes,
    prototypes_for,
    warped,
    warps_between,
)
from defenses.san.training import Batches

FACE = np.array([(0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.62), (0.58, 0.62)], np.float32)
SHIFT_PX = 5
BENT = FACE + np.float32(0.03) * np.array([(1, 0), (0, 1), (1, 1), (0, 0), (2, 1)], np.float32)
LOST = np.full((5, 2), np.nan, np.float32)
MOUTH = np.array([(0.40, 0.7), (0.45, 0.71), (0.5, 0.72), (0.55, 0.71), (0.60, 0.7)], np.float32)
SMILE = np.array([(0.34, 0.66), (0.42, 0.72), (0.5, 0.74), (0.58, 0.72), (0.66, 0.66)], np.float32)
BOTH_WARPS = pytest.mark.parametrize("warp", ["similarity", "piecewise"])


def spot(x, y, size_px=64):
    """One bright pixel."""
    picture = np.zeros((1, 3, size_px, size_px), np.uint8)
    picture[..., int(y * size_px), int(x * size_px)] = 255
    return picture


def turned(points, angle, scale, move):
    """About the middle of the picture."""
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((points - 0.5) @ turn.T + 0.5 + move).astype(np.float32)


def test_prototypes_are_averages_and_their_mean_by_shares():
    images = np.zeros((4, 3, 1, 1), np.uint8)
    images[:, 0, 0, 0] = [255, 0, 0, 51]  # one man, three women
    found = averages(images, np.array([1, 0, 0, 0]))
    np.testing.assert_allclose(found[:, 0, 0, 0], [51 / 765, 1, 0.75 * 51 / 765 + 0.25])


@pytest.mark.parametrize(
    ("label", "wanted"), [([0, 0], r"\[0, 1\], got \[0\]"), ([0, 2], r"\[0, 1, 2\], got \[0 2\]")]
)
def test_prototypes_want_all_classes(label, wanted):
    with pytest.raises(ValueError, match=f"pictures of classes {wanted}"):
        averages(np.zeros((2, 3, 1, 1), np.uint8), np.array(label))


def test_of_many_classes_the_neutral_prototype_is_the_mean_of_all_pictures():
    images, label = np.zeros((6, 3, 1, 1), np.uint8), np.array([0, 1, 1, 2, 2, 2])
    images[:, 0, 0, 0] = [51, 102, 204, 0, 255, 0]
    wanted = [0.2, 0.6, 1 / 3, 612 / 255 / 6]
    np.testing.assert_allclose(averages(images, label)[:, 0, 0, 0], wanted, rtol=1e-6)


@pytest.mark.parametrize(("n", "wanted"), [(2, [1, 0]), (3, [1, 2, 0]), (4, [2, 3, 0, 1])])
def test_the_opposite_class_is_half_of_all_further_on(n, wanted):
    levels = torch.arange(n + 1.0)[:, None, None, None].expand(-1, 3, 1, 1)
    _, other = Prototypes(levels, None).pairs("OP", torch.arange(n), torch.arange(n))
    assert other[:, 0, 0, 0].tolist() == wanted


@pytest.mark.parametrize(("kind", "moved"), [("SM", [10, 20]), ("NT", [30, 30]), ("OP", [20, 10])])
def test_a_picture_is_joined_with_its_own_and_moved_to_another(kind, moved):
    three = torch.tensor([10.0, 20.0, 30.0])[:, None, None, None].expand(3, 3, 1, 1)
    gender, index = torch.tensor([0, 1]), torch.arange(2)
    own, other = Prototypes(three, None).pairs(kind, gender, index)
    assert own[:, 0, 0, 0].tolist() == [10, 20]
    assert other[:, 0, 0, 0].tolist() == moved


def test_a_similarity_is_found_again():
    there = turned(FACE, 0.3, 1.2, (0.05, -0.1))
    (place,) = warps_between("similarity", FACE[None], there, 8)
    corner = np.array([[-1.0, -1.0]])  # of the picture, in the coordinates of affine_grid
    wanted = 2 * turned((corner + 1) / 2, 0.3, 1.2, (0.05, -0.1)) - 1
    np.testing.assert_allclose(corner @ place[:, :2].T + place[:, 2], wanted, atol=1e-5)


def test_landmarks_that_bend_are_met_as_nearly_as_can_be():
    rng = np.random.default_rng(0)
    there = FACE + 0.05 * rng.standard_normal((5, 2)).astype(np.float32)

    def miss(place):
        return (((2 * FACE - 1) @ place[:, :2].T + place[:, 2] - (2 * there - 1)) ** 2).sum()

    (best,) = warps_between("similarity", FACE[None], there, 8)
    assert best[0, 0] == best[1, 1]
    assert best[0, 1] == -best[1, 0]
    for turn, move in rng.normal(0, 0.02, (50, 2, 2)):
        other = best + np.array(
            [(turn[0], -turn[1], move[0]), (turn[1], turn[0], move[1])], np.float32
        )
        assert miss(other) > miss(best)


@BOTH_WARPS
@pytest.mark.parametrize("points", [LOST, turned(FACE, 0, 0.1, (0, 0))])
def test_what_cannot_be_a_face_moves_nothing(warp, points):
    picture = torch.rand(1, 3, 8, 8)
    there = torch.from_numpy(warps_between(warp, points[None], FACE, 8))
    torch.testing.assert_close(warped(picture, there), picture)


def misses_px(warp, size_px=224):
    """How far the prototype's mouth lies from a smile after the warp, at each of its points."""
    start, end = (np.concatenate([FACE[:3], mouth]) for mouth in (SMILE, MOUTH))
    (there,) = torch.from_numpy(warps_between(warp, start[None], end, size_px))
    y, x = np.mgrid[:size_px, :size_px] + 0.5
    apart = np.array([(x - size_px * px) ** 2 + (y - size_px * py) ** 2 for px, py in MOUTH])
    spots = torch.from_numpy(np.exp(-apart / 8).astype(np.float32))[:, None]  # one a picture
    moved = warped(spots, there.expand(5, *there.shape)).flatten(1)
    row, column = np.divmod(moved.argmax(dim=1).numpy(), size_px)
    return np.hypot(column + 0.5 - size_px * SMILE[:, 0], row + 0.5 - size_px * SMILE[:, 1])


def test_only_a_piecewise_warp_lays_the_mouth_onto_a_smile():
    assert misses_px("piecewise").max() < 1
    assert misses_px("similarity").max() > 5


def test_of_faces_that_do_not_bend_a_piecewise_warp_is_the_similarity():
    there = turned(FACE, 0.3, 1.2, (0.05, -0.1))
    affine, lattice = (warps_between(w, FACE[None], there, 16) for w in ("similarity", "piecewise"))
    grid = functional.affine_grid(torch.from_numpy(affine), [1, 3, 16, 16], align_corners=False)
    np.testing.assert_allclose(lattice, grid.numpy(), atol=1e-5)


@BOTH_WARPS
def test_pictures_are_gathered_and_prototypes_go_back_to_each_face(warp):
    there = turned(FACE, 0.4, 1.3, (0.1, 0.0))
    points = np.stack([there, FACE - (there - FACE), LOST])  # their mean is FACE
    x, y = there[3]
    images = np.concatenate([spot(x, y)] * 3)
    place = fitted_prototypes(images, np.arange(3) % 2, points, warp, "cpu")["landmarks"]
    together = aligned(images, points, place, warp, "cpu")
    row, column = np.unravel_index(together[0, 0].argmax(), (64, 64))
    assert abs((column + 0.5) / 64 - FACE[3, 0]) < 0.02
    assert abs((row + 0.5) / 64 - FACE[3, 1]) < 0.02
    np.testing.assert_array_equal(together[2], spot(x, y)[0])

    three = torch.from_numpy(spot(*FACE[3]).repeat(3, axis=0)).float()
    laid = Prototypes(three, torch.from_numpy(warps_between(warp, points, place, 64)))
    for pictures in laid.pairs("OP", torch.tensor([0, 0]), torch.tensor([2, 0])):
        row, column = np.unravel_index(int(pictures[1, 0].argmax()), (64, 64))
        assert abs((column + 0.5) / 64 - x) < 0.02
        assert abs((row + 0.5) / 64 - y) < 0.02
        torch.testing.assert_close(pictures[0], three[0], atol=0.01, rtol=0)  # without a face


def test_pictures_without_faces_are_refused():
    images, label = spot(0.5, 0.5).repeat(2, axis=0), np.arange(2)
    with pytest.raises(ValueError, match="found none in 2 pictures"):
        fitted_prototypes(images, label, np.stack([LOST, LOST]), "similarity", "cpu")


def faces_of(n):
    """Synthetic people, and the same some pixels further to the right."""
    images = draw(scenes(n, 1, 2, seed=5, style=True), 64)
    further = np.roll(images, SHIFT_PX, axis=3)
    further[..., :SHIFT_PX] = further[..., SHIFT_PX : SHIFT_PX + 1]
    number = np.arange(len(images))
    labels = {"gender": number % 2, "identity": number // 2}
    return Faces(images, labels, number), Faces(further, labels, number)


@pytest.mark.slow
@pytest.mark.parametrize("moves", [True, False])
def test_the_pattern_goes_with_the_face(moves):
    here, there = faces_of(12)
    context = Worker().training(generator("test"))
    defense = PrototypePattern(w=1, aligned=moves, gender="label")
    points = defense.points(here, context)
    weights = fitted_prototypes(here.images, here.labels["gender"], points, "similarity", "cpu")

    def pattern(faces):
        moved = torch.logit(torch.from_numpy(defense.protect(faces, weights, context).images), 1e-6)
        return (
            moved - torch.logit(scaled(torch.from_numpy(np.array(faces.images)), 3), EDGE)
        ).numpy()

    before, after = pattern(here), pattern(there)
    went = abs(after[..., SHIFT_PX:] - before[..., :-SHIFT_PX]).mean()
    stayed = abs(after - before).mean()
    assert went < 0.6 * stayed if moves else stayed < 1e-4


@pytest.mark.slow
def test_it_trains_on_the_prototypes_that_it_protects_with(monkeypatch):
    faces, _ = faces_of(12)
    context = Worker().training(generator("test"))
    defense = SAN(aligned=True, skip=True, pattern=2.0)
    points, gender, net = defense.points(faces, context), faces.labels["gender"], defense.net()
    prototypes = fitted_prototypes(faces.images, gender, points, "similarity", "cpu")
    index = np.arange(len(faces))
    laid = prototypes_for(points, prototypes, "similarity", "cpu")
    data = Batches(faces, Split(index, index), laid, defense, "cpu")
    with torch.inference_mode():
        _, trained_on = net(*data.batch(torch.from_numpy(index)))
    weights = {**prototypes, **state_of(net, "autoencoder")}
    monkeypatch.setattr("bench.nn.classifier.CHUNK", 5)
    released = defense.moved(faces.images, points, gender, weights, "cpu")
    np.testing.assert_allclose(released[:, :1], trained_on.numpy() * 255, atol=0.51)


def test_half_precision_moves_no_prototype():
    picture = torch.rand(1, 3, 64, 64)
    warps = torch.from_numpy(warps_between("similarity", FACE[None], BENT, 64))
    with torch.autocast("cpu", torch.bfloat16):
        half = warped(picture, warps)
    torch.testing.assert_close(half, warped(picture, warps))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["san", "san_ensemble", "flow_san", "prototype_pattern"])
def test_the_whole_family_aligns_a_picture_whatever_stands_beside_it(name):
    faces, _ = faces_of(12)
    short = "auxiliary_steps=1,pixel_steps=1,steps=1,widths=4+4+8+8,skip=true,pattern=2"
    fields = "auxiliary_steps=1" if name == "prototype_pattern" else short
    context = Worker().training(generator("test"))
    defense = make(
        Defense, Spec.parse(f"{name}:classifier=resnet,gender=label,aligned=true,{fields}")
    )
    weights = defense.fit(faces, context)
    assert weights["landmarks"].shape == (5, 2)

    def released(some):
        context = Worker().protecting(RowGenerators(some.image_id, 0, name, 0))
        return defense.protect(some, weights, context).images

    together, (alone,) = released(faces), released(faces.pick([3]))
    step = 1 if together.dtype == np.uint8 else 1 / 255
    np.testing.assert_allclose(together[3].astype(float), alone, atol=step)
