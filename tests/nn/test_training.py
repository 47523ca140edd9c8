import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from bench.nn.backbones import CodeNet, ConvNet, PlainNet, backbone
from bench.nn.classifier import Labelled, fitted, log_probs
from bench.nn.inputs import Augmentation
from bench.nn.state import restored, state_of
from bench.nn.training import Schedule, seeded
from bench.runner.worker import Worker


def blobs(seed=0, n=300):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return Labelled((np.eye(3)[truth] * 2 + rng.normal(0, 1, (n, 3))).astype(np.float32), truth)


def learned(seed=0, schedule=None, start=None):
    schedule = schedule or Schedule(3e-3, 32, 30, 5)
    context = Worker().training(np.random.default_rng(seed))
    build = lambda: CodeNet(3, 3, 16)  # noqa: E731
    return fitted(build, blobs(1), blobs(2), Augmentation(), schedule, context, start)


def test_a_network_learns_what_can_be_learned():
    net = restored(CodeNet(3, 3, 16), learned(), "cpu")
    test = blobs(3)
    assert (
        log_probs(net, test.inputs, Augmentation(), "cpu").argmax(axis=1) == test.truth
    ).mean() > 0.75


def test_the_best_epoch_is_kept():
    weights = learned()
    net = restored(CodeNet(3, 3, 16), weights, "cpu")
    valid = blobs(2)
    scores = log_probs(net, valid.inputs, Augmentation(), "cpu")
    loss = -scores[np.arange(300), valid.truth].mean()
    assert loss == pytest.approx(weights["curve.valid"].min(), abs=1e-3)


def test_equal_seeds_give_equal_weights_and_others_do_not():
    first, again, other = learned(0), learned(0), learned(1)
    assert all((first[name] == again[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first if "weight" in name)


def test_training_reports_whether_it_converged():
    assert learned()["curve.converged"].tolist() == [1]
    assert learned(schedule=Schedule(3e-3, 32, 5, 1))["curve.converged"].tolist() == [0]


def test_a_start_saves_epochs():
    first = learned()
    again = learned(start=first)
    assert again["curve.valid"][0] < first["curve.valid"][0] / 1.2


def test_a_start_is_kept_unless_training_betters_it():
    first = learned()
    again = learned(schedule=Schedule(10.0, 32, 5, 1), start=first)  # a rate that ruins it
    assert all((first[name] == again[name]).all() for name in first if "weight" in name)
    untouched = learned(schedule=Schedule(1.0, 32, 5, 0), start=first)
    assert untouched["curve.converged"].tolist() == [1]


def test_the_rate_rises_and_falls_to_zero():
    schedule = Schedule(1.0, 1, 100, 1)
    rates = [schedule.rate(step, 100) for step in range(100)]
    assert max(rates) == rates[9] == 1.0
    assert rates[-1] < 0.001
    assert rates[55] == pytest.approx(0.5, abs=0.02)


def test_a_channels_last_network_survives_safetensors():
    net = ConvNet(4, 32).to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 32, 32)
    weights = load(save(dict(state_of(net))))
    back = restored(ConvNet(4, 32), weights, "cpu")
    torch.testing.assert_close(back(x), net.eval()(x))


def test_a_batch_of_one_is_answered_as_in_a_batch_of_many():
    with seeded(np.random.default_rng(0), "cpu"):
        net = ConvNet(4, 32).eval()
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 32, 32)).astype(np.uint8)
    prepare = Augmentation(0.1, flip=True)
    together = log_probs(net, images, prepare, "cpu")
    alone = np.concatenate([log_probs(net, images[i : i + 1], prepare, "cpu") for i in range(9)])
    np.testing.assert_allclose(together, alone, atol=0.02)


def test_the_authors_network_has_the_authors_size():
    # Four convolutions, their norms, dense 512 -> 32 -> 6 at 64 px; counted by hand.
    convolutions = (3 * 25 * 32 + 32) + (32 * 25 * 32 + 32) + 2 * (32 * 9 * 32 + 32)
    dense = (512 * 32 + 32) + (32 * 6 + 6)
    counted = sum(p.numel() for p in ConvNet(6, 64).parameters())
    assert counted == convolutions + 4 * 64 + dense


