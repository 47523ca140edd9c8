"""What all data sets in an official layout share, shown by one of them."""

import re

import pytest

from bench.api import Dataset
from bench.data.ferg import FERG
from bench.data.official import Official, and_more, data_home
from bench.registry import make, plugins, stated
from bench.runner.worker import Worker
from bench.spec import Spec

SETS = {name: one for name, one in plugins("dataset").items() if issubclass(one, Official)}
NAMES = [
    f"FERG_DB_256/{who}/{who}_{feeling}/{who}_{feeling}_{number}.png"
    for who in ("aia", "bonnie", "jules", "ray")
    for feeling in ("anger", "joy")
    for number in (1, 2, 3, 4)
]
# lists that are read before pictures are looked for; others may be empty
LISTS = {
    "muct-landmarks/muct76-opencv.csv": ",".join(["name", "tag", *map(str, range(152))])
    + f"\ni000qa-fn,0000{',0' * 152}",
    "fairface_label_train.csv": "file,age,gender,race\ntrain/1.jpg,3-9,Male,White",
    "fairface_label_val.csv": "file,age,gender,race",
    "pairs.txt": "1\t0",
}
INSTEAD = {  # what people have instead of each data set, and what they are told
    "ar": ("warped/m-001-01.bmp", "the cropped and warped variant"),
    "celeba": ("CelebAMask-HQ/1.jpg", "the masked variant"),
    "ckplus": ("CK+48/anger/S010_004_00000017.png", "pictures cropped to 48 px"),
    "fairface": ("train/1.jpg", "expected pictures of 224x224 px in fairface, got 48x48"),
    "ferg": ("FERG_3D_DB/anger/1.png", "the 3-D variant of the database"),
    "genki4k": ("GENKI-R2009a/1.jpg", "another set, GENKI-R2009a"),
    "lfw": ("lfw_funneled/NAME/NAME_0001.jpg", "another alignment"),
    "lfw_pairs": ("lfw-deepfunneled/NAME/NAME_0001.jpg", "another alignment"),
    "muct": ("images/i000qa-fn.jpg", "another archive, or folders with other names"),
    "mug": ("subjects3/001/anger/take000.avi", "videos made of the frames"),
    "rafd": ("train/1/train_00001_aligned.jpg", "another set, RAF-DB"),
    "utkface": ("crop_part1/26_1_0_20170116174525125.jpg.chip.jpg", "a part of the pictures"),
}
OF_ONE_LAYOUT = sorted({*SETS} - {"ar"})  # whose pictures may lie in any folder


def lists_of(name, folder=""):
    """The files of a data set besides its pictures, by path."""
    labels = {"ckplus": ["Emotion/S005/001/S005_001_00000011_emotion.txt"]}
    files = [*SETS[name].needs, *labels.get(name, ())]
    return {folder + file: LISTS.get(file, "3") for file in files}


def test_it_is_found_by_the_folder_of_all_data(tree, monkeypatch):
    root = tree([f"ferg/{name}" for name in NAMES], (256, 256))
    monkeypatch.setenv("BENCH_DATA", str(root))
    faces, targets, boxes = make(Dataset, Spec.parse("ferg:size=16")).load(Worker().protecting())
    assert faces.images.shape == (32, 3, 16, 16)
    assert targets[0].classes == ("aia", "bonnie", "jules", "ray")
    assert boxes[0].tolist() == [0, 0, 256, 0]


def test_missing_data_are_told_with_where_to_ask(monkeypatch, refused):
    monkeypatch.delenv("BENCH_DATA", raising=False)
    told = r"ferg not found: set BENCH_DATA .*, or write ferg:root=FOLDER; to get it: .* the form"
    assert re.match(told, refused(FERG()))
    monkeypatch.setenv("BENCH_DATA", "")
    assert re.match(told, refused(FERG()))
    assert refused(FERG(root="/nowhere")).startswith(
        "ferg not found: the folder /nowhere does not exist"
    )


def test_a_tilde_is_the_home_of_the_user(monkeypatch):
    monkeypatch.setenv("HOME", "/of/me")
    monkeypatch.setenv("BENCH_DATA", "~/data")
    assert str(data_home("")) == "/of/me/data"


@pytest.mark.parametrize(("n", "words"), [(1, ""), (2, " and 1 more")])
def test_an_error_counts_what_it_does_not_show(n, words):
    assert and_more("abc"[:n]) == words


