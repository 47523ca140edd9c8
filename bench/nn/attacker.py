"""Base classes of attackers that train a network; importing them does not import torch."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Classifier, Context, Knowledge, Matcher, Threat, Weights, field
from bench.faces import Array, Sample, Target
from bench.memory import blocks
from bench.nn.published.catalogue import JUDGES, missing
from bench.nn.state import restored

if TYPE_CHECKING:
    from torch import nn

    from bench.nn.inputs import Augmentation, Prepare
    from bench.nn.training import Schedule

LOSSES = ("margin", "triplet", "hinge")  # of bench.nn.embedder
PUBLISHED_WIDTHS = {"facenet": 512, "vggface": 2622}  # of networks that `weights` may name
GREY = "san-grey"  # the backbone of the SAN authors' gender network

Net: TypeAlias = "nn.Module"  # a string while the program runs


@dataclass(frozen=True)
class NetAttacker(Attacker):
    """An attacker with a network."""

    lr: float = field(2e-3, about="highest learning rate of AdamW", within="(0, 10]")
    batch: int = field(64, about="inputs per step", within="[1, 65536]")
    steps: int = field(
        100, about="steps of the first round; each further one has twice as many", within="[1, 1e6]"
    )
    rounds: int = field(6, about="rounds of training, at most", within="[0, 30]")

    @property
    def frozen(self) -> bool:
        """Whether its network is asked as it is."""
        return self.rounds == 0

    @property
    def schedule(self) -> "Schedule":
        """Learning rate, batch size and length of training."""
        from bench.nn.training import Schedule

        return Schedule(self.lr, self.batch, self.steps, self.rounds)

    @property
    def prepare(self) -> "Augmentation":
        """Makes the network's input: bytes scaled to [-1, 1], float codes as they are."""
        from bench.nn.inputs import Augmentation

        return Augmentation()

    @property
    def views(self) -> "list[Prepare]":
        """What makes versions of the network's input; the answers to them are averaged."""
        return [self.prepare]


@dataclass(frozen=True)
class PictureAttacker(NetAttacker):
    """An attacker with a network on pictures, which are augmented in training.

    On protected pictures it starts from the weights that it learned on raw ones.
    """

    uses_start = True

    backbone: str = field(
        "pprl",
        about="`pprl`, `san`, `san-grey`, `vgg`, `resnet`, `facenet`, `vggface`, `timm/NAME`, or a "
        "judge (`bench judges`)",
    )
    shift: float = field(
        0.06, about="largest shift of a training picture, fraction of its side", within="[0, 1)"
    )
    flip: bool = field(True, about="mirror half of the training pictures")
    warp: float = field(
        0.0, about="largest rotation (rad), scaling and shift in training", within="[0, 1]"
    )
    light: float = field(
        0.0, about="largest change of contrast and brightness in training", within="[0, 1]"
    )

    @property
    def needs_face_points(self) -> bool:
        """Whether its network is a published one, which must see faces as it was trained to."""
        return self.backbone in JUDGES

    @property
    def not_installed(self) -> str:
        """How to get its published network; empty if it is installed, or needs none."""
        return missing(self.backbone) if self.backbone in JUDGES else ""

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if (judge := JUDGES.get(self.backbone)) is not None:
            answers = isinstance(self, Matcher) or judge.classes == target.classes
            own = answers and judge.tells == target.name
            if not own and (self.frozen or judge.tells not in ("identity", target.name)):
                same = judge.tells == target.name and not isinstance(self, Matcher)
                classes = f" as {' or '.join(target.classes)}" if same else ""
                return f"{judge.name} does not tell {target.name}{classes}"
        return super().skip_reason(target, threat, protocol)

    @property
    def prepare(self) -> "Augmentation":
        """Makes the network's input: bytes scaled to [-1, 1], augmented in training."""
        from bench.nn.inputs import Augmentation

        return Augmentation(self.shift, self.flip, self.warp, self.light)

    @property
    def views(self) -> "list[Prepare]":
        """Of the pictures and, with `flip`, of their mirror images."""
        prepare = self.prepare
        both: list[Prepare] = [prepare, lambda images, drawn: prepare(images.flip(-1), drawn)]
        return both[: 1 + self.flip]


