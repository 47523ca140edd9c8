"""What reaches a surrogate and what does not, its notes, and how training resumes."""

import numpy as np
import pytest
import torch

from bench.api import Dataset, Decoder, Defense
from bench.faces import Faces
from bench.nn import checkpoint
from bench.nn.guide import Guide, map_error
from bench.nn.inputs import scaled
from bench.nn.state import state_of
from bench.registry import make
from bench.runner.cells import cells
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.began_cs import training
from defenses.began_cs.labels import Scale, vectors
from defenses.began_cs.sampling import AUGMENTATION, TrainingSet

TINY = "began_cs:width=2,latent=4,hidden=4,batch=16,steps=2,rebuild=2,estimator_steps=2"
BARE = "began_cs:width=4,latent=4,hidden=4,batch=16,steps=1,estimator_steps=1"
NAMES = ("yaw", "pitch", "roll", "AU4", "AU5", "AU6", "AU7", "AU12", "AU23", "gender")


@pytest.fixture(scope="module")
def faces():
    """64 pictures of four people; of the first the yaw is missing, of the second the gender."""
    spec = Spec.parse("synthetic:people=4,takes=4,pictures=4,size=32")
    faces = make(Dataset, spec).load(Worker().protecting()).faces
    labels = {name: np.array(label) for name, label in faces.labels.items()}
    labels["yaw"][0], labels["gender"][1] = np.nan, -1
    return Faces(faces.images, labels, faces.image_id)


