import re

import numpy as np
import pytest

from bench.commands.options import grid_of
from bench.data.muct import MUCT
from bench.runner.cells import cells
from bench.runner.grid import Grid
from bench.runner.plan import plan
from bench.runner.worker import Worker

NAMES = [
    f"jpg/i{who}{light}{camera}-{'fm'[who > '001']}{'ng'[light == 'r']}.jpg"
    for who in ("000", "001", "002", "003")
    for light in "qr"
    for camera in "abcde"
]
TABLE = "muct-landmarks/muct76-opencv.csv"


def landmarks(*faces):
    """A table of faces, each (x, y) by number of the landmark; all others are hidden."""
    lines = [",".join(["name", "tag", *(f"{axis}{i:02}" for i in range(76) for axis in "xy")])]
    for name, points in faces:
        numbers = np.zeros((76, 2), int)
        for number, point in points.items():
            numbers[number] = point
        lines.append(",".join([name, "0000", *map(str, numbers.ravel())]))
    return "\n".join(lines)


FACE = {31: (180, 300), 36: (300, 300), 67: (240, 360), 48: (200, 420), 54: (280, 420)}


@pytest.fixture
def root(tree):
    shifted = {number: (x + 20, y) for number, (x, y) in FACE.items() if number != 67}
    faces = ("i000qa-fn", FACE), ("i000qb-fn", shifted), ("ir000qa-fn", {31: (1, 1)})
    return tree(NAMES, (480, 640), texts={TABLE: landmarks(*faces)})


def test_labels_follow_the_names(root):
    listing = MUCT(root=str(root)).listing()
    assert listing.labels["identity"].tolist() == sorted(list(range(4)) * 10)
    assert listing.labels["gender"].tolist() == [0] * 20 + [1] * 20
    assert listing.labels["glasses"].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1] * 4
    assert listing.labels["take"].tolist() == sorted(list(range(8)) * 5)


def test_face_points_are_means_of_the_landmarks_in_the_square(root):
    """Eyes and mouth of two faces, the nose of one, mirrored ones not; the square is 480 px."""
    x = [190, 310, 240, 210, 290]
    y = [300, 300, 360, 420, 420]
    expected = [(a / 480, (b - 80) / 480) for a, b in zip(x, y, strict=True)]
    assert np.allclose(MUCT(root=str(root)).face_points, expected)
    half = [((a - 120) / 240, (b - 200) / 240) for a, b in zip(x, y, strict=True)]
    assert np.allclose(MUCT(root=str(root), crop=0.5).face_points, half)


def test_each_picture_has_its_landmarks_in_the_square(root):
    data = MUCT(root=str(root), size=48, crop=0.5)  # 240 px from (120, 200)
    found = data.load(Worker().protecting()).faces.labels["landmarks"]
    assert found.shape == (40, 76, 2)
    assert np.allclose(found[0, 67], [(240 - 120) / 240, (360 - 200) / 240])
    assert np.isnan(found[1, 67]).all()  # hidden in the second picture
    assert np.isnan(found[2:]).all()
    assert not MUCT(root=str(root), align=True).has_landmarks


def test_a_defense_that_reads_landmarks_applies_only_where_there_are_some(root):
    spec = {"private": ["gender"], "utility": ["identity"], "attackers": ["knn"]}
    spec |= {"defenses": ["othman_ross:landmarks=label"]}
    reasons = {}
    for data in (f"muct:root={root}", "synthetic:protocol=open"):
        grid = Grid.model_validate({"name": "g", "tasks": [spec | {"data": data}]})
        mine = [cell for cell in cells(grid) if cell.defense.name == "othman_ross"]
        reasons[data.split(":")[0]] = {cell.skip_reason for cell in mine if cell.target == "gender"}
    assert reasons["muct"] == {""}
    assert reasons["synthetic"] == {"synthetic has no labels ['landmarks']"}


