import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bench.data.folder import Folder
from bench.faces import Target
from bench.runner.worker import Worker

CONTEXT = Worker().protecting()


@pytest.fixture
def people(tmp_path, picture):
    for name in ("ann", "bob"):
        for number in range(2):
            picture(tmp_path / name / f"{number}.png", 100, (60, 40))
    return tmp_path


def test_a_folder_per_person(people):
    faces, targets, _ = Folder(root=str(people), size=16).load(CONTEXT)
    assert faces.images.shape == (4, 3, 16, 16)
    assert faces.labels["identity"].tolist() == [0, 0, 1, 1]
    assert [target.name for target in targets] == ["identity"]


def manifest(people, text):
    (people / "list.csv").write_text(text)
    return Folder(root=str(people), manifest="list.csv", size=16)


GOOD = "path,identity,smile,take\nann/0.png,ann,yes,1\nann/1.png,ann,,1\nbob/0.png,bob,no,1\n"


def test_a_manifest_gives_labels(people):
    folder = manifest(people, GOOD)
    faces, targets, _ = folder.load(CONTEXT)
    assert [target.name for target in folder.targets] == ["identity", "smile"]
    assert [(t.name, t.classes) for t in targets][1] == ("smile", ("no", "yes"))
    assert faces.labels["smile"].tolist() == [1, -1, 0]  # an empty cell is a missing label
    assert faces.labels["take"].tolist() == [0, 0, 1]  # take 1 of bob is not take 1 of ann


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,who\na,b\n", "needs the columns path and identity, got"),
        (
            "path,identity\nann/9.png,ann\nann/8.png,ann\n",
            r"line 2 \(ann/9.png, ann\): expected a picture in .*, found none \(and 1 more",
        ),
        ('path,identity\n"a\nb",ann\n', r"list.csv, line 3 \(a b, ann\): expected a picture in"),
        ("path,identity\nann/0.png\n", "list.csv, line 2: expected 2 cells; fix it"),
        ("path,identity\n,ann\n", r"line 2 \(ann\): it needs a cell in column path; fill it"),
        ("path,identity\nann/0.png,\n", r"line 2 \(ann/0.png\): it needs a cell in column iden"),
        ("path,identity,male\nann/0.png,ann,=1\n", "column male, got '=1'; scale the column"),
        ("path,identity\n", "no pictures in"),
    ],
)
def test_a_bad_manifest_is_one_clear_error(people, text, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        manifest(people, text).load(CONTEXT)


ALIASES = ["ann/0.png", "./ann/0.png", "bob/../ann/0.png", "{root}/ann/0.png", "link.png"]


@pytest.mark.parametrize("alias", ALIASES)
def test_one_picture_under_two_names_is_listed_twice(people, alias):
    (people / "link.png").symlink_to(people / "ann" / "0.png")
    alias = alias.format(root=people)
    folder = manifest(people, f"path,identity\nann/0.png,ann\nbob/0.png,bob\n{alias},bob\n")
    with pytest.raises(ValueError, match=r"line 4 .*the same picture as .*list.csv, line 2; keep"):
        folder.check()


@pytest.mark.parametrize("way", ["../other/0.png", "{root}/../other/0.png", "link.png", "in/0.png"])
def test_pictures_out_of_the_root_are_refused_unless_asked_for(people, picture, way):
    root, way = people / "ann", way.format(root=people / "ann")
    picture(people / "other" / "0.png", 50, (20, 20))
    (root / "link.png").symlink_to(people / "other" / "0.png")
    (root / "in").symlink_to(people / "other")
    folder = manifest(root, f"path,identity\n0.png,ann\n{way},bob\n")
    with pytest.raises(ValueError, match=r"line 3 \(.*, bob\): the picture is not in .*, but at"):
        folder.load(CONTEXT)
    assert replace(folder, outside=True).load(CONTEXT).faces.images[1].max() == 50


def test_a_persons_folder_that_is_a_link_out_of_the_root_is_refused_too(people, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "ann").symlink_to(people / "ann")
    folder = Folder(root=str(tmp_path / "root"), size=16)
    with pytest.raises(ValueError, match=r"ann/0.png, ann\): the picture is not in"):
        folder.load(CONTEXT)
    assert len(replace(folder, outside=True).load(CONTEXT).faces) == 2


def test_a_blank_or_another_spelling_is_not_another_class(people):
    text = GOOD.replace("ann,yes", " Zoe\u0308  B ,yes ").replace("ann,,1", "Zoë B,yes,1")
    loaded = manifest(people, text).load(CONTEXT)
    assert [target.classes for target in loaded.targets] == [("Zoë B", "bob"), ("no", "yes")]


def test_takes_of_two_people_are_never_one(people):
    """Neither with slashes in names, nor if a take is called as a picture."""
    text = "path,identity,take\nann/0.png,a/b,c\nann/1.png,a,b/c\nbob/0.png,x,\nbob/1.png,x,{}\n"
    for take in ("1", "bob/0.png"):
        takes = manifest(people, text.format(take)).load(CONTEXT).faces.labels["take"]
        assert sorted(takes) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["person", "image_id", "images", "identity.", "label.identity"])