@pytest.mark.parametrize("lists_in", ["", "more/"])
@pytest.mark.parametrize("name", OF_ONE_LAYOUT)
def test_a_folder_level_too_many_is_told(tree, refused, name, lists_in):
    root = tree([f"more/{SETS[name].example}"], texts=lists_of(name, lists_in))
    message = refused(SETS[name](root=str(root)))
    assert message.startswith(f"{name} expects ")
    assert f" in {root}, got it in {root}/more: there is a folder level too many" in message
    assert f"; set {name}:root={root}/more, or move the files" in message


@pytest.mark.parametrize("name", [n for n in OF_ONE_LAYOUT if "/" in SETS[n].example])
def test_a_folder_level_too_few_is_told(tree, refused, name):
    example = SETS[name].example
    root = tree([example], texts=lists_of(name))
    message = refused(SETS[name](root=str(root / example.split("/")[0])))
    assert f"in {root}: there is a folder level too many or too few; set {name}:root=" in message


@pytest.mark.parametrize("name", SETS)
def test_another_archive_or_variant_is_told(tree, refused, name):
    file, words = INSTEAD[name]
    root = tree([file], (48, 48), texts=lists_of(name))
    assert words in refused(SETS[name](root=str(root)))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda n: n.replace("256", "128"), "got FERG_DB_128/aia/.*: another archive, or folders"),
        (lambda n: n.replace("png", "jpg"), "got FERG_DB_256/aia/.*: another format"),
        (lambda n: n.replace("png", "PNG"), "called as .*, got .*aia_anger_1.PNG and 31 more"),
        (lambda n: n.replace("ray", "bob"), "called as .*, got .*bob_anger_1.png and 7 more"),
    ],
)
def test_other_names_are_told(tree, refused, changed, words):
    assert re.search(words, refused(FERG(root=str(tree(map(changed, NAMES), (256, 256))))))


@pytest.mark.parametrize("n_left", [10, 300])
def test_a_first_picture_that_is_cut_off_is_told_with_its_name(tree, refused, n_left):
    root = tree(NAMES, (256, 256))
    (root / NAMES[0]).write_bytes((root / NAMES[0]).read_bytes()[:n_left])
    assert re.search(
        r"aia_anger_1\.png cannot be read, it is corrupt", refused(FERG(root=str(root)))
    )


def test_one_picture_of_another_size_is_told(tree):
    root = tree(NAMES, (256, 256))
    tree(NAMES[5:6], (64, 64))
    FERG(root=str(root)).check()  # looks at the first
    with pytest.raises(ValueError, match="expected pictures of 256x256 px in ferg, got 64x64"):
        FERG(root=str(root)).load(Worker().protecting())


def test_an_archive_that_is_not_unpacked_is_told(tree, refused):
    root = tree(texts={"FERG_DB_256.zip": "PK"})
    told = "got FERG_DB_256.zip: unpack this there; if it is unpacked, to get it: ask through"
    assert told in refused(FERG(root=str(root)))


def test_cropped_pictures_are_told_by_their_size(tree, refused):
    root = tree(NAMES, (64, 64))
    assert "expected pictures of 256x256 px in ferg, got 64x64" in refused(FERG(root=str(root)))


def test_pictures_with_other_names_are_told_but_not_what_macos_leaves(tree, refused):
    root = tree([*NAMES, "FERG_DB_256/aia/aia_anger/._aia_anger_1.png"], (256, 256))
    FERG(root=str(root)).check()
    tree(["FERG_DB_256/aia/aia_joy/a (copy).png", "FERG_DB_256/aia/aia_joy/b.png"])
    assert re.search(r"got .*a \(copy\)\.png and 1 more; restore", refused(FERG(root=str(root))))
    (root / "FERG_DB_256/aia/aia_joy/b.png").unlink()
    (root / "FERG_DB_256/aia/aia_joy/a (copy).png").unlink()
    tree(["FERG_DB_256/aia/aia_bliss/aia_bliss_1.png"], (256, 256))
    assert "expected expression among anger, disgust" in refused(FERG(root=str(root)))


@pytest.mark.parametrize("name", SETS)
def test_source_licence_and_access_are_stated(name):
    assert all(stated(SETS[name], word) for word in ("Source", "Licence", "Access"))
    assert SETS[name].pattern.search(f"/{SETS[name].example}")