@pytest.mark.parametrize(
    "defense",
    [
        "k_same:variant=model,landmarks=label",
        "othman_ross:landmarks=label",
        "prototype_pattern:aligned=true,landmarks=label",
        "san:aligned=true,landmarks=label",
    ],
)
def test_landmarks_that_were_learned_of_another_data_set_must_be_as_many(defense):
    """CelebA gives 5 of them; to find cells takes no files."""
    data = {"defender": "celeba", "attacker": "muct", "evaluation": "muct"}
    task = {"data": data, "private": ["gender"], "attackers": ["knn"]}
    reasons = []
    for spec in (defense, defense.replace("label", "mtcnn")):
        grid = Grid.model_validate({"name": "g", "tasks": [task | {"defenses": [spec]}]})
        name = spec.partition(":")[0]
        mine = [cell for cell in cells(grid) if cell.defense.name == name]
        reasons.append({cell.skip_reason for cell in mine if cell.target == "gender"})
    told = "needs as many landmarks in all data sets, muct has 76 and celeba 5; use landmarks=mtcnn"
    assert reasons == [{f"{name} {told}, or one data set"}, {""}]


def test_the_grid_of_aligned_prototypes_lays_them_by_its_landmarks(root, tmp_path):
    planned = plan(cells(grid_of("san_aligned", f"muct:root={root}")), tmp_path).of
    fits = {
        (defense.name, defense.warp)
        for defense in (cell.defense for cell in planned)
        if "landmarks" in defense.reads_to_fit
    }
    names = ("prototype_pattern", "san")
    assert fits == {(name, warp) for name in names for warp in ("similarity", "piecewise")}


def test_missing_landmarks_are_told(root, refused):
    (root / TABLE).unlink()
    assert f"muct expects {TABLE}" in refused(MUCT(root=str(root)))


@pytest.mark.parametrize("n_cut", [2, len(landmarks(("a", {}))) - len(landmarks())])
def test_a_list_that_is_cut_off_is_told(root, tree, n_cut):
    tree(texts={TABLE: landmarks(("a", {}))[:-n_cut]})
    with pytest.raises(ValueError, match=r"muct76-opencv\.csv.*: expected 154 cells"):
        MUCT(root=str(root)).load(Worker().protecting())


@pytest.mark.parametrize(
    ("faces", "words"),
    [
        ([("i000qa-fn.jpg", FACE)], r"expected names as i000qa-fn, got i000qa-fn\.jpg"),
        ([("i000qa-fn", {31: (9999, 1)})], "i000qa-fn once, with 76 points"),
        ([("i000qa-fn", FACE)] * 2, "line 3: expected i000qa-fn once"),
    ],
)
def test_other_names_and_points_are_told(root, tree, refused, faces, words):
    tree(texts={TABLE: landmarks(*faces)})
    assert re.search(words, refused(MUCT(root=str(root))))


def test_landmarks_follow_a_square_that_is_moved_inside(root, monkeypatch):
    """A square of 480 px about (240, 576) would begin at 336; at 160 it ends with the picture."""
    monkeypatch.setattr(MUCT, "centre", (0.5, 0.9))
    data = MUCT(root=str(root), size=48)
    found = data.load(Worker().protecting()).faces.labels["landmarks"]
    assert np.allclose(found[0, 67], [240 / 480, (360 - 160) / 480])
    assert np.allclose(data.face_points[2], found[0, 67])  # only the first picture shows the nose


def test_cropped_pictures_are_told(root, tree, refused):
    tree(NAMES, (240, 320))
    assert "expected pictures of 480x640 px in muct, got 240x320" in refused(MUCT(root=str(root)))


def test_cameras_whose_archives_are_not_unpacked_are_named(tree, refused):
    names = [name for name in NAMES if "b-" not in name and "e-" not in name]
    root = tree(names, (480, 640), texts={TABLE: landmarks(("i000qa-fn", FACE))})
    told = f"expected pictures of the cameras a to e in {root}, got none of b, e; unpack "
    told += "muct-b-jpg-v1.tar.gz, muct-e-jpg-v1.tar.gz there"
    assert refused(MUCT(root=str(root))) == told
