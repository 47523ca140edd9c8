"""Learning embeddings that are near for one person and far for different people."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import Array
from bench.nn.classifier import Labelled, all_equal, outputs, to_device
from bench.nn.inputs import Augmentation, Prepare
from bench.nn.training import Objective, Schedule, autocast, trained

SCALE = 24.0  # of cosines before softmax; ArcFace uses 64 for many thousand people
MARGIN = 0.2  # subtracted from the cosine with the person's centre, or between squared distances
PER_PERSON = 4  # pictures of a person in a batch for triplets
_N_VALID = 1500  # validation pictures that are compared, at most: a million pairs


def fitted(
    build: Callable[[], nn.Module],
    width: int,
    train: Labelled,
    valid: Labelled,
    loss: str,
    prepare: Augmentation,
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The state of a network whose embeddings identify people, with its learning curve.

    `build` makes a network that gives embeddings, (N, width), of any norm. The truth is the person;
    `valid` may show other people. The validation loss is 1 - AUC: the share of misordered pairs.

    Raises:
        ValueError: if no person has two pictures.
    """
    n_inputs, n_people = len(train.truth), len(np.unique(train.truth))
    if not 1 < n_people < n_inputs:
        raise ValueError(
            f"expected people with several pictures each, got {n_inputs} pictures of {n_people} "
            "people; use more data"
        )
    kinds: Mapping[str, type[_Margin | _Triplet]]
    kinds = {"margin": _Margin, "triplet": _Triplet, "hinge": _Hinge}
    data = (width, train, valid, prepare, context.device)
    return trained(build, lambda: kinds[loss](*data), schedule, context, start)


def embedded(
    net: nn.Module, inputs: Array | Tensor, prepare: Prepare, device: str
) -> NDArray[np.float32]:
    """Embeddings of norm 1, float32, (N, D)."""
    made = functional.normalize(outputs(net, to_device(device, inputs), prepare), dim=1)
    return np.asarray(made.cpu().numpy())


class _Identities(Objective):
    solved = 0.001  # share of wrongly ordered pairs

    def __init__(
        self, width: int, train: Labelled, valid: Labelled, prepare: Augmentation, device: str
    ) -> None:
        self.prepare = prepare
        _, person = np.unique(train.truth, return_inverse=True)
        self.inputs, self.person = to_device(device, train.inputs), to_device(device, person)
        self.train = torch.arange(len(person))
        self.all_equal = all_equal(self.inputs)
        few = np.linspace(0, len(valid.truth) - 1, min(len(valid.truth), _N_VALID)).astype(int)
        self.valid_inputs = to_device(device, valid.inputs[few])
        self.valid_person = to_device(device, valid.truth[few].astype(np.int64))

    def valid_loss(self, net: nn.Module) -> float:
        made = functional.normalize(outputs(net, self.valid_inputs, self.prepare), dim=1)
        return _misordered(made, self.valid_person)

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        return (self.prepare.draw(n, generator),)

    def embed(self, net: nn.Module, index: Tensor, drawn: Tensor) -> Tensor:
        with autocast(index.device):
            made = net(self.prepare(self.inputs[index], drawn))
        return functional.normalize(made.float(), dim=1)  # (B, D)


class _Margin(_Identities):
    """Softmax over cosines with a learned centre per person, minus a margin for the true person.

    Source: Wang et al., CosFace, CVPR 2018, equation 4.
    """

    def __init__(
        self, width: int, train: Labelled, valid: Labelled, prepare: Augmentation, device: str
    ) -> None:
        super().__init__(width, train, valid, prepare, device)
        n_people = int(self.person.max()) + 1
        self.centres = nn.Parameter(torch.randn(n_people, width, device=device))

    def parameters(self) -> Sequence[nn.Parameter]:
        return (self.centres,)

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        made, person = self.embed(net, index, *drawn), self.person[index]
        cosines = made @ functional.normalize(self.centres, dim=1).T  # (B, people)
        own = person[:, None] == torch.arange(len(self.centres), device=person.device)
        margin = MARGIN * own
        return functional.cross_entropy(SCALE * (cosines - margin), person)


