import re

from bench.data.utkface import UTKFace

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
