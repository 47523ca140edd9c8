"""The fields of training, which enter the key of the weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.api import LatentDefense, Learned, field
from bench.spec import Value

Presets = Mapping[str, Mapping[str, Value]]

if TYPE_CHECKING:
    from defenses.began_cs.nets import NetConfig

OBJECTIVES = ("began", "gan")
PREDICTORS = ("auxiliary", "split")
CLASS = "gender"  # splits by default, and need not be in y
LABELS = "yaw+pitch+roll+AU4+AU5+AU6+AU7+AU12+AU23+gender"
_OURS = ("w_estimator", "w_rebuild", "shift", "noise_std", "estimator_noise_std", "average")
PAPER: Mapping[str, Value] = {
    # section 4.3: alpha, gamma and the rates as printed, squared errors
    **{"alpha": 0.5, "gamma": 0.1, "power": 2, "latent": 64, "w_labels": 1.0, "d_labels": 1.0},
    **{"lr": 1e-4, "d_lr": 1e-4, "beta1": 0.9, "beta2": 0.999},
    # not stated; of BEGAN (lambda_k) and of the released BEGAN-CS (batch, 300 epochs of 18,000)
    **{"lambda_k": 0.001, "width": 64, "depth": 2, "batch": 64, "steps": 84_000},
    # ours, which the paper does without
    **dict.fromkeys(_OURS, 0.0),
    **{"spare": 0, "rebuild": 0},
    **{"pooled": False, "linear": False, "anneal": False},
    **{"mirror": "", "class_split": ""},
}
BEGAN_CS: Mapping[str, Value] = {**PAPER, "alpha": 0.1, "gamma": 0.5}


@dataclass(frozen=True)
class TrainConfig(Learned, LatentDefense):
    """The fields of training; the defaults are the preset `quick`."""

    labels: str = field(LABELS, about="y: labels of 0..1 or of two classes, joined by +")
    colour: bool = field(False, about="surrogates in colour, else grey")
    objective: str = field("began", about="`began`: the discriminator rebuilds pictures; or `gan`")
    predictor: str = field("auxiliary", about="of y, on the code; or `split`: the code holds y")
    alpha: float = field(0.1, about="weight of the constraint on codes; 0 is BEGAN")
    gamma: float = field(0.7, about="target ratio of the errors of generated and real pictures")
    lambda_k: float = field(1.0, about="how fast k follows the balance")
    power: int = field(1, about="of the error of a rebuilt picture: 1 or 2")
    width: int = field(16, about="channels of the largest maps; each halving adds as many")
    depth: int = field(1, about="convolutions on each size")
    pooled: bool = field(True, about="encoder with an identifier's blocks, else BEGAN's")
    linear: bool = field(True, about="add networks to a fixed linear map, eigenfaces")
    latent: int = field(32, about="numbers in z")
    spare: int = field(96, about="numbers in the encoder's code beside those of z")
    hidden: int = field(64, about="units of the auxiliary predictor")
    w_labels: float = field(0.125, about="weight of the error of y in the generator's loss")
    w_estimator: float = field(0.4, about="weight of the error of y by the estimator in that loss")
    d_labels: float = field(0.5, about="weight of the error of y in the discriminator's loss")
    w_rebuild: float = field(3.0, about="weight of the generator's error on real pictures' z")
    class_split: str = field(CLASS, about="two-class label, a covariance of z each", was="apart")
    reach: float = field(0.75, about="spread of generated z, as a share of real pictures'")
    rebuild: int = field(100, about="steps before adversarial training, rebuilding pictures")
    steps: int = field(500, about="of adversarial training")
    batch: int = field(32, about="pictures per step")
    lr: float = field(2e-3, about="learning rate of the generator, Adam")
    d_lr: float = field(7e-4, about="learning rate of the discriminator, Adam")
    beta1: float = field(0.5, about="of Adam")
    beta2: float = field(0.99, about="of Adam")
    anneal: bool = field(True, about="learning rates fall to 0 over the second half")
    average: float = field(0.98, about="decay of the generator's running mean; 0: keep the last")
    shift: float = field(0.06, about="largest move of a training picture, fraction of its side")
    noise_std: float = field(0.06, about="of noise on the discriminator's input", was="haze")
    mirror: str = field("yaw+roll", about="labels that are 1 - y if mirrored; '': never mirror")
    estimator_noise_std: float = field(
        0.2, about="largest, on the estimator's input in training", was="estimator_haze"
    )
    estimator_steps: int = field(80, about="of the estimator, in the first of 3 rounds")

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES or self.predictor not in PREDICTORS:
            raise ValueError(
                f"expected objective in {OBJECTIVES} and predictor in {PREDICTORS}, got "
                f"{self.objective!r} and {self.predictor!r}"
            )
        if self.power not in (1, 2):
            raise ValueError(f"expected power 1 or 2, got {self.power}")
        for least, names in (
            (2, "batch"),
            (1, "width depth latent hidden steps"),
            (0, "spare rebuild noise_std estimator_noise_std"),
        ):
            for name in names.split():
                if getattr(self, name) < least:
                    raise ValueError(f"expected {name} >= {least}, got {getattr(self, name)}")
        if self.reach <= 0:
            raise ValueError(f"expected reach > 0, got {self.reach}")
        if self.class_split not in {"", CLASS, *self.names}:
            raise ValueError(f"expected class_split in {self.names}, got {self.class_split!r}")
        if len(set(self.names)) < len(self.names) or not all(self.names):
            raise ValueError(f"expected labels joined by +, each once, got {self.labels!r}")

    def net_config(self, size_px: int) -> "NetConfig":
        """The networks' config for pictures of that side."""
        from defenses.began_cs.nets import NetConfig

        return NetConfig(
            size_px,
            colours=3 if self.colour else 1,
            labels=len(self.names),
            width=self.width,
            depth=self.depth,
            latent=self.latent,
            hidden=self.hidden,
            split=int(self.predictor == "split"),
            pooled=int(self.pooled),
            spare=self.spare,
            linear=int(self.linear),
            class_split=self.names.index(self.class_split)
            if self.class_split in self.names
            else -1,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The labels of y."""
        return tuple(self.labels.split("+"))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The labels of y."""
        return self.names
