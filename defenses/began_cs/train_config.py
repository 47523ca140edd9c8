"""The fields of training, which enter the key of the weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.api import Described, LatentDefense, Learned, field
from bench.spec import Value

Presets = Mapping[str, Mapping[str, Value]]

if TYPE_CHECKING:
    from defenses.began_cs.nets import NetConfig

LABELS = "yaw+pitch+roll+AU4+AU5+AU6+AU7+AU12+AU23+gender"
PAPER: Mapping[str, Value] = {
    # sections 4.1 to 4.3: alpha, gamma and the rates as printed, the squared norm, y in 0..1
    **{"alpha": 0.5, "gamma": 0.1, "power": 2, "norm": "sum", "standardize": False},
    **{"latent": 64, "w_labels": 1.0, "d_labels": 1.0},
    **{"lr": 1e-4, "d_lr": 1e-4, "beta1": 0.9, "beta2": 0.999},
    # not stated; from the released BEGAN-CS (the steps are its 300 epochs, of 18,000 pictures)
    **{"lambda_k": 0.001, "backbone": "official", "width": 128, "batch": 64, "steps": 84_000},
    # ours, off as in the paper
    **{"w_estimator": 0.0, "w_rebuild": 0.0, "rebuild": 0, "average": 0.0, "anneal": False},
}
BEGAN_CS: Mapping[str, Value] = {**PAPER, "alpha": 0.1, "gamma": 0.5, "norm": "batch"}
ALL_UNITS = "AU1+AU2+AU4+AU5+AU6+AU7+AU9+AU10+AU12+AU15+AU17+AU20+AU23+AU25+AU26"
FACES: Mapping[str, Value] = {  # in colour, for 64 px; learns in an hour, on two cores
    "labels": f"yaw+pitch+roll+{ALL_UNITS}+gender",  # the ten know neither inner brows nor chin
    **{"colour": True, "width": 64, "latent": 64},
    **{"w_estimator": 0.2, "w_maps": 0.3, "w_kl": 0.0015},
    **{"estimator_steps": 800, "rebuild": 1700, "steps": 550},
}
PRESETS: Presets = {"quick": {}, "faces": FACES, "paper": PAPER, "began_cs": BEGAN_CS}


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
        "narrow", about="of one convolution per size, or BEGAN-CS's", among=("narrow", "official")
    )
    width: int = field(32, about="channels of the largest maps", within="[1, 4096]")
    latent: int = field(32, about="dimension of z", within="[1, 65536]")
    hidden: int = field(64, about="units of the auxiliary predictor", within="[1, 65536]")
    standardize: bool = field(True, about="divide y by its spread; false: errors as for y in 0..1")
    w_labels: float = field(0.125, about="weight of the error of y in the generator's loss")
    w_estimator: float = field(0.3, about="weight of the error that the estimator of y finds")
    d_labels: float = field(0.5, about="weight of the error of y in the discriminator's loss")
    w_rebuild: float = field(1.0, about="weight of the errors of rebuilt pictures")
    w_maps: float = field(0.2, about="weight of the error of the estimator's maps among these")
    w_kl: float = field(0.003, about="weight of the divergence of z among these")
    rebuild: int = field(450, about="steps of autoencoding, before the others", within="[0, 1e6]")
    steps: int = field(200, about="steps of adversarial training", within="[1, 1e6]")
    batch: int = field(32, about="pictures per step", within="[2, 65536]")
    lr: float = field(2e-3, about="learning rate of the generator, Adam", within="(0, 10]")
    d_lr: float = field(7e-4, about="learning rate of the discriminator, Adam", within="(0, 10]")
    beta1: float = field(0.5, about="beta1 of Adam", within="[0, 1)")
    beta2: float = field(0.99, about="beta2 of Adam", within="[0, 1)")
    anneal: bool = field(True, about="learning rates fall to 0 over the second half")
    average: float = field(0.98, about="decay of the generator's running mean", within="[0, 1)")
    estimator_steps: int = field(
        80, about="the estimator's steps in round 1 of 3", within="[0, 1e6]"
    )

    def __post_init__(self) -> None:
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
            latent=self.latent,
            hidden=self.hidden,
            split=int(self.predictor == "split"),
            official=int(self.backbone == "official"),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The labels of y."""
        return tuple(self.labels.split("+"))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The labels of y."""
        return self.names
