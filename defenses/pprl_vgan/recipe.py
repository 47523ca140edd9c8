"""How a PPRL-VGAN is trained: the fields that enter the key of its weights."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.api import LatentDefense, Learned, field
from bench.spec import Value
from defenses.pprl_vgan.losses import Shares
from defenses.pprl_vgan.nets import Form

OPTIMIZERS = ("adam", "rmsprop")
RELEASED: Mapping[str, Value] = {  # what both releases share
    "width": 32,
    "decoder_width": 128,
    "latent": 128,
    "bounded": True,
    "pooled": False,
    "d_utility": 0.25,
    "optimizer": "rmsprop",
    "lr": 3e-4,
    "d_lr": 3e-4,
    "anneal": False,
    "batch": 256,
    "warmup": 0,
    "rebuild": 0,
    "w_kl": 0.002,
    "w_read": 0.0,
    "w_rebuild": 0.0,
    "own": 0.0,
    "average": 0.0,
    "shift": 0.0,
    "flip": False,
    "settle": 0,
    "iterations": 0,
}
FERG = {
    **RELEASED,
    "kernel": 5,
    "fakes_teach": True,
    "w_real": 0.108,
    "w_person": 0.6,
    "w_utility": 0.29,
    "epochs": 400,
}
MUG = {
    **RELEASED,
    "kernel": 8,
    "squared": True,
    "w_real": 0.078,
    "w_person": 0.8,
    "w_utility": 0.12,
    "epochs": 300,
}


@dataclass(frozen=True)
class Recipe(Learned, LatentDefense):
    """The fields of training; the defaults are the preset `quick`."""

    utility: str = field("expression", about="label that is kept; another face shows the same")
    kernel: int = field(4, about="side of every convolution, px")
    width: int = field(16, about="channels that encoder and discriminator begin with")
    decoder_width: int = field(32, about="channels that the decoder begins with")
    latent: int = field(32, about="numbers in a code")
    bounded: bool = field(False, about="log-variance through a sigmoid, as released")
    squared: bool = field(False, about="spread exp(logvar^2 / 2), as released for MUG; a slip")
    pooled: bool = field(True, about="encoder and discriminator of the identifier's blocks")
    fakes_teach: bool = field(False, about="made pictures, too, teach the discriminator's classes")
    w_kl: float = field(0.006, about="share of the codes' divergence in the generator's loss")
    w_real: float = field(0.4, about="share of being taken for real")
    w_person: float = field(0.3, about="share of being taken for the person wanted")
    w_utility: float = field(0.8, about="share of showing what the source shows")
    w_read: float = field(0.5, about="share of the code saying what the source shows")
    w_rebuild: float = field(4.0, about="weight of the mean error from the picture to be like")
    own: float = field(0.25, about="share of a batch to be like its source, and its own person")
    w_alone: float = field(5.0, about="weight of that error before the game")
    d_real: float = field(0.25, about="share of real or made in the discriminator's loss")
    d_person: float = field(0.5, about="share of who it is")
    d_utility: float = field(1.0, about="share of what it shows")
    optimizer: str = field("adam", about="adam (betas 0.5, 0.99) or rmsprop (0.9)")
    lr: float = field(2e-3, about="learning rate of the generator")
    d_lr: float = field(2e-3, about="learning rate of the discriminator")
    decay: float = field(1e-6, about="the rate falls as 1 / (1 + decay * iterations)")
    anneal: bool = field(True, about="the rate falls to 0 over the second half")
    batch: int = field(48, about="pictures of a step")
    iterations: int = field(26, about="of an epoch; 0: as many as there are whole batches")
    epochs: int = field(20, about="of the game")
    warmup: int = field(26, about="epochs before, in which the discriminator learns classes alone")
    rebuild: int = field(12, about="epochs then, in which encoder and decoder learn pictures alone")
    shift: float = field(0.06, about="largest move of a training picture, share of a side")
    flip: bool = field(True, about="mirror half of the training pictures")
    average: float = field(0.99, about="share of the past in the means of weights that are kept")
    settle: int = field(20, about="batches that batch norm's statistics are taken from at the end")
    patience: int = field(15, about="epochs after which faces must show structure, or it restarts")
    restarts: int = field(2, about="new beginnings at most")

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {OPTIMIZERS}, got {self.optimizer!r}")
        if min(self.width, self.decoder_width, self.latent, self.epochs) < 1 or self.batch < 2:
            raise ValueError("widths, latent and epochs are at least 1, batch at least 2")
        if not (0 <= self.own <= 1 and 0 <= self.average < 1):
            raise ValueError(f"own is 0 to 1, average 0 to below 1, got {self.own}, {self.average}")
        if self.kernel < 3:
            raise ValueError(f"kernel must be at least 3 px, got {self.kernel}")

    def form(self, size_px: int, n_people: int, n_classes: int) -> Form:
        """The networks' form for such data."""
        sizes = (self.kernel, self.width, self.decoder_width, self.latent)
        switches = (int(self.bounded), int(self.squared), int(self.pooled))
        return Form(size_px, n_people, n_classes, *sizes, *switches)

    @property
    def shares(self) -> Shares:
        """The weights of the generator's loss."""
        return Shares(self.w_kl, self.w_real, self.w_person, self.w_utility)

    @property
    def d_shares(self) -> tuple[float, float, float]:
        """The weights of the discriminator's heads."""
        return self.d_real, self.d_person, self.d_utility

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Who it is, and what is kept."""
        return ("identity", self.utility)