def fit(faces, folder, spec=TINY, log=lambda line: None, show=lambda images: None):
    defense = make(Defense, Spec.parse(spec))
    shown = faces.declared(defense.reads_to_fit, "")
    worker = Worker(scratch=folder, log=log, show=show)
    return defense.fit(shown, worker.training(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def weights(faces, tmp_path_factory):
    return fit(faces, tmp_path_factory.mktemp("scratch"))


def context(faces, query=0):
    return Worker().protecting(RowGenerators(faces.image_id, 0, "began_cs", query))


def released(faces, weights, fields="", query=0):
    defense = make(Defense, Spec.parse(f"{TINY}{fields}"))
    shown = faces.declared(defense.reads_to_protect, "")
    return defense.protect(shown, weights, context(faces, query))


def test_equal_y_and_equal_draw_give_equal_bytes_whatever_the_picture(faces, weights):
    known = faces.pick(np.arange(2, 64))
    other = known.with_images(np.ascontiguousarray(255 - known.images[::-1]))
    fields = ",attributes=label"
    mine, others = (released(shown, weights, fields).images for shown in (known, other))
    assert mine.tobytes() == others.tobytes()
    estimates = [released(shown, weights).notes["y"] for shown in (known, other)]
    assert not np.allclose(*estimates)  # only the estimated y differs


def test_the_release_is_made_of_the_code_and_the_draw(faces, weights):
    defense = make(Defense, Spec.parse(TINY))
    assert isinstance(defense, Decoder)
    release = defense.protect(faces, weights, context(faces))
    code = defense.encode(faces, weights, context(faces))
    assert (code == release.notes["y"]).all()
    noise = np.array([rng.uniform(-1, 1, 4) for rng in context(faces).row_rngs])
    again = defense.decode(code, {"noise": noise}, weights, context(faces))
    assert (again == release.images).all()
    assert (release.images[:, 0] == release.images[:, 1]).all()  # grey
    assert (release.images != released(faces, weights, query=1).images).any()


def test_y_is_estimated_or_read_and_read_where_it_is_known(faces, weights):
    estimated = released(faces, weights).notes
    assert np.array_equal(estimated["estimated.gender"], estimated["y"][:, 9])  # 0 or 1
    read = released(faces, weights, ",attributes=label").notes
    assert [*read] == ["y"]
    for i, name in enumerate(NAMES):
        known = ~np.isnan(label := faces.labels[name]) & (label >= 0)
        assert (read["y"][known, i] * 31).round(5).tolist() == np.rint(label[known] * 31).tolist()
        assert (read["y"][~known, i] == estimated["y"][~known, i]).all()


def test_reading_the_secret_is_marked(grid):
    usual = {"data": "synthetic:protocol=open", "private": ["gender"], "attackers": ["cnn"]}
    names = ["began_cs", "began_cs:attributes=label", "began_cs:labels=yaw,attributes=label"]
    marks = {cell.defense: cell.marks for cell in cells(grid(**usual, defenses=names))}
    found = {d: "reads-secret" in m for d, m in marks.items() if d.name == "began_cs"}
    assert [*found.values()] == [False, True, False]
    assert all("not-promised" in m for d, m in marks.items() if d in found)


def test_the_weights_explain_themselves(weights):
    assert weights["samples"].shape == (12, 8, 3, 32, 32)
    assert weights["history"].shape == (2, len(training.FIGURES))
    assert weights["classes"].tolist() == [0] * 9 + [1]
    assert 0 <= weights["history"][-1, training.FIGURES.index("k")] <= 1


def test_labels_that_no_picture_has_are_named(faces, tmp_path):
    labels = {**faces.labels, "AU4": np.full(64, np.nan, np.float32), "gender": np.full(64, -1)}
    bare = Faces(faces.images, labels, faces.image_id)
    with pytest.raises(ValueError, match=r"got none with \['AU4', 'gender'\]; leave"):
        fit(bare, tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        "labels=gender",
        "colour=true",
        "predictor=split",
        "alpha=0",
        "objective=gan",
        "power=2",
        "w_maps=0",
        "w_rebuild=0,w_estimator=0,average=0",
        "backbone=official,standardize=false,norm=sum",
    ],
)
def test_every_variant_learns_and_protects(faces, tmp_path, fields):
    spec = f"{TINY},{fields}"
    found = fit(faces, tmp_path, spec)
    assert all(np.isfinite(array).all() for array in found.values())
    assert released(faces, found, f",{fields}").images.shape == faces.images.shape


def test_a_picture_of_another_size_is_refused(faces, tmp_path):
    small = faces.with_images(np.ascontiguousarray(faces.images[:, :, :24, :24]))
    with pytest.raises(ValueError, match=r"\(32, 64, 128\) px, got 24x24"):
        fit(small, tmp_path)


def test_a_fit_killed_at_any_step_ends_with_the_same_weights(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(training, "N_REPORTS", 1)  # several steps are a report
    spec, usual, n_calls, shown = TINY.replace("=2,reb", "=3,reb"), training.optimize, 0, []
    whole = fit(faces, tmp_path, spec)
    kills = {2, 5, 8}  # in the warm-up; between an iteration's steps; before an iteration

    def optimize(loss, *optimizers):
        nonlocal n_calls
        n_calls += 1
        if n_calls in kills:
            raise KeyboardInterrupt
        usual(loss, *optimizers)

    monkeypatch.setattr(training, "optimize", optimize)
    (scratch := tmp_path / "killed").mkdir()
    for _ in kills:
        with pytest.raises(KeyboardInterrupt):
            fit(faces, scratch, spec)
    again = fit(faces, scratch, spec, show=shown.append)
    assert all(np.array_equal(whole[name], again[name]) for name in whole)
    assert n_calls == 2 + 2 * 3 + (1 + 2 + 1)  # a kill costs at most an iteration
    assert {images.shape for images in shown} == {whole["samples"].shape}


def test_the_discriminator_can_rebuild_after_the_warm_up(faces, tmp_path_factory):
    real = training.FIGURES.index("real")
    fresh, warm = (
        fit(faces, tmp_path_factory.mktemp("scratch"), f"{BARE},rebuild={n}")["history"][0, real]
        for n in (0, 30)
    )
    assert warm < 0.8 * fresh


@pytest.mark.slow
def test_rebuilt_pictures_come_to_agree_in_pixels_and_in_the_estimator_which_does_not_learn(faces):
    begun = initialized(faces, "rebuild=60,w_maps=1,lr=0.01")
    before = {name: array.copy() for name, array in state_of(begun.estimator).items()}
    images = scaled(begun.sampler.data.images)

    def maps_differ():
        with torch.no_grad():
            mean = begun.encoder.eval()(images)[1].chunk(2, dim=1)[0]
            made = begun.generator(training.Z_STD * mean, begun.sampler.data.labels)
            maps = (begun.estimator.maps(shown) for shown in (made, images))
            found = map_error(*maps).item()
        begun.encoder.train()
        return found

    start, error = maps_differ(), begun.warm_up(0, 10)
    for step in range(10, 60, 10):
        last = begun.warm_up(step, step + 10)
    assert last < 0.7 * error
    assert maps_differ() < 0.7 * start
    after = state_of(begun.estimator)  # means of its batch norms, too
    assert all(np.array_equal(array, after[name]) for name, array in before.items())


def test_the_estimator_sees_pictures_moved_relit_and_noisy_but_compares_them_alike(faces):
    begun = initialized(faces, "rebuild=1,w_maps=1")
    seen = []
    begun.estimator.maps = lambda images: seen.append(images.detach()) or [images]
    begun.generator.forward = lambda z, y: z.new_zeros(len(z), 1, 32, 32, requires_grad=True)
    drawn = begun.sampler.draw()
    begun.warm(*drawn)
    made, real = seen
    shift, light = drawn.changes[:, :3], drawn.changes[:, 3:]
    alike = AUGMENTATION.shift_and_flip(begun.sampler.pictures(drawn)[0], shift)
    contrast = 1 + AUGMENTATION.light * light[:, :1, None, None]
    torch.testing.assert_close(real - made, alike * contrast)  # no noise in the difference
    stds = made.std(dim=(1, 2, 3))  # of noise alone: all else is 0
    assert 0 < stds.min() < 0.1 < stds.max() < 0.2


def initialized(faces, fields):
    """A training whose networks are initialized, on pictures whose labels are all known."""
    config = make(Defense, Spec.parse(f"began_cs:latent=4,{fields}"))
    known = faces.pick(np.arange(2, 64))
    y = vectors(known.labels, NAMES)
    grey, labels = known.images[:, :1].copy(), Scale.of(y).standard(y)
    data = TrainingSet(torch.from_numpy(grey), torch.from_numpy(labels))
    torch.manual_seed(0)
    rng, nets = torch.Generator().manual_seed(0), config.net_config(32)
    begun = training.AdversarialTraining(data, config, rng)
    begun.initialize(state_of(Guide(nets.labels, nets.size_px), "estimator"))
    return begun


def test_a_collapse_is_reported(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "MIN_VARIETY", np.inf)
    lines = []
    assert fit(faces, tmp_path, log=lines.append)["collapsed"].tolist() == [1]
    assert any(line.startswith("training collapsed") for line in lines)


@pytest.mark.slow
def test_surrogates_show_the_gender_that_is_asked_for(tmp_path):
    """Women are dark and men bright here: few steps are enough, and nobody else is needed."""
    rng = np.random.default_rng(0)
    gender = np.arange(96) % 2
    levels = 60 + 100 * gender[:, None, None, None] + rng.integers(0, 30, (96, 3, 32, 32))
    bright = Faces(levels.astype(np.uint8), {"gender": gender}, np.arange(96))
    fields = "width=4,latent=4,batch=32,lr=0.01,rebuild=150,steps=20,estimator_steps=10"
    spec = f"began_cs:labels=gender,{fields}"
    weights = fit(bright, tmp_path, spec)
    release = make(Defense, Spec.parse(spec)).protect(bright, weights, context(bright))
    assert (release.notes["estimated.gender"] == gender).mean() > 0.95
    assert release.images[gender == 1].mean() - release.images[gender == 0].mean() > 50
