"""What the plugins do with pictures: trained for a few steps, on synthetic people."""

import numpy as np
import pytest

from bench.api import Dataset, Defense
from bench.faces import MISSING, Faces
from bench.nn.state import without_prefix
from bench.registry import make
from bench.runner.cells import cells
from bench.runner.grid import Grid
from bench.runner.rng import RowGenerators, generator
from bench.runner.worker import Worker
from bench.spec import Spec

SHORT = "classifier=resnet,auxiliary_steps=1,pixel_steps=2,steps=2,batch=8,widths=4+4+8+8"
WORKER = Worker()


@pytest.fixture(scope="module")
def faces():
    data = make(Dataset, Spec.parse("synthetic:people=12,takes=2,pictures=2,protocol=open"))
    return data.load(WORKER.protecting()).faces


@pytest.fixture
def tree_of_ages(tmp_path):
    (tmp_path / "UTKFace").mkdir()
    return tmp_path


def learned(spec, faces):
    defense = make(Defense, Spec.parse(spec))
    shown = faces.declared(defense.reads_to_fit, "")
    return defense.fit(shown, WORKER.training(generator("test")))


def released(spec, faces, weights):
    defense = make(Defense, Spec.parse(spec))
    shown = faces.declared(defense.reads_to_protect, "")
    rngs = RowGenerators(faces.image_id, 0, defense.name, 0)
    return defense.protect(shown, weights, WORKER.protecting(rngs))


@pytest.fixture(scope="module")
def pattern(faces):
    return learned("prototype_pattern:classifier=resnet,auxiliary_steps=1", faces)


def test_the_pattern_is_added_to_the_logit(faces, pattern):
    release = released("prototype_pattern:gender=label,w=2,classifier=resnet", faces, pattern)
    level = np.clip(faces.images[0] / 255.0, 0.5 / 255, 1 - 0.5 / 255)
    mine = faces.labels["gender"][0]
    women, men, _ = pattern["prototypes"]
    towards = women - men if mine else men - women
    wanted = 1 / (1 + np.exp(-(np.log(level / (1 - level)) + 2 * towards)))
    np.testing.assert_allclose(release.images[0], wanted, atol=1e-5)


def test_towards_its_own_prototype_the_pattern_changes_nothing(faces, pattern):
    release = released("prototype_pattern:prototype=SM,classifier=resnet", faces, pattern)
    np.testing.assert_allclose(release.images * 255, faces.images, atol=0.6)


@pytest.mark.parametrize("gender", ["estimated", "random"])
def test_the_secret_is_read_only_if_asked(faces, pattern, gender):
    spec = "prototype_pattern:classifier=resnet,gender="
    assert make(Defense, Spec.parse(spec + "label")).reads_to_protect == ("gender",)
    assert make(Defense, Spec.parse(spec + gender)).reads_to_protect == ()
    taken = released(spec + gender, faces, pattern).notes["estimated.gender"]
    assert set(taken) <= {0, 1}
    if gender == "random":
        assert 0.2 < taken.mean() < 0.8


def test_pictures_without_the_label_teach_nothing_and_their_class_is_estimated(faces):
    """The weights are those of the labelled pictures alone."""
    label = np.array(faces.labels["gender"])
    label[::5] = MISSING
    some = Faces(faces.images, {**faces.labels, "gender": label}, faces.image_id)
    spec = "prototype_pattern:classifier=resnet,auxiliary_steps=1"
    weights, known = learned(spec, some), learned(spec, faces.pick(label != MISSING))
    assert all(np.array_equal(weights[name], known[name]) for name in known)
    taken = released(f"{spec},gender=label", some, weights).notes["estimated.gender"]
    assert set(taken) <= {0, 1}
    assert (taken == label)[label != MISSING].all()


