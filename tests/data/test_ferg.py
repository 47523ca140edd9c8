import numpy as np
from PIL import Image

from bench.data.ferg import FERG
from bench.runner.worker import Worker

CONTEXT = Worker().protecting()


def names(numbers):
    return [
        f"FERG_DB_256/{who}/{who}_{feeling}/{who}_{feeling}_{number}.png"
        for who in ("aia", "malcolm")
        for feeling in ("anger", "joy")
        for number in numbers
    ]


def test_labels_follow_the_names(tree):
    faces, targets, _ = FERG(root=str(tree(names((1, 2)), (256, 256))), size=16).load(CONTEXT)
    assert faces.labels["identity"].tolist() == [0] * 4 + [1] * 4
    assert faces.labels["gender"].tolist() == [0] * 4 + [1] * 4
    named = [targets[2].classes[number] for number in faces.labels["expression"]]
    assert named == ["anger", "anger", "joy", "joy"] * 2


def test_consecutive_frames_make_a_take(tree):
    data = FERG(root=str(tree(names((1, 2, 10)), (256, 256))), frames=3)
    take = data.listing().labels["take"]
    # by path, 10 comes before 2
    assert take.tolist() == [0, 1, 0, 2, 3, 2, 4, 5, 4, 6, 7, 6]


def test_transparent_pixels_are_white(tree):
    root = tree(names((1,)), (256, 256))
    for name in names((1,)):
        Image.new("RGBA", (256, 256), (0, 0, 0, 0)).save(root / name)
    assert (FERG(root=str(root), size=8).load(CONTEXT).faces.images == 255).all()


def test_the_papers_protocol_is_the_default(tree):
    data = FERG(root=str(tree(names(range(20)), (256, 256))))
    data.check()
    n_learned = len(data.originals("defender"))
    assert data.originals("attacker") == data.originals("defender")
    assert n_learned / len(data.originals()) == 0.85
    assert not np.isin(data.originals("probe"), data.originals("defender")).any()
