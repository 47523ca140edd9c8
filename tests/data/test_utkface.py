import re

import pytest

from bench.commands.options import grid_of
from bench.data.utkface import UTKFace
from bench.nn.published import catalogue
from bench.runner.cells import cells
from bench.runner.plan import plan

TIME = "20170116174525125"
NAMES = [
    *(f"UTKFace/2_1_0_{TIME}.jpg.chip.jpg", f"UTKFace/3_0_4_{TIME}.jpg.chip.jpg"),
    *(f"UTKFace/70_0_2_{TIME}.jpg.chip.jpg", f"UTKFace/39_1_{TIME}.jpg.chip.jpg"),
    f"UTKFace/116_0_3_{TIME} .jpg.chip.jpg",
]


def test_labels_follow_the_names_and_a_few_lack_the_ethnicity(tree):
    """In the order of the paths: 116, 2, 39, 3, 70 years."""
    listing = UTKFace(root=str(tree(NAMES, (200, 200)))).listing()
    assert [path.name.split("_")[0] for path in listing.paths] == ["116", "2", "39", "3", "70"]
    assert listing.labels["gender"].tolist() == [1, 0, 0, 1, 1]
    assert listing.labels["age"].tolist() == [8, 0, 4, 1, 8]
    assert listing.labels["ethnicity"].tolist() == [3, 0, -1, 4, 2]


def test_parts_and_pictures_before_alignment_are_told(tree, refused):
    root = tree([f"crop_part1/2_1_0_{TIME}.jpg.chip.jpg"])
    assert "crop_part1: a part of the pictures" in refused(UTKFace(root=str(root)))
    tree([f"utkface_aligned_cropped/{name}" for name in NAMES])
    told = r"a folder level too many or too few; set utkface:root=\S*/utkface_aligned_cropped,"
    assert re.search(told, refused(UTKFace(root=str(root))))
    tree([name.replace(".jpg.chip", "") for name in NAMES], (640, 480))
    assert "; the pictures before alignment; get UTKFace" in refused(UTKFace(root=str(root)))


def test_the_grid_that_hides_age_asks_about_it_where_it_lies(tree, tmp_path, monkeypatch):
    """Without identities: SAN has a published matcher, and nobody asks about matching."""
    names = [f"UTKFace/{9 * n}_{n % 2}_0_{TIME}.jpg.chip.jpg" for n in range(1, 13)]
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    (tmp_path / "utkface").symlink_to(tree(names, (200, 200)))
    grid = grid_of("san_age", None)
    assert [task.sources.evaluation.name for task in grid.tasks] == ["synthetic", "utkface"]
    grid = grid_of("san_age", f"utkface:root={tmp_path}")
    monkeypatch.setenv(catalogue.FOLDER, str(tmp_path))
    with pytest.raises(ValueError, match="judge 'sface' is not installed; run"):
        list(cells(grid))
    (tmp_path / "sface.safetensors").touch()
    asked = plan(cells(grid), tmp_path).of
    found = {(c.defense.name, c.purpose, c.target, c.threat_spec.name) for c in asked}
    for name in ("san", "prototype_pattern", "blur"):
        for threat in ("raw", "aware"):
            assert {(name, "private", "age", threat), (name, "utility", "gender", threat)} <= found
    assert all(c.attacker.name == "cnn" for c in asked)
