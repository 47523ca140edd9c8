import numpy as np
import pytest
from PIL import Image

from bench.data.alignment import aligned, cut, landmarks, level_box, realigned
from bench.data.lfw import LFW
from bench.data.synthetic.dataset import Synthetic
from bench.runner.worker import Worker

CONTEXT = Worker().protecting()


@pytest.fixture(scope="module")
def faces():
    """Synthetic people, (8, 3, 160, 160)."""
    data = Synthetic(people=8, takes=1, pictures=1, size=160)
    return data.load(CONTEXT).faces.images


def pictured(image):
    return Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))


def slope(images):
    """Of the line between the eyes, degrees, (N,)."""
    across = np.diff(landmarks(images, "cpu")[:, :2], axis=1)[:, 0]
    return np.degrees(np.arctan2(across[:, 1], across[:, 0]))


@pytest.mark.slow
def test_landmarks_are_in_their_order(faces):
    points = landmarks(faces, "cpu")
    seen = points[np.isfinite(points).all(axis=(1, 2))]
    assert len(seen) >= 7
    assert (seen[:, 0, 0] < seen[:, 1, 0]).all()  # left eye, right eye
    assert (seen[:, :2, 1].max(axis=1) < seen[:, 3:, 1].min(axis=1)).all()  # eyes above mouth


@pytest.mark.slow
def test_a_tilted_face_is_levelled_and_brought_to_one_place(faces):
    tilted = np.stack([np.array(pictured(face).rotate(20)).transpose(2, 0, 1) for face in faces])
    level = realigned(tilted, "cpu")
    known = np.isfinite(landmarks(tilted, "cpu")).all(axis=(1, 2))
    known &= np.isfinite(landmarks(level, "cpu")).all(axis=(1, 2))
    assert known.sum() >= 5
    assert abs(np.median(slope(tilted[known]))) > 15
    left = np.abs(slope(level[known]))  # MTCNN itself is a few degrees off on some faces
    assert np.median(left) < 4
    assert left.max() < 10
    points = landmarks(level[known], "cpu")
    middle = (points[:, :2].mean(axis=1) + points[:, 3:].mean(axis=1)) / 2
    # The median: a face at the edge of its picture cannot be brought to the middle.
    assert np.median(middle, axis=0) == pytest.approx([0.5, 0.55], abs=0.03)


def test_a_picture_without_a_face_is_unchanged():
    flat = np.full((2, 3, 48, 48), 127, np.uint8)
    assert np.isnan(landmarks(flat, "cpu")).all()
    assert (realigned(flat, "cpu") == flat).all()


def test_a_level_face_is_cut_at_the_stated_place():
    """Eyes at y=40, mouth at y=60, 20 px apart: a square of 56 px from (22, 19) on."""
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8), (100, 100))  # grey = x
    picture = Image.fromarray(np.stack([ramp, ramp.T, ramp], axis=-1))
    points = np.array([[40, 40], [60, 40], [50, 50], [40, 60], [60, 60]], np.float32)
    face = cut(picture, level_box(points, picture.size), 56)
    assert face.shape == (3, 56, 56)
    assert face[0, 0, [0, 28]].tolist() == pytest.approx([22, 50], abs=1)
    assert face[1, [0, 28], 0].tolist() == pytest.approx([19, 47], abs=1)


def test_files_without_a_face_are_cut_at_the_given_centre(tmp_path, picture):
    picture(tmp_path / "grey.png", 90)
    message = (
        r"align=true found no face in 1 of 1 pictures, e.g. .*grey\.png: cut around the centre"
    )
    with pytest.warns(UserWarning, match=message):
        image, _ = aligned([tmp_path / "grey.png"], 32, 1.0, (0.5, 0.5), "cpu")
    assert image.shape == (1, 3, 32, 32)
    assert (image == 90).all()


def test_alignment_is_part_of_the_data():
    assert LFW(align=True) != LFW()
    assert not LFW().align
