"""A GPU waits when the host reads a number from it, or moves one to it: not inside an epoch."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from bench.api import Defense
from bench.data.alignment import ALIGNED_POINTS
from bench.faces import Faces
from bench.nn import training as loop
from bench.nn.backbones import CodeNet, ConvNet
from bench.nn.captured import WARM_UP
from bench.nn.classifier import Labelled, _Supervised
from bench.nn.embedder import _Hinge, _Margin, _Triplet
from bench.nn.estimation import Split
from bench.nn.guide import Guide
from bench.nn.inputs import Augmentation
from bench.nn.pretrained import Pretrained
from bench.nn.side_info import SideInfoNet
from bench.nn.state import state_of
from bench.nn.training import Schedule, _Loop
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.began_cs import estimator, training
from defenses.began_cs import sampling as began_sampling
from defenses.pprl_vgan import adversarial_training as pprl_training
from defenses.pprl_vgan import sampling as pprl_sampling
from defenses.pprl_vgan.adversarial_training import AdversarialTraining
from defenses.san import training as san_training
from defenses.san.prototypes import fitted_prototypes, prototypes_for

SIDE_PX, BATCH = 32, 4
AUGMENTATION = Augmentation(shift=0.1, flip=True, warp=0.1, light=0.1)
AT_MOST = 5  # per epoch: a move of what is drawn, a read of the losses, and one of the validation's
READS = {"tolist", "cpu", "numpy"}
MOVES = {"tensor", "as_tensor", "new_tensor", "cuda"}  # from_numpy makes no copy; `to` follows it
WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "repeat_interleave", "_unique2"}


class Calls(TorchFunctionMode):
    """Counts what Python calls."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __torch_function__(self, func, types, args=(), kwargs=None):
        given = [*args[1:], *(kwargs or {}).values()]
        to_device = any(isinstance(value, str | torch.device | torch.Tensor) for value in given)
        name = getattr(func, "__name__", "")
        if name in READS | MOVES or (name == "to" and to_device):
            self.seen[name] += 1
        return func(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):
    """Counts what torch computes: `float`, `bool`, `item` and an index all read a number."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        masks = args[1] if name.startswith(("index", "_index_put")) and len(args) > 1 else ()
        by_mask = isinstance(masks, list | tuple) and any(
            isinstance(mask, torch.Tensor) and mask.dtype == torch.bool for mask in masks
        )
        if name in WAITS or by_mask:
            self.seen[f"aten.{name}"] += 1
        return func(*args, **(kwargs or {}))


def transfers(work):
    """How often the host reads or moves something, by name."""
    seen = Counter()
    with Calls(seen), Operations(seen):
        work()
    return seen


def pictures(n, n_colours=3):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, n_colours, SIDE_PX, SIDE_PX)).astype(np.uint8)


def codes(n):
    return np.random.default_rng(0).normal(size=(n, 9)).astype(np.float32)


def labelled(n):
    return Labelled(pictures(n), np.arange(n) % 3)


def round_of(net, objective, n_steps):
    """A round of one epoch, with its validation."""
    context = Worker().training(np.random.default_rng(0))
    schedule, generator = Schedule(1e-3, BATCH, n_steps, 1), torch.Generator().manual_seed(0)
    loop = _Loop(net, objective, schedule, context, generator)
    return lambda: loop._round(n_steps)


def pprl_vgan(n_steps, **phases):
    fields = {"width": 4, "decoder_width": 4, "latent": 8, "batch": BATCH, "iterations": n_steps}
    fields |= {"warmup": 0, **phases}
    config = make(Defense, Spec("pprl_vgan", "quick", tuple(fields.items())))
    images, index = torch.from_numpy(pictures(24)), torch.arange(24)
    data = pprl_sampling.TrainingSet(images, index % 4, index % 3)
    return AdversarialTraining(data, config, torch.Generator().manual_seed(0)).epoch


def began_data(n):
    return began_sampling.TrainingSet(torch.from_numpy(pictures(n, 1)), torch.randn(n, 10))


def began_cs(n_steps, step, **changed):
    fields = {"width": 4, "latent": 4, "batch": BATCH, "steps": n_steps, "rebuild": n_steps}
    fields |= changed
    config = make(Defense, Spec("began_cs", "quick", tuple(fields.items())))
    rng, net = torch.Generator().manual_seed(0), Guide(10, SIDE_PX)
    begun = training.AdversarialTraining(began_data(24), config, rng)
    begun.initialize(state_of(net, "estimator"))
    return lambda: getattr(begun, step)(0, n_steps)


def began_estimator(n_steps):
    data = began_data(n_steps * BATCH + 8)
    valid, train = torch.arange(len(data.images)).split([8, n_steps * BATCH])
    return round_of(Guide(10, SIDE_PX), estimator._LabelError(data, train, valid), n_steps)


def classifier(n_steps, net=None):
    objective = _Supervised(labelled(n_steps * BATCH), labelled(8), AUGMENTATION, "cpu")
    return round_of(net or ConvNet(3, SIDE_PX), objective, n_steps)


def numbers(n_steps):
    parts = (Labelled(codes(n), np.arange(n) / n, codes(n)) for n in (n_steps * BATCH, 8))
    objective = _Supervised(*parts, AUGMENTATION, "cpu")
    return round_of(SideInfoNet(CodeNet(32, 9), 9, 1), objective, n_steps)


def embedder(n_steps, kind):
    n = 2 * n_steps * BATCH  # triplets have two people in a batch, and four pictures of each
    objective = kind(8, Labelled(pictures(n), np.arange(n) % 4), labelled(8), AUGMENTATION, "cpu")
    return round_of(ConvNet(8, SIDE_PX), objective, n_steps)


def san(n_steps, *, frozen=None, n_colours=3):
    changed = {"widths": "4+4+4+4", "n_colours": n_colours}
    fields = make(Defense, Spec("san", "quick", tuple(changed.items())))
    n = n_steps * BATCH + 8
    labels = {"gender": np.arange(n) % 2, "identity": np.arange(n) % 9}
    faces = Faces(pictures(n), labels, np.arange(n))
    split = Split(np.arange(8, n), np.arange(8))
    averages = fitted_prototypes(faces.images, labels["gender"], None, "", "cpu")
    prototypes = prototypes_for(None, averages, "", "cpu")
    data = san_training.Batches(faces, split, prototypes, fields, "cpu")
    return round_of(fields.net(), san_training.SANObjective(data, fields, frozen), n_steps)


def published(n_outputs):
    net = Pretrained("fer", n_outputs)
    net.face_points.copy_(torch.tensor(ALIGNED_POINTS))
    return net


def frozen(matcher):
    return san_training.Frozen([ConvNet(2, SIDE_PX).eval()], matcher.eval())


EPOCHS = {  # from the number of steps
    "classifier": classifier,
    "embedder, margin": lambda n: embedder(n, _Margin),
    "embedder, triplet": lambda n: embedder(n, _Triplet),
    "embedder, hinge": lambda n: embedder(n, _Hinge),
    "classifier, published": lambda n: classifier(n, published(3)),
    "regression on codes with side information": numbers,
    "san, pixels": san,
    "san, gender": lambda n: san(n, frozen=frozen(ConvNet(8, SIDE_PX))),
    "san, grey, published": lambda n: san(n, frozen=frozen(published(8)), n_colours=1),
    "pprl_vgan, classes": lambda n: pprl_vgan(n, warmup=1),
    "pprl_vgan": pprl_vgan,
    "began_cs, estimator": began_estimator,
    "began_cs, warm-up": lambda n: began_cs(n, "warm_up"),
    "began_cs": lambda n: began_cs(n, "advance"),
    "began_cs, gan": lambda n: began_cs(n, "advance", objective="gan"),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_an_epoch_moves_and_reads_as_often_whatever_its_number_of_steps(name):
    four, eight = (transfers(EPOCHS[name](n_steps)) for n_steps in (4, 8))
    assert eight <= four  # a constant is moved once
    assert four.total() <= AT_MOST


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: float(x.sum()),
        lambda x: bool((x > 0).any()),
        lambda x: x.cpu(),
        lambda x: x.to("cpu"),
        lambda x: x.new_tensor([1.0]),
        lambda x: x[x > 0],
        lambda x: (x > 0).nonzero(),
        lambda x: [0, 1][x.long()[0]],
        lambda x: x.repeat_interleave(x.long()),
        lambda x: x.unique(),
        lambda x: torch.nn.functional.one_hot((x > 0).long()),
    ],
)
def test_what_would_wait_is_counted(wait):
    assert transfers(lambda: wait(torch.ones(3))).total()
    assert not transfers(lambda: torch.ones(3).double().sum().to(torch.float32)).total()


class Recorded(TorchDispatchMode):
    """What a step computes, and the tensors that it finds: neither its inputs nor its own."""

    def __init__(self, inputs):
        super().__init__()
        self.operations, self.found = [], set()
        self.own = {tensor.data_ptr() for tensor in inputs}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given, _ = tree_flatten((args, kwargs))
        tensors = [value for value in given if isinstance(value, torch.Tensor)]
        self.found |= {tensor.data_ptr() for tensor in tensors} - self.own
        made = func(*args, **(kwargs or {}))
        self.own |= {t.data_ptr() for t in tree_flatten(made)[0] if isinstance(t, torch.Tensor)}
        numbers = [value for value in given if isinstance(value, bool | int | float)]
        fused = "_fused" in str(func)  # its rate, which lies on a GPU where steps are captured
        shapes = [tensor.shape for tensor in tensors]
        self.operations.append((str(func), shapes, [] if fused else numbers))
        return made


@pytest.mark.parametrize("name", EPOCHS)
def test_a_replay_would_repeat_each_step(name, monkeypatch):
    """All that differs between steps is in tensors that stay where they are."""
    calls = []

    def recorded(step, device, *, graphs):
        def run(*inputs):
            with Recorded(inputs) as seen:
                made = step(*inputs)
            calls.append((seen.operations, seen.found))
            return made

        return run

    for module in (loop, pprl_training, training):
        monkeypatch.setattr(module, "captured", recorded)
    EPOCHS[name](WARM_UP + 3)()
    operations, found = zip(*calls[WARM_UP:], strict=True)
    assert len(operations) == 3
    for other, places in zip(operations, found, strict=True):
        assert other == operations[0]
        assert places == found[0]
