"""Values of the simple defenses, worked out by hand."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage

from bench.api import Defense
from bench.faces import Faces
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec


def released(spec, images, **labels):
    images = np.asarray(images, np.uint8)
    faces = Faces(images, labels, np.arange(len(images)))
    defense = make(Defense, Spec.parse(spec))
    rngs = RowGenerators(faces.image_id, 0, defense.name, 0)
    return np.asarray(defense.protect(faces, {}, Worker().protecting(rngs)).images)


def test_pixelate_takes_true_block_means():
    image = np.zeros((1, 3, 4, 4))
    image[0, :, :2, :2] = [[10, 20], [30, 40]]
    assert released("pixelate:block=0.5", image)[0, 0].tolist() == [
        [25, 25, 0, 0],
        [25, 25, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_blocks_at_the_edge_are_averaged_over_what_is_there():
    image = np.broadcast_to(np.arange(5) * 10, (1, 3, 5, 5))
    assert released("pixelate:block=0.4", image)[0, 0, 0].tolist() == [5, 5, 25, 25, 40]


def test_noise_neither_brightens_nor_darkens_mid_grey():
    noisy = released("noise:sigma=0.1", np.full((4, 3, 64, 64), 128)).astype(float)
    assert noisy.mean() == pytest.approx(128, abs=0.5)
    assert noisy.std() == pytest.approx(25.5, rel=0.02)


def test_the_same_noise_never_falls_on_two_pictures():
    noisy = released("noise", np.full((2, 3, 16, 16), 128))
    assert np.corrcoef(noisy[0].ravel(), noisy[1].ravel())[0, 1] < 0.2


def test_blur_is_measured_in_picture_widths():
    small, large = np.zeros((1, 3, 32, 32)), np.zeros((1, 3, 64, 64))
    small[..., 16:], large[..., 32:] = 255, 255
    edges = [released("blur:sigma=0.1", image)[0, 0, 0].astype(float) for image in (small, large)]
    np.testing.assert_allclose(edges[0], edges[1].reshape(32, 2).mean(axis=1), atol=2)


def test_blur_keeps_the_mean():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 3, 32, 32))
    assert released("blur", image).mean() == pytest.approx(image.mean(), abs=1)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (50, 31), (9, 70)])
@pytest.mark.parametrize("sigma", [0.02, 0.06, 0.4])
def test_blur_equals_a_filter_of_each_picture(height, width, sigma):
    images = np.random.default_rng(0).integers(0, 256, (5, 3, height, width)).astype(np.uint8)
    expected = [
        np.rint(
            ndimage.gaussian_filter(image.astype(np.float32), (0, sigma * width, sigma * width))
        )
        for image in images
    ]
    np.testing.assert_array_equal(released(f"blur:sigma={sigma}", images), expected)


def test_a_picture_is_blurred_alike_alone_and_among_others():
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 40, 40)).astype(np.uint8)
    together = released("blur", images)
    alone = [released("blur", image[None])[0] for image in images]
    np.testing.assert_array_equal(together, alone)


def test_a_mask_blackens_its_region_and_nothing_else():
    masked = released("mask:region=eyes", np.full((1, 3, 100, 100), 200))
    assert (masked[0, :, 32:52] == 0).all()
    assert (masked[0, :, :32] == 200).all()
    assert (masked[0, :, 52:] == 200).all()


def test_the_code_of_no_defense_is_the_small_picture():
    image = np.zeros((1, 3, 32, 32), np.uint8)
    image[0, 0, :2, :2] = 255
    defense = make(Defense, Spec("none"))
    code = defense.encode(Faces(image, {}, np.arange(1)), {}, Worker().protecting())
    assert code.shape == (1, 3 * 16 * 16)
    assert code[0, 0] == 1
    assert code[0, 1:].sum() == 0


def test_eigenfaces_of_full_rank_give_the_picture_back():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (9, 3, 4, 4)).astype(np.uint8)
    faces = Faces(images, {}, np.arange(9))
    defense, worker = make(Defense, Spec.parse("eigenface:k=9")), Worker()
    weights = defense.fit(faces, worker.training(rng))
    back = defense.protect(faces, weights, worker.protecting()).images
    np.testing.assert_allclose(back * 255, images, atol=0.1)


@pytest.mark.parametrize(
    "spec",
    ["blur:sigma=0", "pixelate:block=2", "mask:region=hat", "noise:sigma=-1", "eigenface:k=0"],
)
def test_a_field_that_means_nothing_is_refused(spec):
    with pytest.raises(ValueError, match="expected"):
        make(Defense, Spec.parse(spec))


LIGHT = """
import importlib, pkgutil, sys
import attackers, defenses
for package in (attackers, defenses):
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in ("began_cs", "pprl_vgan"):  # families with tests of their own
            importlib.import_module(f"{package.__name__}.{module.name}")
heavy = sorted({"torch", "sklearn", "timm", "facenet_pytorch"} & set(sys.modules))
sys.exit(f"imported {heavy}" if heavy else 0)
"""


@pytest.mark.slow  # it starts a process
def test_importing_plugins_does_not_import_torch():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_partial_gives_out_its_share_of_pictures_and_noise_otherwise():
    images = np.full((400, 3, 4, 4), 255)
    out = released("partial:share=0.25,spread=0", images)
    assert set(np.unique(out)) == {128, 255}
    assert 0.18 < (out[:, 0, 0, 0] == 255).mean() < 0.32
    noise = released("partial", images)
    assert abs(noise.mean() - 127.5) < 1
    assert 28 < noise.std() < 32
