import pytest

from bench.data.mug import MUG


@pytest.fixture
def recorded(tree):
    """Writes frames of the official size."""
    return lambda names: tree(names, (896, 896))


def frames(take, n=3):
    return [f"subjects3/{take}/img_{number:04}.jpg" for number in range(n)]


def listed(root, **fields):
    listing = MUG(root=str(root), **fields).listing()
    expression = listing.targets[1].classes
    return [
        (path.name[4:8], listing.targets[0].classes[who], expression[feeling], int(take))
        for path, who, feeling, take in zip(
            listing.paths,
            *(listing.labels[name] for name in ("identity", "expression", "take")),
            strict=True,
        )
    ]


def test_takes_are_recordings_and_happiness_is_joy(recorded):
    root = recorded([*frames("001/anger/take000"), *frames("001/happiness/take001")])
    assert listed(root, skip=1) == [
        ("0001", "001", "anger", 0),
        ("0002", "001", "anger", 0),
        ("0001", "001", "joy", 1),
        ("0002", "001", "joy", 1),
    ]


def test_a_take_shorter_than_what_is_skipped_keeps_its_last_frame(recorded):
    assert listed(recorded(frames("001/fear/take000")), skip=19) == [("0002", "001", "fear", 0)]


def test_sessions_and_a_repeated_number_are_read(recorded):
    root = recorded([*frames("001/001/fear/take000", 1), *frames("002/session0/fear/take000", 1)])
    recorded(frames("002/session1/fear/take000", 1))
    assert [line[1:] for line in listed(root)] == [
        ("001", "fear", 0),
        ("002", "fear", 1),
        ("002", "fear", 2),
    ]


def test_the_first_people_are_chosen(recorded):
    root = recorded(
        [*frames("001/fear/take000"), *frames("003/fear/take000"), *frames("004/joy/take000")]
    )
    assert {line[1] for line in listed(root, people=2)} == {"001", "003"}


def test_sequences_that_were_cut_by_others_are_refused(tree, refused):
    root = tree(["subjects3/001_anger_take000_0001.jpg"])
    assert "expected pictures called as subjects3/001/anger/take000" in refused(MUG(root=str(root)))


def test_cropped_frames_are_told(tree, refused):
    root = tree(frames("001/anger/take000"), (48, 48))
    assert "expected pictures of 896x896 px in mug, got 48x48" in refused(MUG(root=str(root)))