@dataclass(frozen=True)
class NetClassifier(NetAttacker, Classifier):
    """A classifier that is a network; side information joins the network's last features."""

    uses_side_info = True
    evidence = "network"

    @abstractmethod
    def net(self, n_classes: int, shape: tuple[int, ...]) -> Net:
        """The untrained network that gives logits, (N, n_classes), for inputs (N, *shape)."""

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        from bench.nn.classifier import Labelled, fitted
        from bench.nn.pretrained import load_published
        from bench.nn.side_info import SideInfoNet, kinds_of, vectors

        target, start = knowledge.target, knowledge.start
        parts = (knowledge.train, knowledge.valid)
        meta = kinds_of(*(part.notes for part in parts))
        meta = {"n_classes": np.array([len(target.classes)]), **meta}
        train, valid = (
            Labelled(part.inputs, part.labels[target.name], vectors(part.notes, meta))
            for part in parts
        )

        def build() -> Net:
            net = self._built(train.inputs, train.side_info, meta)
            if isinstance(net, SideInfoNet):
                load_published(net.net, knowledge.face_points)
                if start:
                    net.load_features(start)
            return load_published(net, knowledge.face_points)

        full_start = None if knowledge.side_info else start  # side information adds layers
        weights = fitted(build, train, valid, self.prepare, self.schedule, context, full_start)
        return {**weights, **meta}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Log-probabilities, (N, C), averaged over all views."""
        from bench.nn.classifier import log_probs, to_device
        from bench.nn.side_info import vectors

        side_info = vectors(sample.notes, weights)
        net = restored(self._built(sample.inputs, side_info, weights), weights, context.device)
        inputs = to_device(context.device, sample.inputs)
        answers = [log_probs(net, inputs, v, context.device, side_info) for v in self.views]
        return np.asarray(np.mean(answers, axis=0), np.float32)

    def _built(self, inputs: Array, side_info: Array | None, meta: Weights) -> Net:
        from bench.nn.side_info import N_FEATURES, SideInfoNet

        n_classes, shape = int(meta["n_classes"][0]), inputs.shape[1:]
        if side_info is None:
            return self.net(n_classes, shape)
        return SideInfoNet(self.net(N_FEATURES, shape), side_info.shape[1], n_classes)


@dataclass(frozen=True)
class PeopleNet(PictureAttacker):
    """An attacker with a network whose embeddings of faces identify people."""

    width: int = field(
        128,
        about="dimension of a template; 512 for `facenet`, 2622 for `vggface`",
        within="[1, 65536]",
    )
    loss: str = field(
        "margin", about="CosFace, hardest triplets of a batch, or all of them", among=LOSSES
    )
    weights: str = field("", about="NAME: start from $BENCH_WEIGHTS/NAME.pt (`facenet`, `vggface`)")
    sha256: str = field("", about="SHA-256 of that file")

    def __post_init__(self) -> None:
        width = PUBLISHED_WIDTHS.get(self.backbone, self.width)
        if self.width != width:
            raise ValueError(f"expected width={width} for {self.backbone}, got {self.width}")
        if (judge := JUDGES.get(self.backbone)) and self.width != judge.n_outputs:
            raise ValueError(f"expected width={judge.n_outputs} for {judge.name}, got {self.width}")
        if self.weights and self.backbone not in PUBLISHED_WIDTHS:
            names = " or ".join(PUBLISHED_WIDTHS)
            raise ValueError(f"expected backbone={names} with weights, got {self.backbone}")

    @property
    def frozen(self) -> bool:
        """Whether its network is asked as it is, and nothing else learned."""
        return super().frozen and isinstance(self, Matcher)

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        from bench.nn.backbones import backbone
        from bench.nn.classifier import Labelled
        from bench.nn.embedder import fitted
        from bench.nn.pretrained import load_published
        from bench.nn.weights import published_backbone

        parts = (knowledge.train, knowledge.valid)
        train, valid = (Labelled(part.inputs, part.labels["person"]) for part in parts)
        size_px, start = train.inputs.shape[-1], knowledge.start
        if self.weights and not start:
            start = published_backbone(self.backbone, self.weights, self.sha256)

        def build() -> Net:
            net = backbone(self.backbone, self.width, size_px)
            return load_published(net, knowledge.face_points)

        return fitted(
            build,
            *(self.width, train, valid, self.loss, self.prepare, self.schedule, context, start),
        )

    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors, (N, width): means over a picture and, with `flip`, its mirror image."""
        from bench.nn.backbones import backbone
        from bench.nn.classifier import to_device
        from bench.nn.embedder import embedded

        net = backbone(self.backbone, self.width, sample.inputs.shape[-1])
        net, means = restored(net, weights, context.device), []
        for at in blocks(sample.inputs):  # which may be copied
            inputs = to_device(context.device, sample.inputs[at])
            made = [embedded(net, inputs, view, context.device) for view in self.views]
            means.append(np.mean(made, axis=0))
        mean = np.concatenate(means)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)

    def known(self, sample: Sample, target: Target, weights: Weights, context: Context) -> Weights:
        """Templates of pictures, their labels, and the number of classes, to store."""
        return {
            "known.templates": self.embed(sample, weights, context),
            "known.truth": np.asarray(sample.labels[target.name], np.int64),
            "n_classes": np.array([len(target.classes)]),
        }