def test_a_label_without_classes_is_refused_in_a_line(faces):
    with pytest.raises(ValueError, match="expected classes of attribute=AU12, got numbers"):
        learned("prototype_pattern:attribute=AU12,classifier=none", faces)


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        ("prototype_pattern", False),
        ("san", True),
        ("san:matcher=vggface,matcher_weights=x", False),
        ("othman_ross", False),
        ("k_same", False),
        ("pprl_vgan:utility=gender", True),
    ],
)
def test_only_what_takes_several_pictures_of_a_person_needs_identities(tree_of_ages, spec, needs):
    """In data that do not tell who is shown, each picture counts as a person."""
    task = {"private": ["age"], "utility": ["gender"], "data": f"utkface:root={tree_of_ages}"}
    tasks = [task | {"defenses": [spec], "attackers": ["knn"]}]
    found = cells(Grid.model_validate({"name": "g", "tasks": tasks}))
    reasons = {cell.skip_reason for cell in found if cell.defense.name == spec.split(":")[0]}
    assert ("utkface has no labels ['identity']" in reasons) == needs


@pytest.mark.parametrize("prototype", ["NT", "OP"])
def test_any_label_can_be_hidden(faces, prototype):
    """Ages are young, middle and old: the one that is opposite to each is the next."""
    spec = f"prototype_pattern:attribute=age,classifier=none,gender=label,prototype={prototype}"
    weights = learned(spec, faces)
    assert [*weights] == ["prototypes"]
    release = released(spec, faces, weights)
    age = faces.labels["age"]
    assert (release.notes["estimated.age"] == age).all()
    goal = weights["prototypes"][np.full(len(age), 3) if prototype == "NT" else (age + 1) % 3]
    level = np.clip(faces.images / 255.0, 0.5 / 255, 1 - 0.5 / 255)
    logits = np.log(level / (1 - level)) + 4 * (goal - weights["prototypes"][age])
    np.testing.assert_allclose(release.images, 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_what_is_promised_read_and_disclosed_follows_from_the_attribute():
    spec = "san:attribute=age,gender=label,aligned=true,landmarks=label"
    defense = make(Defense, Spec.parse(spec))
    assert defense.hides == {"age"}
    assert defense.discloses == {"prototypes", "estimated.age"}
    assert defense.reads_to_fit == ("age", "identity", "landmarks")
    assert defense.reads_to_protect == ("age", "landmarks")


def test_without_a_classifier_the_class_is_not_estimated(faces, pattern):
    with pytest.raises(ValueError, match="expected gender=label or gender=random"):
        released("prototype_pattern:classifier=none", faces, pattern)


def test_prototypes_are_laid_by_the_landmarks_of_the_data_set(faces):
    """Landmarks that all lie elsewhere move the pattern as far."""
    points = np.random.default_rng(0).uniform(0.3, 0.7, (1, 12, 2)).astype(np.float32)
    here, there = (
        Faces(faces.images, faces.labels | {"landmarks": place}, faces.image_id)
        for place in np.stack([points, points + 4 / 32]).repeat(len(faces), axis=1)
    )
    spec = "prototype_pattern:aligned=true,landmarks=label,classifier=none,gender=label,warp="
    for warp in ("similarity", "piecewise"):
        weights = learned(spec + warp, here)
        assert weights["landmarks"].shape == (12, 2)
        flat = np.full_like(faces.images, 128)
        first, last = (
            released(spec + warp, some.with_images(flat), weights).images for some in (here, there)
        )
        np.testing.assert_allclose(last[..., 4:, 4:], first[..., :-4, :-4], atol=1e-3)


@pytest.mark.slow
def test_the_released_schedule_hides_age_among_three_classes(faces):
    spec = f"san@released:epochs=2,match_from=2,matcher_loss=hinge,attribute=age,{SHORT}"
    weights = learned(spec, faces)
    assert weights["prototypes"].shape == (4, 3, 32, 32)
    assert len(weights["autoencoder.curve.train"]) == 2  # of the epoch with J_M, and before it
    release = released(spec, faces, weights)
    assert set(release.notes["estimated.age"]) <= {0, 1, 2}
    assert release.images.shape == faces.images.shape


@pytest.mark.slow
def test_prototype_and_gender_are_chosen_after_training(faces):
    weights = learned(f"san:{SHORT}", faces)
    assert weights["prototypes"].shape == (3, 3, 32, 32)
    own, neutral, other = (
        released(f"san:{SHORT},gender=label,prototype={kind}", faces, weights).images
        for kind in ("SM", "NT", "OP")
    )
    assert own.dtype == np.uint8
    assert (own[:, 0] == own[:, 1]).all()  # grey
    between = (own.astype(int) - neutral) * (neutral.astype(int) - other)
    assert (between >= -2).all()  # the neutral answer lies between the two, up to rounding
    in_colour = f"san:{SHORT},n_colours=3,skip=true,pattern=1,lr=0.000001"
    kept = released(f"{in_colour},prototype=SM", faces, learned(in_colour, faces)).images
    assert abs(kept.astype(int) - faces.images).max() <= 1  # it has hardly learned


@pytest.mark.slow
def test_members_are_drawn_or_chosen_by_what_they_do(faces):
    spec = f"san_ensemble:n=2,{SHORT}"
    weights = learned(spec, faces)
    drawn = released(spec, faces, weights).notes["member"]
    assert set(drawn) == {0, 1}
    chosen = released(f"{spec},member=effective", faces, weights)
    defense = make(Defense, Spec.parse(spec))
    taken = chosen.notes["estimated.gender"]
    scores = np.stack([_scores(defense, i, taken, faces, weights) for i in range(2)])
    each = np.arange(len(taken))
    assert (scores[chosen.notes["member"], each] <= scores.min(axis=0) + 1e-6).all()


def _scores(defense, member, taken, faces, weights):
    """The assumed gender's scores by all classifiers after a member moved the pictures."""
    moved = defense.moved(
        faces.images, None, taken, without_prefix(f"member{member}", weights), "cpu"
    )
    scores = defense.class_scores(moved, weights, WORKER.protecting())
    return scores[np.arange(len(taken)), taken]


@pytest.mark.slow
def test_a_flow_of_one_is_a_single_network(faces):
    weights = learned(f"flow_san:n=1,{SHORT}", faces)
    alone = released(f"san:{SHORT}", faces, without_prefix("flow0", weights)).images
    assert (released(f"flow_san:n=1,{SHORT}", faces, weights).images == alone).all()


@pytest.mark.slow
def test_how_far_a_flow_goes_is_chosen_after_training(faces):
    """The second network learns from the first's releases at strength 1."""
    plain, strong = (learned(f"flow_san:n=2,{SHORT},strength={x}", faces) for x in (1, 3))
    assert all((plain[name] == strong[name]).all() for name in plain)
    far = released(f"flow_san:n=2,{SHORT},strength=0", faces, plain).images
    first = released(f"san:{SHORT}", faces, without_prefix("flow0", plain)).images
    grey = np.broadcast_to(first[:, :1], first.shape)
    np.testing.assert_allclose(far.astype(int), grey, atol=1)


@pytest.mark.parametrize(
    "spec",
    [
        "san:prototype=XX",
        "san:gender=true",
        "san:n_colours=2",
        "san:aim=up",
        "san:matched=all",
        "san:pixel_loss=l3",
        "san:autoencoder=conv,pool=1",
        "san:pattern=4",
        "san_ensemble:n=1",
        "san_ensemble:member=best",
        "flow_san:n=0",
        "san:classifier=none",
        "san:classifier_weights=gender",
        "san:classifier=san-grey,classifier_weights=gender,attribute=age",
    ],
)
def test_a_field_that_means_nothing_is_refused(spec):
    with pytest.raises(ValueError, match="expected"):
        make(Defense, Spec.parse(spec))


@pytest.mark.parametrize("name", ["san_ensemble", "flow_san"])
def test_members_are_trained_not_given(name):
    with pytest.raises(ValueError, match="autoencoder"):
        make(Defense, Spec.parse(f"{name}:autoencoder=conv"))


def test_the_member_that_is_drawn_does_not_tell_the_class_that_was_drawn():
    ensemble, seen = make(Defense, Spec.parse("san_ensemble:n=3,gender=random")), set()
    for seed in range(100):
        assumed = np.random.default_rng(seed).integers(2)  # as `assumed_class` draws it
        seen.add((int(assumed), ensemble._drawn(np.random.default_rng(seed), 2)))
    assert seen == {(one, member) for one in range(2) for member in range(3)}