class _Triplet(_Identities):
    """For each picture of a batch, its farthest mated and its nearest non-mated picture.

    Source: Schroff, Kalenichenko, Philbin, FaceNet, CVPR 2015 (anchor, positive, negative);
    Hermans, Beyer, Leibe, arXiv:1703.07737 (hardest of the batch, softplus with MARGIN).
    """

    def __init__(
        self, width: int, train: Labelled, valid: Labelled, prepare: Augmentation, device: str
    ) -> None:
        super().__init__(width, train, valid, prepare, device)
        person = self.person.cpu()
        own = (torch.flatten(torch.nonzero(person == p)) for p in range(int(person.max()) + 1))
        self.pictures = [index for index in own if len(index) > 1]  # of each person, on the CPU

    def batches(self, size: int, generator: torch.Generator) -> list[Tensor]:
        """People in random order, each with PER_PERSON random pictures (repeated if too few)."""
        lists = self.pictures
        if len(lists) < 2:
            raise ValueError(
                f"expected two people with several pictures, got {len(lists)}; use loss=margin"
            )
        n_rounds = max(1, len(self.train) // (PER_PERSON * len(lists)))
        orders = [torch.randperm(len(lists), generator=generator) for _ in range(n_rounds)]
        people, drawn = torch.cat(orders).tolist(), []
        for own in (lists[number] for number in people):
            turns = [own[torch.randperm(len(own), generator=generator)] for _ in range(PER_PERSON)]
            drawn.append(torch.cat(turns)[:PER_PERSON])
        n_people = max(2, size // PER_PERSON)
        # The last person of one order may be the first of the next: drop batches of one person.
        return [
            torch.cat(drawn[i : i + n_people])
            for i in range(0, len(drawn), n_people)
            if len(set(people[i : i + n_people])) > 1
        ]

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        made, person = self.embed(net, index, *drawn), self.person[index]
        distance = 2 - 2 * made @ made.T  # (B, B), squared
        own = person[:, None] == person
        farthest = distance.masked_fill(~own, -torch.inf).amax(dim=1)  # (B,)
        nearest = distance.masked_fill(own, torch.inf).amin(dim=1)
        return functional.softplus(8 * (MARGIN + farthest - nearest)).mean() / 8


class _Hinge(_Triplet):
    """max(|f(A) - f(P)|^2 + MARGIN - |f(A) - f(N)|^2, 0), averaged over all triplets of a batch.

    Source: Schroff, Kalenichenko, Philbin, FaceNet, CVPR 2015, equation 2; slides on SAN (2018).
    """

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        made, person = self.embed(net, index, *drawn), self.person[index]
        distance = 2 - 2 * made @ made.T  # (B, B), squared
        own = person[:, None] == person
        mated = own & ~torch.eye(len(own), dtype=torch.bool, device=own.device)
        losses = functional.relu(distance[:, :, None] + MARGIN - distance[:, None])  # (A, P, N)
        valid = mated[:, :, None] & ~own[:, None]
        return (losses * valid).sum() / valid.sum()


def _misordered(made: Tensor, person: Tensor) -> float:
    """1 - AUC: how often a non-mated pair of pictures scores above a mated one."""
    first, second = torch.triu_indices(len(person), len(person), 1, device=made.device)
    scores, mated = (made @ made.T)[first, second], person[first] == person[second]
    rank = torch.arange(1.0, len(scores) + 1, dtype=torch.float64, device=made.device)
    rank[scores.argsort()] = rank.clone()
    n_mated = mated.sum(dtype=torch.float64)
    won = (rank * mated).sum() - n_mated * (n_mated + 1) / 2
    share = 1 - won / (n_mated * (len(mated) - n_mated))
    return float(share.nan_to_num(0.5))  # 0 / 0: nothing to order
