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


@pytest.mark.parametrize(("level", "root"), [("ferg/", ""), ("", "FERG_DB_256")])
def test_a_folder_level_too_many_or_too_few_is_told(tree, refused, level, root):
    place = tree([level + name for name in NAMES], (256, 256)) / root
    message = refused(FERG(root=str(place)))
    assert "expects FERG_DB_256/aia/aia_anger/aia_anger_1.png" in message
    assert "a folder level too many or too few; set ferg:root=" in message


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


def test_another_variant_is_told(tree, refused):
    root = tree(["FERG_3D_DB/anger/1.png"])
    assert "got FERG_3D_DB: the 3-D variant of the database" in refused(FERG(root=str(root)))


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
