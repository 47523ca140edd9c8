"""The operations on a decoder that can be followed by hand (the plugin `painter`)."""

from dataclasses import replace

import numpy as np
import pytest

from bench.api import Defense
from bench.operation import Judge, Operation, Tools
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.pprl_vgan.apply.codec import Codec
from defenses.pprl_vgan.apply.complete import blended
from defenses.pprl_vgan.apply.replace import montage

PEOPLE = np.array([0, 2, 3, 4, 6])  # labels; 1 and 5 are not the defender's


def picture(person, level):
    image = np.full((3, 16, 16), 30 * person, np.uint8)
    image[:, :, 8:] = level
    return image


def who(images):
    """Certain of the person on the left."""
    label = PEOPLE[images[:, 0, 0, 0] // 30]
    return np.eye(7, dtype=np.float32)[label]


def brightness(images):
    """Probabilities of dark and bright: the right half's level, of 200."""
    bright = images[:, 0, 0, -1].astype(np.float32) / 200
    return np.stack([1 - bright, bright], axis=1)


JUDGES = {
    "identity": Judge("eye", tuple("abcdefg"), 1.0, who),
    "expression": Judge("eye", ("dark", "bright"), 1.0, brightness),
}


def applied(operation, pictures, judges=JUDGES, **files):
    named = {f"p{number}": image for number, image in enumerate(pictures)}
    return applied_to(operation, named, judges, **files)


def applied_to(operation, pictures, judges=JUDGES, **files):
    rngs = RowGenerators(np.arange(max(1, len(pictures))), 0, "painter", 0)
    weights = {"people": PEOPLE}
    painter = make(Defense, Spec("painter"))
    context = replace(Worker().protecting(rngs), shape=(3, 16, 16))
    tools = Tools(painter, weights, context, judges, files)
    return make(Operation, Spec.parse(operation)).apply(pictures, tools)


def test_everybody_gets_the_chosen_face_and_keeps_the_code():
    clip = [picture(1, 20), picture(2, 40), picture(1, 140)]
    made = applied("replace:person=3", clip)
    assert [*made.pictures] == ["p0", "p1", "p2"]
    np.testing.assert_array_equal(made.pictures["p1"], picture(3, 40))
    np.testing.assert_array_equal(made.frames[1], np.concatenate([clip[1], picture(3, 40)], axis=2))
    values = {name: found.value for name, found in made.measures.items()}
    assert values == {
        "flicker of the input, grey levels": ((30 + 20) / 2 + (30 + 100) / 2) / 2,
        "flicker of the output, grey levels": (20 / 2 + 100 / 2) / 2,
        "named as the person shown": 1.0,
        "expression kept": 1.0,
    }
    assert made.measures["named as the person shown"].chance == 1 / 7
    assert made.measures["expression kept"].chance == 2 / 3  # two of three are dark


def test_one_expression_is_shown_by_everybody():
    clip = [picture(1, 20), picture(2, 140)]
    made = applied("replace", clip)
    assert [*made.pictures] == [f"person {one}/p{n}" for one in range(5) for n in (0, 1)]
    np.testing.assert_array_equal(made.pictures["person 4/p1"], picture(4, 140))
    rows = [[clip[1], picture(0, 140), picture(1, 140)], [picture(n, 140) for n in (2, 3, 4)]]
    montage = np.concatenate([np.concatenate(row, axis=2) for row in rows], axis=1)
    np.testing.assert_array_equal(made.frames[1], montage)
    values = {name: (found.value, found.n) for name, found in made.measures.items()}
    assert values == {
        "flicker of the input, grey levels": ((30 + 120) / 2, 1),
        "flicker of the output, grey levels": (120 / 2, 5),
        "named as the person shown": (1.0, 10),
        "expression kept": (1.0, 10),
    }


def test_an_empty_place_of_a_montage_is_white():
    made = applied_to("replace:person=1", {f"p{n}": picture(1, 20) for n in range(2)})
    assert made.frames.shape == (2, 3, 16, 32)
    parts = np.zeros((3, 2, 3, 4, 4), np.uint8)
    tiles = montage([*parts])
    assert tiles.shape == (2, 3, 8, 8)
    assert tiles[:, :, 4:, 4:].min() == 255
    assert tiles[:, :, :4].max() == tiles[:, :, 4:, :4].max() == 0


def test_pictures_of_codes_alone_show_the_chosen_people():
    """The painter shows the code, at least 0, on the right."""
    made = applied_to("synthesize:n=400,std=40", {})
    assert len(made.pictures) == 5 * 400
    levels = {
        one: [made.pictures[f"person {one}/{n:05d}"][0, 0, 15] for n in range(400)]
        for one in (0, 4)
    }
    assert levels[0] == levels[4]  # the same codes
    positive = np.array([level for level in levels[0] if level > 0], float)
    assert len(positive) == pytest.approx(200, abs=40)
    assert np.sqrt((positive**2).mean()) == pytest.approx(40, rel=0.1)
    assert made.pictures["person 4/00007"][0, 0, 0] == 120
    assert made.measures["named as the person shown"].value == 1
    assert len(applied_to("synthesize:n=3,person=2", {}).pictures) == 3


def test_nothing_flickers_from_one_clip_to_the_next():
    """Two clips of two frames each: the change between the clips is none."""
    levels = {"a/0": 20, "a/1": 40, "b/0": 140, "b/1": 150}
    made = applied_to(
        "replace:person=0", {name: picture(1, level) for name, level in levels.items()}
    )
    flicker = made.measures["flicker of the output, grey levels"]
    assert (flicker.value, flicker.n) == ((20 / 2 + 10 / 2) / 2, 2)


def test_one_picture_is_no_clip_and_nobody_judges_without_a_judge():
    made = applied("replace:person=0", [picture(1, 20)], {})
    assert len(made.frames) == 0
    assert made.measures["flicker of the output, grey levels"] == "no folder has two frames"
    assert "no judge of identity: run a grid" in made.measures["named as the person shown"]


def test_nobody_becomes_a_person_whom_the_weights_do_not_know():
    with pytest.raises(ValueError, match="expected person from 0 to 4, got 5"):
        applied("replace:person=5", [picture(1, 20)])


def test_a_path_goes_from_one_picture_to_the_other_as_the_same_person():
    pairs = [picture(2, 0), picture(2, 200), picture(4, 10), picture(4, 30)]
    made = applied("morph:steps=5", pairs)
    assert [*made.pictures][:2] == ["p0-p1-000", "p0-p1-001"]
    for step, level in enumerate((0, 50, 100, 150, 200)):
        np.testing.assert_array_equal(made.pictures[f"p0-p1-{step:03d}"], picture(2, level))
    np.testing.assert_array_equal(made.pictures["p2-p3-004"], picture(4, 30))
    wide = np.concatenate([pairs[0], picture(2, 50), pairs[1]], axis=2)
    np.testing.assert_array_equal(made.frames[1], wide)
    values = [(found.value, found.n) for found in made.measures.values()]
    assert values == [
        (0, 1),
        (0.25, 1),
        (0.5, 1),
        (0.75, 1),
        (1, 1),
        (1, 1),
    ]  # the pair that differs


def test_a_path_may_have_as_many_steps_as_the_authors():
    made = applied("morph:steps=1000,person=1", [picture(1, 0), picture(1, 200)])
    assert (len(made.pictures), len(made.frames)) == (1000, 1000)
    np.testing.assert_array_equal(made.pictures["p0-p1-500"], picture(1, 100))
    assert made.measures["probability of the last expression, 25% of the way"].value == (
        pytest.approx(0.25)
    )


def test_pairs_that_look_alike_to_the_judge_are_not_measured():
    made = applied("morph", [picture(2, 10), picture(2, 20)])
    assert set(made.measures.values()) == {"the judge sees one class in each pair"}


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_path_wants_two_ends(n):
    with pytest.raises(ValueError, match=f"expected pairs of pictures, got {n}"):
        applied("morph", [picture(1, 1)] * n)


def test_hidden_pixels_come_from_the_face_that_the_rest_suggests():
    """Half of the right side is greyed, so that its code lies between level and grey."""
    pictures = [picture(3, 101), picture(1, 201)]
    made = applied("complete:top=0,height=0.5,left=0.5,width=0.5,blend=false", pictures)
    wanted = picture(3, 101)
    wanted[:, :8, 8:] = (101 + 127) // 2
    np.testing.assert_array_equal(made.pictures["p0"], wanted)
    wanted[:, :8, 8:] = 201  # the mean of the others is the other one
    np.testing.assert_array_equal(made.sheet["mean face"][0], wanted)


def test_pasted_pixels_take_the_light_of_the_picture():
    """Too dark by 9, and by 1 a row more: what is left is what it shows, a dot."""
    images = np.full((2, 3, 12, 16), 120, np.uint8)
    part = images - np.uint8(9) - np.arange(12, dtype=np.uint8)[:, None]
    part[1, :, 5, 6] += 40
    hidden = np.zeros((12, 16), bool)
    hidden[3:9, 2:16] = True  # to the edge of the picture
    images[1] = np.where(hidden, 7, images[1])  # what is hidden is not seen
    filled = blended(part, images, hidden)
    assert set(np.unique(filled[0])) == {120}
    wanted = np.full((3, 12, 16), 120, np.uint8)
    wanted[:, 5, 6] = 160
    np.testing.assert_array_equal(filled[1], wanted)


def test_completed_parts_are_blended_by_default():
    pictures = [picture(3, 101), picture(1, 201)]
    hide = "complete:top=0,height=0.5,left=0.5,width=0.5"
    plain, blends = (
        applied(f"{hide},blend={blend}", pictures).sheet for blend in ("false", "true")
    )
    hidden = np.zeros((16, 16), bool)
    hidden[:8, 8:] = True
    images = np.stack(pictures)
    for name, part in (("completed", plain["face"]), ("mean face", images[::-1])):
        np.testing.assert_array_equal(blends[name], blended(part, images, hidden))
        np.testing.assert_array_equal(plain[name], np.where(hidden, part, images))


def test_a_mask_hides_like_a_rectangle():
    pictures, mask = [picture(3, 101), picture(1, 201)], np.zeros((3, 16, 16), np.uint8)
    mask[:, 4:10, 2:7] = 255
    by_mask = applied("complete", pictures, mask=mask)
    by_sides = applied("complete:top=0.25,height=0.375,left=0.125,width=0.3125", pictures)
    for name, image in by_mask.pictures.items():
        np.testing.assert_array_equal(image, by_sides.pictures[name])


@pytest.mark.parametrize(
    "operation", ["complete:height=0", "complete:top=0,left=0,height=1,width=1"]
)
def test_a_part_is_hidden_or_nothing_can_be_completed(operation):
    with pytest.raises(ValueError, match="expected a hidden part"):
        applied(operation, [picture(1, 1)])


def test_a_lost_expression_is_shown_worst_first():
    """What is hidden at the right edge turns towards grey: bright becomes dark for the judge."""
    hide = "complete:top=0,height=1,left=0.75,width=0.25"
    levels = (110, 20, 180)  # half hidden: 118, 73 and 153 of 200
    made = applied(hide, [picture(1, level) for level in levels])
    assert "expression lost: picture" in made.sheet
    assert len(made.sheet["expression lost: picture"]) == 0
    made = applied("complete:top=0,height=0.9,left=0.5,width=0.5", [picture(1, 90), picture(1, 99)])
    shown = made.sheet["expression lost: picture"]  # nearly all grey: both end bright
    assert [int(image[0, 0, -1]) for image in shown] == [90, 99]


def test_the_own_face_is_the_nearest_one_where_it_is_seen():
    images = np.stack([picture(3, 50), picture(1, 80)])
    images[0, :, :, :6] = 0  # looks like person 0 but for two columns
    rngs = RowGenerators(np.arange(2), 0, "painter", 0)
    weights = {"people": PEOPLE}
    tools = Tools(make(Defense, Spec("painter")), weights, Worker().protecting(rngs))
    codes, seen = np.array([[50], [80]], np.float32), np.ones((16, 16), bool)
    assert Codec(tools).people_in(images, codes, seen).tolist() == [0, 1]
    seen[:, :6] = False
    assert Codec(tools).people_in(images, codes, seen).tolist() == [3, 1]


def test_the_own_face_is_named_by_the_judge_or_given():
    pair = [picture(2, 0), picture(2, 200)]
    blind = Judge(
        "mole", tuple("abcdefg"), 0.0, lambda images: np.tile(np.eye(7)[[3]], (len(images), 1))
    )
    judges = {"identity": blind}  # label 3 is person 2 of these people, whoever is shown
    assert (
        (applied("morph:steps=2", [picture(4, 0)] * 2, judges).pictures["p0-p1-000"][0, 0, 0]) == 60
    )
    given = applied("morph:steps=2,person=1", pair, judges).pictures["p0-p1-001"]
    np.testing.assert_array_equal(given, picture(1, 200))
    hidden = applied(
        "complete:person=1,top=0,height=0.5,left=0,width=0.5,blend=false", pair, judges
    )
    assert hidden.pictures["p0"][0, 0, 0] == 30
