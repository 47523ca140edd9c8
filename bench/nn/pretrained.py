"""Published networks as backbones: asked as they are, or trained on from there."""

from typing import TypeVar

import torch
from torch import Tensor, nn

from bench.api import FacePoints
from bench.nn.published import catalogue, networks
from bench.nn.published.geometry import crop
from bench.nn.state import restored

AT_ONCE = 8  # pictures that a CPU computes: of more, activations leave its cache (half as fast)

N = TypeVar("N", bound=nn.Module)


class Pretrained(nn.Module):
    """A published network that first crops the face as it was trained to see it.

    Its own last layer answers if it has as many outputs as are wanted; else its outputs are
    features of a new one.
    """

    face_points: Tensor

    def __init__(self, name: str, n_outputs: int) -> None:
        super().__init__()
        self.judge = catalogue.JUDGES[name]
        self.net = networks.network(name)
        self.register_buffer("face_points", torch.zeros(5, 2))
        n_features = self.judge.n_outputs
        own = n_features == n_outputs
        self.head = nn.Identity() if own else nn.Linear(n_features, n_outputs)
        *_, last = (m for m in self.net.modules() if isinstance(m, nn.Linear | nn.Conv2d))
        first = set(last.parameters()) if own else set[nn.Parameter]()
        self.late = [p for p in self.net.parameters() if p not in first]  # not trained in round 1

    def forward(self, x: Tensor) -> Tensor:
        """Logits or embeddings, (N, n_outputs), of pictures in [-1, 1], (N, 3, H, W)."""
        whole = torch.is_grad_enabled() or x.device.type != "cpu"
        parts = [x] if whole else torch.split(x, AT_ONCE)
        crops = (crop(part, self.face_points, self.judge) for part in parts)
        return torch.cat([self.head(self.net(faces)) for faces in crops])


def load_published(net: N, face_points: FacePoints) -> N:
    """The network; if it is a published one, with its weights and the position of the face.

    `face_points` are (x, y) of eyes, nose and corners of the mouth, in fractions of the side.

    Raises:
        FileNotFoundError: if the published network is not installed.
    """
    if isinstance(net, Pretrained):
        restored(net.net, networks.state(net.judge.name), "cpu")
        net.face_points.copy_(torch.tensor(face_points))
    return net
