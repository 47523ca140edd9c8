"""Trainings to measure, and one run of each on noise."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from bench.api import Attacker, Context, Defense, Knowledge, Regressor, Weights
from bench.faces import Array, Faces, Sample, Target
from bench.registry import make, plugins, spec_of
from bench.runner.rng import generator
from bench.spec import Spec

N_PEOPLE, N_CLASSES = 8, 7
SMALL_PX = 32


class Work(NamedTuple):
    """A training: a spec with `{n}` for its steps, and the side of the pictures that it learns.

    `full` are more fields on a GPU, and `small` those where there is none.
    """

    name: str
    spec: str
    size_px: int = 64
    full: str = ""
    small: str = "batch=4"
    n_timed: int = 32  # steps that take about a second on a large GPU

    def trained(
        self, n_steps: int, device: str, *, small: bool, graphs: bool = False
    ) -> tuple[Weights, int]:
        """The weights after that many steps on noise, and the pictures of a step."""
        more = self.small if small else self.full
        spec = Spec.parse(self.spec.format(n=n_steps) + ("," + more if more else ""))
        kind: type[Attacker | Defense] = Attacker if spec.name in plugins("attacker") else Defense
        plugin = make(kind, spec)
        batch = int(dict(spec_of(plugin).fields)["batch"])
        size_px = SMALL_PX if small else self.size_px
        with TemporaryDirectory() as scratch:
            quiet: Callable[[object], None] = lambda _: None  # noqa: E731  both need its name
            own = (Path(scratch), generator("gpu-check"))
            context = Context((), device, quiet, quiet, *own, graphs=graphs)
            return _fitted(plugin, max(64, 2 * batch), size_px, context), batch


def _fitted(plugin: Attacker | Defense, n: int, size_px: int, context: Context) -> Weights:
    rng, person = np.random.default_rng(0), np.arange(n) % N_PEOPLE
    images = rng.integers(0, 256, (n, 3, size_px, size_px), np.uint8)
    labels: dict[str, Array] = {"identity": person, "gender": person % 2, "person": person}
    labels["expression"] = np.arange(n) // N_PEOPLE % N_CLASSES
    if isinstance(plugin, Defense):
        labels |= {name: rng.random(n) for name in plugin.reads_to_fit if name not in labels}
        return plugin.fit(Faces(images, labels, np.arange(n)), context)
    target = Target("identity", "categorical", tuple(map(str, range(N_PEOPLE))))
    if isinstance(plugin, Regressor):
        target, labels["yaw"] = Target("yaw", "continuous"), rng.random(n)
    codes = rng.standard_normal((n, SMALL_PX), np.float32)
    part = Sample(images if "pixels" in plugin.forms else codes, labels)
    gallery = part if plugin.uses_gallery else None
    return plugin.fit(Knowledge(part, part, gallery, target, frozenset()), context)


_PPRL = "epochs=1,iterations={n},warmup=0,average=0"
_NARROW = "batch=4,width=4,decoder_width=8"
_SAN = "auxiliary_steps=1,pixel_steps=1,steps={n}"
_GAN = "estimator_steps=1,steps={n}"
_NET = "rounds=1,steps={n}"
# In the order of their importance: a slow machine may not reach the last.
WORKS = (
    Work("pprl_vgan@ferg", f"pprl_vgan@ferg:{_PPRL}", 64, "", _NARROW),
    Work("cnn", f"cnn:{_NET}"),
    Work("mlp", f"mlp:{_NET}"),
    Work(
        *("san@released", f"san@released:epochs=0,{_SAN}", 224),
        *("matcher=timm/vgg16", "batch=4,matcher=vgg", 64),
    ),
    Work("began_cs@paper", f"began_cs@paper:{_GAN}", 64, "", "batch=4,width=8"),
    Work("pprl_vgan@mug", f"pprl_vgan@mug:{_PPRL}", 64, "", _NARROW),
    Work("cnn, batch 256", f"cnn:{_NET}", 64, "batch=256"),
    Work("matcher", f"matcher:{_NET}"),
    Work("pprl_vgan@quick", f"pprl_vgan@quick:guide_steps=1,{_PPRL}", 32),
    Work("san@quick", f"san@quick:{_SAN}", 32),
    Work("began_cs@quick", f"began_cs@quick:rebuild=1,{_GAN}", 32),
    *(Work(name, f"{name}:{_NET}") for name in ("regression", "bits", "flat", "linear")),
    *(Work(name, f"{name}:{_NET}") for name in ("lookup", "neighbours")),
)
N_SMOKE = 3
EQUAL = ("pprl_vgan@quick", "san@quick", "began_cs@quick", "cnn", "matcher")  # all trainers
