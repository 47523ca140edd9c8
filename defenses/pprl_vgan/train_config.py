"""The fields of training, which enter the key of the weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.api import LatentDefense, Learned, field
from bench.spec import Value

Presets = Mapping[str, Mapping[str, Value]]

if TYPE_CHECKING:
    from defenses.pprl_vgan.nets import NetConfig

RELEASED: Mapping[str, Value] = {
    # in both releases
    **{"width": 32, "decoder_width": 128, "latent": 128, "bounded": True},
    "released": True,
    **{"lr": 3e-4, "d_lr": 3e-4, "batch": 256},
    **{"d_utility": 0.25, "w_kl": 0.002},
    # ours, off in the releases
    **{"w_read": 0.0, "w_guide": 0.0, "w_rebuild": 0.0, "average": 0.0},
    **{"guide_steps": 0, "warmup": 0, "iterations": 0, "augment": False},
}
FERG: Mapping[str, Value] = {
    **RELEASED,
    **{"kernel": 5, "fakes_teach": True, "epochs": 400},
    **{"w_real": 0.108, "w_person": 0.6, "w_utility": 0.29},
}
MUG: Mapping[str, Value] = {
    **RELEASED,
    **{"kernel": 8, "squared": True, "epochs": 300},
    **{"w_real": 0.078, "w_person": 0.8, "w_utility": 0.12},
}
FACES: Mapping[str, Value] = {  # for 64 px; learns in an hour, on two cores
    **{"decoder_width": 64, "latent": 64, "bounded": True},
    **{"lr": 1e-3, "d_lr": 4e-4, "batch": 32, "w_kl": 0.002},
    **{"iterations": 96, "guide_steps": 200, "warmup": 16, "epochs": 64},
}
PRESETS: Presets = {"quick": {}, "faces": FACES, "ferg": FERG, "mug": MUG}


@dataclass(frozen=True)
class TrainConfig(Learned, LatentDefense):
    """The fields of training; the defaults are the preset `quick`."""

    utility: str = field("expression", about="label to keep, e.g. the expression")
    kernel: int = field(4, about="side of every convolution, px", within="[3, 64]")
    width: int = field(
        16, about="channels of the first maps, except the decoder's", within="[1, 4096]"
    )
    decoder_width: int = field(32, about="channels of the decoder's first maps", within="[1, 4096]")
    latent: int = field(32, about="dimension of a code", within="[1, 65536]")
    bounded: bool = field(False, about="log-variance through a sigmoid, as released")
    squared: bool = field(False, about="spread exp(logvar^2 / 2), an error in the release for MUG")
    released: bool = field(
        False, about="blocks, initial weights, padding, optimizer and updates as released"
    )
    fakes_teach: bool = field(False, about="generated pictures also train the class heads")
    w_kl: float = field(0.006, about="weight of the codes' divergence in the generator's loss")
    w_real: float = field(0.4, about="weight of looking real, in the generator's loss")
    w_person: float = field(0.3, about="weight of showing the target person")
    w_utility: float = field(0.8, about="weight of showing the source's utility label")
    w_read: float = field(0.5, about="weight of finding the utility label in the code")
    w_guide: float = field(0.5, about="weight of the utility label that the guide finds")
    w_rebuild: float = field(4.0, about="weight of the error of pictures of the own person")
    d_real: float = field(0.25, about="weight of real or fake in the discriminator's loss")
    d_person: float = field(0.5, about="weight of the person in that loss")
    d_utility: float = field(1.0, about="weight of the utility label in that loss")
    lr: float = field(2e-3, about="learning rate of the generator", within="(0, 10]")
    d_lr: float = field(2e-3, about="learning rate of the discriminator", within="(0, 10]")
    batch: int = field(48, about="pictures per step", within="[2, 65536]")
    iterations: int = field(26, about="steps per epoch; 0: all whole batches", within="[0, 1e6]")
    epochs: int = field(24, about="epochs of adversarial training", within="[1, 1e6]")
    guide_steps: int = field(
        80, about="the guide's steps in round 1 of 3; 0: no guide", within="[0, 1e6]"
    )
    warmup: int = field(26, about="epochs: the discriminator learns classes", within="[0, 1e6]")
    augment: bool = field(True, about="mirror and shift training pictures")
    average: float = field(0.99, about="decay of the running mean of weights", within="[0, 1)")
    patience: int = field(15, about="epochs without structure until a restart", within="[1, 1e6]")
    restarts: int = field(2, about="maximum number of restarts", within="[0, 1e3]")

    def net_config(self, size_px: int, n_people: int, n_classes: int) -> "NetConfig":
        """The networks' config for the data."""
        from defenses.pprl_vgan.nets import NetConfig

        sizes = (self.kernel, self.width, self.decoder_width, self.latent)
        switches = (self.bounded, self.squared, self.released)
        return NetConfig(size_px, n_people, n_classes, *sizes, *(int(on) for on in switches))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The person, and the label to keep."""
        return ("identity", self.utility)
