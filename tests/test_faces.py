import numpy as np
import pytest

from bench.faces import Faces


def faces(n=3):
    images = np.arange(n * 12, dtype=np.uint8).reshape(n, 3, 2, 2)
    labels = {"gender": np.arange(n) % 2, "identity": np.arange(n)}
    return Faces(images, labels, np.arange(100, 100 + n))


def test_parts_stay_together_when_picked():
    picked = faces().pick(np.array([2, 0]))
    assert picked.image_id.tolist() == [102, 100]
    assert picked.labels["identity"].tolist() == [2, 0]
    assert picked.images[0, 0, 0, 0] == 24


def test_a_label_of_another_length_is_refused():
    with pytest.raises(
        ValueError, match=r"expected 3 entries, one per image id, got \{'gender': 2\}"
    ):
        Faces(np.zeros((3, 3, 2, 2), np.uint8), {"gender": np.zeros(2)}, np.arange(3))


def test_floats_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        Faces(np.zeros((3, 3, 2, 2)), {}, np.arange(3))


def test_pictures_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        faces().images[0] = 0


def test_an_undeclared_label_is_withheld_and_the_declaration_named():
    shown = faces().declared(["gender"], "Blur.reads_to_protect")
    assert shown.labels["gender"].tolist() == [0, 1, 0]
    assert list(shown.labels) == ["gender"]
    assert "identity" not in shown.labels
    with pytest.raises(LookupError, match=r"'identity' is withheld.*Blur\.reads_to_protect"):
        shown.labels["identity"]
    with pytest.raises(LookupError, match="withheld"):
        shown.labels.get("identity")  # must not be swallowed into None


def test_labels_stay_withheld_in_parts_of_the_pictures():
    part = faces().declared(["gender"], "X.reads_to_fit").pick(np.array([1]))
    assert part.labels["gender"].tolist() == [1]
    with pytest.raises(LookupError, match="withheld"):
        part.labels["identity"]