@pytest.mark.parametrize("size_px", [16, 33, 64, 224])
@pytest.mark.parametrize("name", ["pprl", "vgg", "resnet"])
def test_pictures_of_any_size_are_taken(name, size_px):
    net = backbone(name, 5, size_px).eval()
    assert net(torch.zeros(1, 3, size_px, size_px)).shape == (1, 5)


def test_the_plain_network_has_four_convolutions():
    """Without biases, as norms follow; then one dense layer."""
    convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 128)
    counted = sum(p.numel() for p in PlainNet(6).parameters())
    assert counted == convolutions + 2 * (32 + 64 + 128 + 128) + 6 * (128 + 1)


def test_an_unknown_backbone_is_refused():
    with pytest.raises(ValueError, match=r"`vggface`, a published network of .* or `timm/NAME`"):
        backbone("vgg16", 2, 64)


def test_any_network_of_timm_can_be_used():
    net = backbone("timm/resnet10t", 2, 64).eval()
    assert net(torch.zeros(1, 3, 64, 64)).shape == (1, 2)


def augmented(images, **fields):
    augmentation = Augmentation(**fields)
    return augmentation(images, augmentation.draw(len(images), torch.Generator().manual_seed(0)))


def test_augmentation_moves_and_mirrors_whole_pictures():
    image = torch.zeros(400, 3, 10, 10, dtype=torch.uint8)
    image[:, :, 4, 2] = 255
    moved = augmented(image, shift=0.2, flip=True)
    at = (moved[:, 0] > 0).nonzero()  # (400, 3)
    assert len(at) == 400
    assert set(at[:, 1].tolist()) == {2, 3, 4, 5, 6}
    assert set(at[:, 2].tolist()) == {0, 1, 2, 3, 4} | {5, 6, 7, 8, 9}  # and mirrored
    assert (Augmentation(0.2, flip=True)(image, None)[:, 0, 4, 2] == 1).all()


def test_a_warp_turns_and_resizes_but_keeps_the_middle():
    image = torch.zeros(200, 3, 33, 33, dtype=torch.uint8)
    image[:, :, 15:18, 4:29] = 255  # a bar through the middle
    warped = augmented(image, warp=0.2)
    ink = (warped[:, 0] + 1) / 2
    assert ink[:, 10:23, 10:23].sum(dim=(1, 2)).min() > 15  # still there
    assert ink.sum(dim=(1, 2)).std() > 5  # larger and smaller
    assert (ink[:, 16, 4:29].mean(dim=1) < 0.8).float().mean() > 0.5  # no longer level


def test_light_changes_contrast_and_brightness():
    image = torch.randint(0, 256, (100, 3, 8, 8), dtype=torch.uint8)
    plain, lit = Augmentation()(image, None), augmented(image, light=0.3)
    assert (lit.std(dim=(1, 2, 3)) / plain.std(dim=(1, 2, 3))).std() > 0.1
    assert (lit.mean(dim=(1, 2, 3)) - plain.mean(dim=(1, 2, 3))).std() > 0.1


def test_torch_is_left_as_it_was():
    before = torch.random.get_rng_state()
    with seeded(np.random.default_rng(0), "cpu"):
        torch.rand(3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_equal_inputs_take_one_round_and_teach_how_common_each_truth_is():
    truth = np.repeat([0, 1, 2], [30, 20, 10])
    same = Labelled(np.ones((60, 3), np.float32), truth)
    context = Worker().training(np.random.default_rng(0))
    build = lambda: CodeNet(3, 3, 16)  # noqa: E731
    weights = fitted(build, same, same, Augmentation(), Schedule(3e-3, 20, 30, 5), context)
    assert len(weights["curve.valid"]) == 10  # 30 steps of 3 batches an epoch
    assert weights["curve.converged"].tolist() == [1]
    scores = log_probs(
        restored(CodeNet(3, 3, 16), weights, "cpu"), same.inputs[:1], Augmentation(), "cpu"
    )
    assert scores[0].argsort()[::-1].tolist() == [0, 1, 2]  # the commonest first
