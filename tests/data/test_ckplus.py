import pytest

from bench.data.ckplus import CKPlus

NAMES = [
    f"cohn-kanade-images/{who}/{take}/{who}_{take}_{number:08}.png"
    for who, take in (("S005", "001"), ("S005", "002"), ("S010", "001"))
    for number in range(1, 6)
]
TEXTS = {
    "Emotion/S005/001/S005_001_00000005_emotion.txt": "   3.0000000e+00\n",
    "Emotion/S010/001/S010_001_00000005_emotion.txt": "   5.0000000e+00\n",
}


@pytest.fixture
def root(tree):
    return tree(NAMES, texts=TEXTS)


def test_labelled_sequences_give_their_last_frames(root):
    listing = CKPlus(root=str(root)).listing()
    assert [path.stem[-1] for path in listing.paths] == list("345345")
    named = [listing.targets[1].classes[n] for n in listing.labels["expression"]]
    assert named == ["disgust"] * 3 + ["joy"] * 3
    assert listing.labels["take"].tolist() == [0] * 3 + [1] * 3


def test_missing_labels_and_another_variant_are_told(tree, refused):
    root = tree(NAMES)
    assert "ckplus expects Emotion/S005/001/S005_001" in refused(CKPlus(root=str(root)))
    (root / "cohn-kanade-images").rename(root / "CK+48")
    assert "CK+48: pictures cropped to 48 px" in refused(CKPlus(root=str(root)))
    (root / "CK+48").rename(root / "faces")
    assert "pictures in other folders, as in CK+48" in refused(CKPlus(root=str(root)))


def test_a_label_that_is_not_a_number_is_told(root, tree, refused):
    tree(texts={"Emotion/S005/001/S005_001_00000005_emotion.txt": "9"})
    assert "expected one number from 0 to 7, got '9'" in refused(CKPlus(root=str(root)))