def test_a_column_may_be_called_as_anything(people, name):
    text = f"path,identity,{name}\nann/0.png,ann,x\nann/1.png,ann,y\nbob/0.png,bob,x\n"
    faces, targets, _ = manifest(people, text).load(CONTEXT)
    assert faces.labels[name].tolist() == [0, 1, 0]
    assert faces.labels["identity"].tolist() == [0, 0, 1]
    assert targets[1] == Target(name, "categorical", ("x", "y"))


def test_every_format_is_read_like_png(people):
    grey = Image.fromarray(np.full((20, 20), 100, np.uint8))
    for suffix in ("gif", "bmp", "tif", "TIFF", "webp", "pgm", "jpg"):
        grey.save(people / "bob" / f"x.{suffix}")
    faces = Folder(root=str(people), size=16).load(CONTEXT).faces
    assert len(faces) == 4 + 7
    assert abs(faces.images.astype(int) - 100).max() <= 1  # of JPEG


def test_hidden_files_are_nobody_and_others_are_counted_in_one_line(people, picture):
    for name in (".ipynb_checkpoints/0.png", "ann/._0.png", "__MACOSX/ann/._0.png"):
        picture(people / name, 90, (20, 20))
    for name in (".DS_Store", "ann/.DS_Store", "bob/Thumbs.db"):
        (people / name).write_bytes(b"x")
    folder = Folder(root=str(people), size=16)
    with warnings.catch_warnings(action="error"):
        assert folder.load(CONTEXT).targets[0].classes == ("ann", "bob")
    for name in ("top.png", "ann/more/deep.png"):
        picture(people / name, 90, (20, 20))
    (people / "ann" / "notes.txt").write_text("x")
    (people / "ann" / "gone.png").symlink_to(people / "nowhere.png")
    with pytest.warns(UserWarning, match=r"not read: 4 files, e.g. .*ann/gone.png; .* FOLDER/PIC"):
        assert len(folder.load(CONTEXT).faces) == 4


def test_too_few_takes_are_found_by_labels_alone(people):
    """The pictures are empty files: to decode one would be an error."""
    for path in people.glob("*/*.png"):
        path.write_bytes(b"")
    closed = Folder(root=str(people), size=16, protocol="closed")
    with pytest.raises(ValueError, match=r"share the 2 takes of ann \(and 1 more people have too"):
        closed.check()
    with pytest.raises(ValueError, match=f"{people}.*share 2 people; give at least 4 people"):
        replace(closed, protocol="open").check()
    for person in ("cy", "di"):
        (people / person).mkdir()
        (people / person / "0.png").write_bytes(b"")
    replace(closed, protocol="open").check()


def test_the_home_of_nobody_is_one_clear_error():
    with pytest.raises(FileNotFoundError, match=r"expects a folder, found none at ~no\.body/x"):
        Folder(root="~no.body/x").files()


def test_a_folder_that_may_not_be_read_is_an_error(people, monkeypatch):
    def refuse(path):
        if str(path).endswith("bob"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    scandir = os.scandir
    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(PermissionError, match="bob"):
        Folder(root=str(people)).files()


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="put each person's into a folder"):
        Folder(root=str(tmp_path)).files()


def test_pictures_are_turned_upright_and_cut_square(tmp_path):
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = 255  # the square in the middle is white
    (tmp_path / "ann").mkdir()
    Image.fromarray(wide).save(tmp_path / "ann" / "a.png")
    faces = Folder(root=str(tmp_path), size=20).load(CONTEXT).faces
    assert faces.images.min() > 200
