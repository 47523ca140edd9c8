"""How a conditional BEGAN-CS is trained: the fields that enter the key of its weights."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.api import LatentDefense, Learned, field
from bench.nn.training import Schedule
from bench.spec import Value
from defenses.began_cs.losses import Balance
from defenses.began_cs.nets import Form

OBJECTIVES = ("began", "gan")
PREDICTORS = ("auxiliary", "split")
APART = "gender"
LABELS = "yaw+pitch+roll+AU4+AU5+AU6+AU7+AU12+AU23+gender"
PAPER: Mapping[str, Value] = {
    # section 4.3: alpha, gamma and the rates as printed, squared errors
    "alpha": 0.5,
    "gamma": 0.1,
    "power": 2,
    "latent": 64,
    "w_labels": 1.0,
    "d_labels": 1.0,
    "lr": 1e-4,
    "d_lr": 1e-4,
    "beta1": 0.9,
    "beta2": 0.999,
    # not stated; of BEGAN (lambda_k) and of the released BEGAN-CS (batch, 300 epochs of 18,000)
    "lambda_k": 0.001,
    "width": 64,
    "depth": 2,
    "batch": 64,
    "steps": 84_000,
    # ours, which the paper does without
    "w_estimator": 0.0,
    "pooled": False,
    "linear": False,
    "spare": 0,
    "shift": 0.0,
    "haze": 0.0,
    "estimator_haze": 0.0,
    "rebuild": 0,
    "w_rebuild": 0.0,
    "mirror": "",
    "apart": "",
    "average": 0.0,
    "anneal": False,
}
BEGAN_CS: Mapping[str, Value] = {**PAPER, "alpha": 0.1, "gamma": 0.5}


@dataclass(frozen=True)
class Recipe(Learned, LatentDefense):
    """The fields of training; the defaults are the preset `quick`."""

    labels: str = field(LABELS, about="y: labels of 0..1 or of two classes, joined by +")
    colour: bool = field(False, about="surrogates in colour, else grey")
    objective: str = field("began", about="the discriminator rebuilds pictures; or plain `gan`")
    predictor: str = field("auxiliary", about="of y, on the code; or `split`: the code holds y")
    alpha: float = field(0.1, about="share of the constraint on codes; 0 is BEGAN")
    gamma: float = field(0.7, about="wanted ratio of the errors of made and real pictures")
    lambda_k: float = field(1.0, about="how fast k follows the balance")
    power: int = field(1, about="of the error of a rebuilt picture: 1 or 2")
    width: int = field(16, about="channels of the largest maps, and what each halving adds")
    depth: int = field(1, about="convolutions on each size")
    pooled: bool = field(True, about="encoder of an identifier's blocks, else of BEGAN's")
    linear: bool = field(True, about="networks add to a linear map, which begins as eigenfaces")
    latent: int = field(32, about="numbers in z")
    spare: int = field(96, about="numbers in the encoder's code beside those of z")
    hidden: int = field(64, about="units of the auxiliary predictor")
    w_labels: float = field(0.125, about="share of the error of y in the generator's loss")
    w_estimator: float = field(0.4, about="share of the error of y that the estimator sees in them")
    d_labels: float = field(0.5, about="share of the error of y in the discriminator's loss")
    w_rebuild: float = field(3.0, about="share of the error of pictures made of real ones' z")
    apart: str = field(APART, about="label of two classes whose z differ, if y has it; '': none")
    reach: float = field(0.75, about="of z, as a share of that of real pictures")
    rebuild: int = field(100, about="steps before the game, of pictures made of real ones' z")
    steps: int = field(500, about="of the game")
    batch: int = field(32, about="pictures of a step")
    lr: float = field(2e-3, about="learning rate of the generator, Adam")
    d_lr: float = field(7e-4, about="learning rate of the discriminator, Adam")
    beta1: float = field(0.5, about="Adam's memory of gradients")
    beta2: float = field(0.99, about="Adam's memory of squared gradients")
    anneal: bool = field(True, about="the rates fall to 0 over the second half")
    average: float = field(0.98, about="memory of the mean generator, which is kept; 0: the last")
    shift: float = field(0.06, about="largest move of a training picture, share of a side")
    haze: float = field(0.06, about="noise on what the discriminator sees, of 2")
    mirror: str = field("yaw+roll", about="labels that are 1 - y in mirrored pictures; '': no such")
    estimator_haze: float = field(
        0.2, about="most noise on what the estimator learns from and judges"
    )
    estimator_steps: int = field(80, about="of the first round of 3 of the regressor of y")

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES or self.predictor not in PREDICTORS:
            raise ValueError(
                f"objective is one of {OBJECTIVES} and predictor of {PREDICTORS}, got "
                f"{self.objective!r} and {self.predictor!r}"
            )
        if self.power not in (1, 2):
            raise ValueError(f"power is 1 or 2, got {self.power}")
        if min(self.width, self.depth, self.latent, self.hidden, self.steps) < 1 or self.batch < 2:
            raise ValueError("width, depth, latent, hidden, steps are at least 1, batch at least 2")
        if min(self.spare, self.rebuild, self.haze, self.estimator_haze) < 0 or self.reach <= 0:
            raise ValueError(
                "spare, rebuild, haze and estimator_haze are at least 0, reach above 0"
            )
        if self.apart not in {"", APART, *self.names}:
            raise ValueError(f"apart is one of {self.names} or '', got {self.apart!r}")
        if len(set(self.names)) < len(self.names) or not all(self.names):
            raise ValueError(f"labels are names joined by +, each once, got {self.labels!r}")

    def form(self, size_px: int) -> Form:
        """The networks' form for pictures of that side."""
        sizes = (len(self.names), self.width, self.depth, self.latent, self.hidden)
        split, pooled = int(self.predictor == "split"), int(self.pooled)
        apart = self.names.index(self.apart) if self.apart in self.names else -1
        ours = (split, pooled, self.spare, int(self.linear), apart)
        return Form(size_px, 3 if self.colour else 1, *sizes, *ours)

    @property
    def balance(self) -> Balance:
        """Of the errors of made and real pictures."""
        return Balance(self.gamma, self.lambda_k)

    @property
    def names(self) -> tuple[str, ...]:
        """The labels of y."""
        return tuple(self.labels.split("+"))

    @property
    def schedule(self) -> Schedule:
        """The estimator's."""
        return Schedule(lr=4e-3, batch=48, steps=self.estimator_steps, rounds=3)

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The labels of y."""
        return self.names
