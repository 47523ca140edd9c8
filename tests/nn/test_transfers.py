"""A GPU waits when the host reads a number from it, or moves one to it: not inside an epoch."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from bench.api import Defense
from bench.faces import Faces
from bench.nn.backbones import ConvNet
from bench.nn.classifier import Labelled, _Supervised
from bench.nn.embedder import _Margin, _Triplet
from bench.nn.inputs import Augmentation
from bench.nn.state import state_of
from bench.nn.training import Schedule, _Loop
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.began_cs import estimator, training
from defenses.began_cs import sampling as began_sampling
from defenses.began_cs.nets import AttributeNet
from defenses.pprl_vgan import sampling as pprl_sampling
from defenses.pprl_vgan.adversarial_training import AdversarialTraining
from defenses.san import training as san_training
from defenses.san.auxiliary import Split
from defenses.san.gender_prototypes import fitted_prototypes, prototypes_for

SIDE_PX, BATCH = 32, 4
AUGMENTATION = Augmentation(shift=0.1, flip=True, warp=0.1, light=0.1)
AT_MOST = 16  # per epoch: one move for each kind of random number, and one read of the figures
READS = {"item", "tolist", "cpu", "numpy", "__float__", "__int__", "__bool__", "__index__"}
MOVES = {"tensor", "as_tensor", "new_tensor", "from_numpy", "cuda"}
WAITS = {"_local_scalar_dense", "is_nonzero", "nonzero", "masked_select"}  # also called in C++


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
    """Counts what torch computes."""

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
    fields |= {"warmup": 0, "rebuild": 0, **phases}
    config = make(Defense, Spec("pprl_vgan", "quick", tuple(fields.items())))
    images, index = torch.from_numpy(pictures(24)), torch.arange(24)
    data = pprl_sampling.TrainingSet(images, index % 4, index % 3)
    return AdversarialTraining(data, config, torch.Generator().manual_seed(0)).epoch


def began_data(n):
    return began_sampling.TrainingSet(
        torch.from_numpy(pictures(n, 1)), torch.randn(n, 10), torch.ones(10)
    )


def began_cs(n_steps, step):
    fields = {"width": 4, "latent": 4, "batch": BATCH, "steps": n_steps, "rebuild": n_steps}
    config = make(Defense, Spec("began_cs", "quick", tuple(fields.items())))
    rng, net = torch.Generator().manual_seed(0), AttributeNet(config.net_config(SIDE_PX))
    begun = training.AdversarialTraining(began_data(24), config, rng)
    begun.initialize(state_of(net, "estimator"))
    return lambda: getattr(begun, step)(0, n_steps)


def began_estimator(n_steps):
    data = began_data(n_steps * BATCH + 8)
    valid, train = torch.arange(len(data.images)).split([8, n_steps * BATCH])
    config = make(Defense, Spec.parse("began_cs")).net_config(SIDE_PX)
    return round_of(AttributeNet(config), estimator._LabelError(data, train, valid, 0.2), n_steps)


def classifier(n_steps):
    objective = _Supervised(labelled(n_steps * BATCH), labelled(8), AUGMENTATION, "cpu")
    return round_of(ConvNet(3, SIDE_PX), objective, n_steps)


def embedder(n_steps, kind):
    n = 2 * n_steps * BATCH  # triplets have two people in a batch, and four pictures of each
    objective = kind(8, Labelled(pictures(n), np.arange(n) % 4), labelled(8), AUGMENTATION, "cpu")
    return round_of(ConvNet(8, SIDE_PX), objective, n_steps)


def san(n_steps):
    fields = make(Defense, Spec("san", "quick", (("widths", "4+4+4+4"),)))
    n = n_steps * BATCH + 8
    labels = {"gender": np.arange(n) % 2, "identity": np.arange(n) % 9}
    faces = Faces(pictures(n), labels, np.arange(n))
    split = Split(np.arange(8, n), np.arange(8))
    prototypes = prototypes_for(None, fitted_prototypes(faces, None, "cpu"), "cpu")
    data = san_training.Batches(faces, split, prototypes, 3, "cpu")
    frozen = san_training.Frozen([ConvNet(2, SIDE_PX).eval()], ConvNet(8, SIDE_PX).eval())
    return round_of(fields.net(), san_training.SANObjective(data, fields, frozen), n_steps)


EPOCHS = {  # from the number of steps
    "classifier": classifier,
    "embedder, margin": lambda n: embedder(n, _Margin),
    "embedder, triplet": lambda n: embedder(n, _Triplet),
    "san": san,
    "pprl_vgan, classes": lambda n: pprl_vgan(n, warmup=1),
    "pprl_vgan, rebuilding": lambda n: pprl_vgan(n, rebuild=1),
    "pprl_vgan": pprl_vgan,
    "began_cs, estimator": began_estimator,
    "began_cs, warm-up": lambda n: began_cs(n, "warm_up"),
    "began_cs": lambda n: began_cs(n, "advance"),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_an_epoch_moves_and_reads_as_often_whatever_its_number_of_steps(name):
    ten, twenty = (transfers(EPOCHS[name](n_steps)) for n_steps in (10, 20))
    assert ten == twenty
    assert ten.total() <= AT_MOST


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
        lambda x: torch.nn.functional.one_hot((x > 0).long()),
    ],
)
def test_what_would_wait_is_counted(wait):
    assert transfers(lambda: wait(torch.ones(3))).total()
    assert not transfers(lambda: torch.ones(3).double().sum().to(torch.float32)).total()
