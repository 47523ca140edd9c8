"""The fields of training, which enter the key of the weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.api import Described, LatentDefense, Learned, field
from bench.spec import Value

Presets = Mapping[str, Mapping[str, Value]]

if TYPE_CHECKING:
    from defenses.began_cs.nets import NetConfig

CLASS = "gender"  # the default of class_split, which y need not contain
LABELS = "yaw+pitch+roll+AU4+AU5+AU6+AU7+AU12+AU23+gender"
_OURS = ("w_estimator", "w_rebuild", "shift", "noise_std", "estimator_noise_std", "average")
PAPER: Mapping[str, Value] = {
    # sections 4.1 to 4.3: alpha, gamma and the rates as printed, the squared norm, y in 0..1
    **{"alpha": 0.5, "gamma": 0.1, "power": 2, "norm": "sum", "standardize": False},
    **{"latent": 64, "w_labels": 1.0, "d_labels": 1.0},
    **{"lr": 1e-4, "d_lr": 1e-4, "beta1": 0.9, "beta2": 0.999},
    # not stated; from the released BEGAN-CS (the steps are its 300 epochs, of 18,000 pictures)
    **{"lambda_k": 0.001, "backbone": "official", "width": 128, "batch": 64, "steps": 84_000},
    # ours, off as in the paper
    **dict.fromkeys(_OURS, 0.0),
    **{"spare": 0, "rebuild": 0},
    **{"pooled": False, "linear": False, "anneal": False},
    **{"mirror": "", "class_split": ""},
}
BEGAN_CS: Mapping[str, Value] = {**PAPER, "alpha": 0.1, "gamma": 0.5, "norm": "batch"}


@dataclass(frozen=True)
class TrainConfig(Learned, LatentDefense, Described):
    """The fields of training; the defaults are the preset `quick`."""

    labels: str = field(LABELS, about="labels in y, of 0..1 or of two classes, joined by +")
    colour: bool = field(False, about="surrogates in colour; false: grey")
    objective: str = field("began", about="of the discriminator", among=("began", "gan"))
    predictor: str = field(
        "auxiliary", about="y by a network, or in the code", among=("auxiliary", "split")
    )
    alpha: float = field(0.1, about="weight of the constraint on codes; 0: plain BEGAN")
    gamma: float = field(0.7, about="target ratio of the errors of generated and real pictures")
    lambda_k: float = field(1.0, about="step size of k towards the balance")
    power: int = field(1, about="exponent of the error of rebuilt pictures", among=(1, 2))
    norm: str = field(
        "mean",
        about="of that error: mean, sum over pixels, or batch, the root of it all / batch",
        among=("mean", "sum", "batch"),
    )
    backbone: str = field(
        "narrow", about="one convolution per size, or BEGAN-CS's", among=("narrow", "official")
    )
    width: int = field(
        16, about="channels of the largest maps; halving adds it", within="[1, 4096]"
    )
    pooled: bool = field(True, about="encoder with an identifier's blocks")
    linear: bool = field(True, about="add networks to a fixed linear map (eigenfaces)")
    latent: int = field(32, about="dimension of z", within="[1, 65536]")
    spare: int = field(96, about="dimensions of the encoder's code besides z", within="[0, 65536]")
    hidden: int = field(64, about="units of the auxiliary predictor", within="[1, 65536]")
    standardize: bool = field(True, about="divide y by its spread; false: errors as for y in 0..1")
    w_labels: float = field(0.125, about="weight of the error of y in the generator's loss")
    w_estimator: float = field(0.4, about="weight of the estimator's error of y in that loss")
    d_labels: float = field(0.5, about="weight of the error of y in the discriminator's loss")
    w_rebuild: float = field(3.0, about="weight of the error of pictures generated from real z")
    class_split: str = field(
        CLASS, about="label whose two classes have a covariance of z each", was="apart"
    )
    reach: float = field(0.75, about="spread of generated z, relative to real z", within="(0, 1e3]")
    rebuild: int = field(100, about="steps of autoencoding, before the others", within="[0, 1e6]")
    steps: int = field(500, about="steps of adversarial training", within="[1, 1e6]")
    batch: int = field(32, about="pictures per step", within="[2, 65536]")
    lr: float = field(2e-3, about="learning rate of the generator, Adam", within="(0, 10]")
    d_lr: float = field(7e-4, about="learning rate of the discriminator, Adam", within="(0, 10]")
    beta1: float = field(0.5, about="beta1 of Adam", within="[0, 1)")
    beta2: float = field(0.99, about="beta2 of Adam", within="[0, 1)")
    anneal: bool = field(True, about="learning rates fall to 0 over the second half")
    average: float = field(0.98, about="decay of the generator's running mean", within="[0, 1)")
    shift: float = field(
        0.06, about="largest shift of a training picture, fraction of its side", within="[0, 1)"
    )
    noise_std: float = field(
        0.06, about="discriminator's input noise", was="haze", within="[0, 10]"
    )
    mirror: str = field("yaw+roll", about="labels that become 1 - y if mirrored; '': no mirroring")
    estimator_noise_std: float = field(
        0.2, about="largest noise on its pictures", was="estimator_haze", within="[0, 10]"
    )
    estimator_steps: int = field(
        80, about="the estimator's steps in round 1 of 3", within="[0, 1e6]"
    )

    def __post_init__(self) -> None:
        if self.class_split not in {"", CLASS, *self.names}:
            raise ValueError(f"expected class_split in {self.names}, got {self.class_split!r}")
        if len(set(self.names)) < len(self.names) or not all(self.names):
            raise ValueError(f"expected labels joined by +, each once, got {self.labels!r}")

    def net_config(self, size_px: int) -> "NetConfig":
        """The networks' config for pictures of that side."""
        from defenses.began_cs.nets import NetConfig

        same = ("width", "latent", "hidden", "pooled", "spare", "linear")
        names = self.names
        return NetConfig(
            size_px,
            colours=3 if self.colour else 1,
            labels=len(names),
            split=int(self.predictor == "split"),
            class_split=names.index(self.class_split) if self.class_split in names else -1,
            official=int(self.backbone == "official"),
            **{name: int(getattr(self, name)) for name in same},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The labels of y."""
        return tuple(self.labels.split("+"))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The labels of y."""
        return self.names
