import numpy as np
import pytest

from bench.data.ar import AR
from bench.runner.worker import Worker

STATES = (1, 2, 5, 8, 12, 15)


@pytest.fixture
def root(tree):
    return tree(
        [f"dbf1/{who}-{s:02}.raw" for who in ("m-001", "w-001") for s in STATES], (768, 576)
    )


def test_labels_follow_the_names(root):
    listing = AR(root=str(root)).listing()
    named = {
        target.name: [target.classes[number] for number in listing.labels[target.name]][:6]
        for target in listing.targets
    }
    assert named == {
        "identity": ["m-001"] * 6,
        "gender": ["male"] * 6,
        "expression": ["neutral", "joy", "neutral", "neutral", "neutral", "joy"],
        "worn": ["nothing", "nothing", "nothing", "sunglasses", "scarf", "nothing"],
        "light": ["even", "even", "left", "even", "left", "even"],
    }
    assert listing.labels["take"].tolist() == [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 3]


def test_planes_of_colours_become_a_picture(root):
    """The corner is ground and the middle a face, as the picture was drawn."""
    faces = AR(root=str(root), size=32).load(Worker().protecting()).faces
    assert np.abs(faces.images[0][:, 0, 0].astype(int) - (0, 90, 160)).max() <= 2
    assert np.abs(faces.images[0][:, 16, 16].astype(int) - (220, 180, 150)).max() <= 2


def test_a_file_of_another_length_is_told_before_any_is_decoded(root, refused):
    path = root / "dbf1/w-001-15.raw"
    path.write_bytes(path.read_bytes()[:-1])
    told = f"{path}: expected 1327104 bytes, 768x576 px, got 1327103; it is cropped or truncated"
    assert refused(AR(root=str(root))).startswith(told)


def test_converted_or_cropped_pictures_are_told(tree, refused):
    root = tree(["warped/m-001-01.bmp"])
    assert "the cropped and warped variant; get the .raw files" in refused(AR(root=str(root)))


def test_alignment_and_unknown_states_are_refused(root, tree, refused):
    assert "MTCNN does not read" in refused(AR(root=str(root), align=True))
    tree(["dbf1/m-001-27.raw"])
    assert "expected a state from 01 to 26, got 27" in refused(AR(root=str(root)))
